import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

interface Command {
  readonly command: string;
  readonly args: readonly string[];
}
type Environment = Readonly<Record<string, string>>;

/** The bootstrap is JavaScript, since it runs before there is a Node that takes types. */
async function load<T>(name: string): Promise<T> {
  return (await import(new URL(`./install/${name}.mjs`, import.meta.url).href)) as T;
}
const { parseCommand, needsHost } = await load<{
  parseCommand: (args: readonly string[]) => Command;
  needsHost: (wanted: Command, desktop: string | undefined) => boolean;
}>('command');
const { installedAsLocked } = await load<{ installedAsLocked: (lock: string, installed: string) => boolean }>(
  'rootPackages',
);
const { aptLine, findChromium } = await load<{
  aptLine: (missing: readonly string[]) => string;
  findChromium: (machine: {
    env: Environment;
    platform: string;
    exists(file: string): boolean;
  }) => string | undefined;
}>('systemPackages');
const { findDesktopCode, recentEnough } = await load<{
  findDesktopCode: (machine: {
    env: Environment;
    platform: string;
    home: string;
    exists(file: string): boolean;
  }) => string | undefined;
  recentEnough: (version: string, wanted: string) => boolean;
}>('desktopCode');
const { cacheFolder, hostFolder, withoutOuterNpm } = await load<{
  withoutOuterNpm: (env: Record<string, string>) => Record<string, string>;
  cacheFolder: (env: Environment, home: string) => string;
  hostFolder: (cache: string, lock: string, platform: string, arch: string) => string;
}>('vscodeHost');

describe('bootstrap', () => {
  describe('what is asked for', () => {
    it('takes the name of a step for a test of that step', () => {
      assert.deepEqual(parseCommand(['unit', '--grep', 'x']), {
        command: 'test',
        args: ['unit', '--grep', 'x'],
      });
      assert.deepEqual(parseCommand(['test', 'ui']), { command: 'test', args: ['ui'] });
      assert.throws(() => parseCommand(['tset']), /There is no "tset"/);
    });

    it('installs the VS Code host only for what opens it', () => {
      const needs = (...args: string[]): boolean => needsHost(parseCommand(args), undefined);
      assert.deepEqual(
        [needs('test'), needs('ui'), needs('test', 'unit', 'extension'), needs('unit'), needs('integration')],
        [true, true, true, false, false],
      );
      assert.equal(needsHost(parseCommand(['start']), '/usr/bin/code'), false);
      assert.equal(needsHost(parseCommand(['start', '--check']), '/usr/bin/code'), true);
      assert.equal(needsHost(parseCommand(['start']), undefined), true);
    });
  });

  describe('npm packages', () => {
    const entry = { version: '1.0.0', integrity: 'sha512-a' };
    const packages = (all: Record<string, object>): string => JSON.stringify({ packages: all });
    const lock = packages({
      '': {},
      'node_modules/a': entry,
      'node_modules/win': { ...entry, optional: true },
    });

    it('are up to date without those of other platforms', () => {
      assert.equal(installedAsLocked(lock, packages({ 'node_modules/a': entry })), true);
    });

    for (const [what, installed] of [
      ['one is missing', {}],
      ['one has another version', { 'node_modules/a': { ...entry, version: '1.0.1' } }],
      ['one has other contents', { 'node_modules/a': { ...entry, integrity: 'sha512-b' } }],
      ['one is too many', { 'node_modules/a': entry, 'node_modules/b': entry }],
    ] as const) {
      it(`are installed again when ${what}`, () => {
        assert.equal(installedAsLocked(lock, packages(installed)), false);
      });
    }
  });

  describe('system packages', () => {
    it('are named in one line that a person can run', () => {
      assert.equal(
        aptLine(['chromium', 'python3']),
        'sudo apt-get install -y --no-install-recommends chromium python3',
      );
    });

    it('CHROMIUM_PATH comes before what is installed, and must exist', () => {
      const exists = (file: string): boolean => file !== '/none';
      const on = (env: Environment): string | undefined => findChromium({ env, platform: 'linux', exists });
      assert.equal(on({ PATH: '/usr/bin', CHROMIUM_PATH: '/opt/chromium' }), '/opt/chromium');
      assert.equal(on({ PATH: '/usr/bin' }), '/usr/bin/chromium');
      assert.throws(() => on({ CHROMIUM_PATH: '/none' }), /CHROMIUM_PATH is \/none/);
    });
  });

  describe('desktop VS Code', () => {
    const find = (platform: string, env: Environment, ...files: string[]): string | undefined =>
      findDesktopCode({ platform, env, home: '/home/x', exists: (file) => files.includes(file) });

    it('is not used where there is no screen', () => {
      assert.equal(find('linux', { PATH: '/usr/bin' }, '/usr/bin/code'), undefined);
      assert.equal(find('linux', { PATH: '/usr/bin', DISPLAY: ':0' }, '/usr/bin/code'), '/usr/bin/code');
    });

    it('is not the command of a remote session or of Windows', () => {
      const env = { PATH: '/srv/remote-cli:/mnt/c/code', DISPLAY: ':0' };
      assert.equal(find('linux', env, '/srv/remote-cli/code', '/mnt/c/code/code'), undefined);
    });

    it('is found in the applications of a Mac', () => {
      const file = '/home/x/Applications/Visual Studio Code.app/Contents/Resources/app/bin/code';
      assert.equal(find('darwin', { PATH: '' }, file), file);
    });

    it('VSCODE_EXECUTABLE decides, and must exist', () => {
      assert.equal(find('linux', { VSCODE_EXECUTABLE: '/opt/code' }, '/opt/code'), '/opt/code');
      assert.throws(() => find('linux', { VSCODE_EXECUTABLE: '/opt/code' }), /VSCODE_EXECUTABLE is/);
    });

    it('has to be as recent as the extension asks', () => {
      const wanted = '1.101.0';
      assert.deepEqual(
        ['1.101.0', '1.102.0', '2.0.0', '1.100.9', '0.200.0', 'no'].map((version) =>
          recentEnough(version, wanted),
        ),
        [true, true, true, false, false, false],
      );
    });
  });

  describe('VS Code host', () => {
    it('has a folder for each lock, platform and processor in the cache of the user', () => {
      assert.equal(cacheFolder({ AGNES_FRESHNESS_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/h'), '/c');
      assert.equal(cacheFolder({ XDG_CACHE_HOME: '/x' }, '/h'), '/x/agnes-freshness');
      assert.equal(cacheFolder({ XDG_CACHE_HOME: 'relative' }, '/h'), '/h/.cache/agnes-freshness');
      const folders = [
        hostFolder('/c', 'lock', 'linux', 'x64'),
        hostFolder('/c', 'other', 'linux', 'x64'),
        hostFolder('/c', 'lock', 'darwin', 'x64'),
        hostFolder('/c', 'lock', 'linux', 'arm64'),
      ];
      assert.equal(new Set(folders).size, folders.length);
      assert.equal(hostFolder('/c', 'lock', 'linux', 'x64'), folders[0]);
    });

    it('is installed without what an outer npm says of its own Node', () => {
      const own = { PATH: '/bin', npm_config_registry: 'https://registry.example' };
      const outer = {
        npm_config_user_agent: 'npm/11 node/v20',
        npm_lifecycle_event: 'start',
        NODE: '/usr/bin/node',
      };
      assert.deepEqual(withoutOuterNpm({ ...own, ...outer }), own);
    });

    describe('install', () => {
      let cache = '';
      beforeEach(() => {
        cache = mkdtempSync(path.join(tmpdir(), 'freshness-cache-'));
      });
      afterEach(() => rmSync(cache, { recursive: true, force: true }));

      it('happens once when two commands want it, and clears what a killed one left', async () => {
        const leftover = path.join(cache, 'vscode-host-x.999999999-abcdef.tmp');
        mkdirSync(leftover);
        assert.deepEqual(await Promise.all([install(cache), install(cache)]), ['0', '0']);
        assert.equal(readFileSync(path.join(cache, 'calls'), 'utf8'), 'ci ');
        assert.deepEqual(readdirSync(cache).sort(), ['calls', 'logs', 'npm-cli.js', 'vscode-host-x']);
      });

      it('leaves nothing behind when it fails, and shows why', async () => {
        assert.match(await install(cache, 'broken'), /no such package/);
        assert.equal(existsSync(path.join(cache, 'vscode-host-x')), false);
        assert.deepEqual(readdirSync(cache).sort(), ['calls', 'logs', 'npm-cli.js']);
      });
    });
  });
});

/** Runs ensureHost in a process of its own with a stand-in for npm. Resolves with '0' or what it printed. */
async function install(cache: string, fault = ''): Promise<string> {
  const npm = path.join(cache, 'npm-cli.js');
  writeFileSync(npm, STAND_IN);
  const script = `
    const { ensureHost } = await import(${JSON.stringify(new URL('./install/vscodeHost.mjs', import.meta.url).href)});
    await ensureHost({ folder: ${JSON.stringify(path.join(cache, 'vscode-host-x'))}, node: process.execPath, logs: ${JSON.stringify(path.join(cache, 'logs'))} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, npm_execpath: npm, FAULT: fault, CALLS: path.join(cache, 'calls') },
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return code === 0 ? '0' : output;
}

/** "Installs" what ensureHost looks at. */
const STAND_IN = `
const { appendFileSync, mkdirSync, symlinkSync, writeFileSync } = require('node:fs');
appendFileSync(process.env.CALLS, process.argv[2] + ' ');
if (process.env.FAULT) { console.error('no such package'); process.exit(1); }
mkdirSync('node_modules/node/bin', { recursive: true });
symlinkSync(process.execPath, 'node_modules/node/bin/node');
for (const name of ['@parcel/watcher', '@vscode/spdlog', 'node-pty']) {
  const folder = 'node_modules/code-server/lib/vscode/node_modules/' + name;
  mkdirSync(folder, { recursive: true });
  writeFileSync(folder + '/index.js', '');
}
`;

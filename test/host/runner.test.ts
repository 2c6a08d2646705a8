import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readHeadlessArguments } from './codeHeadlessArguments.ts';
import { hostEnvironment, testEnvironment } from './environment.ts';
import { countsLine, readCounts, total } from './report.ts';
import { desktopArguments } from './startOnDesktop.ts';
import { troubleOf } from './steps.ts';

const NOTHING = { passed: 0, failed: 0, skipped: 0 };

describe('test runner', () => {
  it('ends with a line that names skipped tests only when there are any', () => {
    assert.equal(countsLine({ passed: 3, failed: 1, skipped: 0 }), '3 passed, 1 failed');
    assert.equal(countsLine({ passed: 3, failed: 0, skipped: 2 }), '3 passed, 0 failed, 2 skipped');
    assert.deepEqual(
      total([
        { passed: 1, failed: 2, skipped: 3 },
        { passed: 10, failed: 20, skipped: 30 },
      ]),
      { passed: 11, failed: 22, skipped: 33 },
    );
  });

  it('takes no report, no tests and a failed process for a failure', () => {
    assert.notEqual(troubleOf(undefined, true, false), undefined);
    assert.notEqual(troubleOf(NOTHING, true, true), undefined);
    assert.notEqual(troubleOf({ ...NOTHING, passed: 1 }, false, true), undefined);
    assert.equal(troubleOf({ ...NOTHING, passed: 1 }, true, true), undefined);
    assert.equal(troubleOf({ ...NOTHING, failed: 1 }, false, true), undefined, 'counted already');
    assert.equal(troubleOf(NOTHING, true, false), undefined, '--grep may leave a suite empty');
  });

  describe('a suite in plain Node', () => {
    let folder = '';
    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'freshness-suite-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('reports failures that compare bigints or hold a circle', async () => {
      const { code, report } = await run(folder, [
        `it('bigint', () => assert.equal(1n, 2n));`,
        `it('circle', () => { const error = new Error('round'); error.self = { error }; throw error; });`,
        `it('good', () => {});`,
        `it.skip('left out', () => {});`,
      ]);
      assert.equal(code, 1);
      assert.deepEqual(readCounts(report), { passed: 1, failed: 2, skipped: 1 });
      assert.match(readFileSync(report, 'utf8'), /"actual": "1n"/);
    });

    it('fails without a report when a file does not load', async () => {
      const { code, report, output } = await run(folder, [`throw new Error('does not load');`]);
      assert.equal(code, 1);
      assert.equal(readCounts(report), undefined);
      assert.match(output, /does not load/);
    });

    it('fails on a rejection that nobody handles', async () => {
      const { code, output } = await run(folder, [
        `import { setImmediate } from 'node:timers/promises';`,
        `it('floats', async () => { void Promise.reject(new Error('floating')); await setImmediate(); });`,
        `it('next', () => {});`,
      ]);
      assert.equal(code, 1);
      assert.match(output, /Uncaught Error: floating/);
      assert.match(output, /1 passing/);
    });

    it('runs what matches, and refuses a forgotten .only in a complete run', async () => {
      const lines = [`it('one', () => {});`, `it('two', () => {});`];
      const grepped = await run(folder, lines, ['--grep', 'two']);
      assert.deepEqual(readCounts(grepped.report), { ...NOTHING, passed: 1 });
      const only = await run(folder, [...lines, `it.only('three', () => {});`], ['--forbid-only']);
      assert.equal(only.code, 1);
    });
  });
});

describe('test host', () => {
  it('reads the command line that @vscode/test-electron writes', () => {
    const args = readHeadlessArguments([
      '/w',
      '--user-data-dir=/u',
      '--no-sandbox',
      '--disable-gpu-sandbox',
      '--skip-welcome',
      '--extensionTestsPath=/t/index.cjs',
      '--extensionDevelopmentPath=/a',
      '--extensionDevelopmentPath=/b',
      '--disable-extensions',
      '--unheard-of=1',
    ]);
    assert.deepEqual(args, {
      extensions: ['/a', '/b'],
      tests: '/t/index.cjs',
      userData: '/u',
      extensionsFolder: undefined,
      open: '/w',
      disableExtensions: true,
      ignored: ['--unheard-of'],
    });
    assert.equal(readHeadlessArguments(['--folder-uri', 'file:///with%20space']).open, '/with space');
  });

  it('keeps another VS Code out of its environment', () => {
    const base = {
      VSCODE_IPC_HOOK: '/x',
      NODE_OPTIONS: '--inspect',
      PORT: '1',
      PATH: '/bin',
      DATA_DIR: '/d',
    };
    assert.deepEqual(hostEnvironment(base), { EXTENSIONS_GALLERY: '{}', PATH: '/bin', DATA_DIR: '/d' });
  });

  it("keeps the developer's own settings and credentials out of tests", () => {
    const base = { PATH: '/bin', DATA_DIR: '/d', GOOGLE_APPLICATION_CREDENTIALS: '/key', AGNES_TOKEN: 't' };
    const environment = testEnvironment(base, '/state', { AGNES_TOKEN: 'of the test' });
    assert.equal(environment['DATA_DIR'], undefined);
    assert.equal(environment['GOOGLE_APPLICATION_CREDENTIALS'], undefined);
    assert.equal(environment['AGNES_TOKEN'], 'of the test');
    assert.equal(environment['XDG_STATE_HOME'], '/state');
  });

  it('starts a desktop VS Code as root without its sandbox', () => {
    const folders = { userData: '/u', extensions: '/e', workspace: '/w' };
    const args = desktopArguments('/root', folders, false);
    assert.ok(args.includes('--extensionDevelopmentPath=/root') && args.includes('--user-data-dir=/u'));
    assert.ok(!args.includes('--no-sandbox'));
    assert.ok(desktopArguments('/root', folders, true).includes('--no-sandbox'));
  });
});

/** Runs runMocha.ts on a file with these lines. */
async function run(
  folder: string,
  lines: readonly string[],
  options: readonly string[] = [],
): Promise<{ code: unknown; report: string; output: string }> {
  const file = path.join(folder, 'made.test.mjs');
  const report = path.join(folder, 'report.json');
  rmSync(report, { force: true });
  writeFileSync(file, [`import assert from 'node:assert/strict';`, ...lines].join('\n'));
  const script = path.join(import.meta.dirname, 'runMocha.ts');
  const child = spawn(process.execPath, [script, '--report', report, ...options, file]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, report, output };
}

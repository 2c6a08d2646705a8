import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PlainStop, runQuietly } from './quietly.mjs';

/** What compiles the native modules of the VS Code host. */
const BUILD_PACKAGES = ['build-essential', 'python3', 'pkg-config', 'libkrb5-dev', 'libsecret-1-dev'];
const BUILD_COMMANDS = ['make', 'c++', 'python3', 'pkg-config'];
const BROWSER_COMMANDS = ['chromium', 'google-chrome-stable', 'google-chrome'];
const MAC_BROWSERS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The first of `names` that is a file in a folder of PATH. */
export function onPath(names, { env = process.env, exists = existsSync } = {}) {
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const name of names) {
    const found = folders.map((folder) => path.join(folder, name)).find((file) => exists(file));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Path of a Chromium: CHROMIUM_PATH, else the usual places; undefined when there is none. */
export function findChromium({ env = process.env, platform = process.platform, exists = existsSync } = {}) {
  if (env.CHROMIUM_PATH) {
    if (exists(env.CHROMIUM_PATH)) return env.CHROMIUM_PATH;
    throw new PlainStop(`CHROMIUM_PATH is ${env.CHROMIUM_PATH}, and there is no such file.`);
  }
  if (platform === 'darwin') return MAC_BROWSERS.find((file) => exists(file));
  return onPath(BROWSER_COMMANDS, { env, exists });
}

/** What someone without root rights has to run, once. */
export function aptLine(missing) {
  return `sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`;
}

/**
 * Makes sure that there is a Chromium and, where the host is still to be compiled, a compiler.
 * Never calls sudo.
 * @param {{ compiler: boolean, logs: string, signal?: AbortSignal }} options
 * @returns {Promise<string>} path of Chromium
 */
export async function ensureSystemPackages({ compiler, logs, signal }) {
  if (process.platform === 'win32') {
    throw new PlainStop('This needs Linux or macOS: on Windows run it inside WSL.');
  }
  if (isDebian()) {
    await ensureDebianPackages({ compiler, logs, signal });
  } else {
    const missing = compiler ? BUILD_COMMANDS.filter((name) => onPath([name]) === undefined) : [];
    if (findChromium() === undefined)
      missing.unshift('Chromium or Google Chrome (or its path in CHROMIUM_PATH)');
    if (missing.length > 0) throw new PlainStop(`Please install: ${missing.join(', ')}.`);
  }
  const chromium = findChromium();
  if (chromium === undefined) {
    throw new PlainStop('No Chromium was found. Install Chromium or Google Chrome, or set CHROMIUM_PATH.');
  }
  return chromium;
}

async function ensureDebianPackages({ compiler, logs, signal }) {
  const missing = [
    ...(findChromium() === undefined ? ['chromium'] : []),
    ...(compiler ? BUILD_PACKAGES.filter((name) => !installed(name)) : []),
  ];
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new PlainStop(
      `These system packages are missing. Please run this once, then try again:\n\n  ${aptLine(missing)}\n`,
    );
  }
  console.log(`Installing system packages: ${missing.join(' ')} (about a minute) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const log = path.join(logs, 'apt-get.log');
  await runQuietly('apt-get', ['update'], { env, log, signal });
  await runQuietly('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env, log, signal });
}

function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

function installed(name) {
  const answer = spawnSync('dpkg-query', ['-W', '-f=${Status}', name], { encoding: 'utf8' });
  return answer.status === 0 && answer.stdout === 'install ok installed';
}

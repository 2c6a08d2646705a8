// Makes a fresh clone ready and starts one of the project's commands on Node 24. Runs on Node 20 or later, without any
// package:  node test/bootstrap.mjs start | test | bench | torture | <step> [arguments]
/* global AbortController, setInterval */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { needsHost, parseCommand, wantsBrowser } from './host/install/command.mjs';
import { desktopVersion, findDesktopCode, recentEnough } from './host/install/desktopCode.mjs';
import { PlainStop } from './host/install/quietly.mjs';
import { ensureRootPackages } from './host/install/rootPackages.mjs';
import { ensureSystemPackages } from './host/install/systemPackages.mjs';
import { cacheFolder, ensureHost, hostFolder } from './host/install/vscodeHost.mjs';

const OLDEST_NODE = 20;
const SCRIPTS = { start: 'test/start.ts', test: 'test/run.ts', bench: 'bench/run.ts' };
const PARENT_CHECK_MS = 1_000;
const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const stopping = new AbortController();
let stoppedBy;
let child;

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => stop(name));
// npm passes a signal to its shell, and not every shell passes it on.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || stop('SIGHUP'), PARENT_CHECK_MS).unref();
}

function stop(name) {
  if (stopping.signal.aborted && name === 'SIGHUP') return;
  stoppedBy ??= name;
  // A terminal sends Ctrl-C to the child as well.
  if (child !== undefined && !(name === 'SIGINT' && process.stdin.isTTY)) child.kill(name);
  stopping.abort(new PlainStop('Stopped.'));
}

async function main() {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    throw new PlainStop(
      `Node ${OLDEST_NODE} or later is needed to begin, and this is ${process.version}. The Node that the project runs on is then fetched by itself.`,
    );
  }
  const wanted = parseCommand(process.argv.slice(2));
  const cache = cacheFolder();
  const logs = path.join(cache, 'logs');
  const { signal } = stopping;

  const node = await ensureRootPackages(ROOT, logs, signal);
  const env = {
    ...process.env,
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`,
    FRESHNESS_CACHE: cache,
  };
  const desktop = wanted.command === 'start' && !wantsBrowser(wanted.args) ? usableDesktopCode() : undefined;
  if (desktop !== undefined) env.FRESHNESS_DESKTOP_CODE = desktop;
  if (needsHost(wanted, desktop)) {
    const lockText = readFileSync(path.join(ROOT, 'test/host/install/package-lock.json'), 'utf8');
    const folder = hostFolder(cache, lockText);
    env.CHROMIUM_PATH = await ensureSystemPackages({ compiler: !existsSync(folder), logs, signal });
    await ensureHost({ folder, node, logs, signal });
    env.FRESHNESS_VSCODE_HOST = folder;
  }
  signal.throwIfAborted();
  const script = path.join(ROOT, SCRIPTS[wanted.command]);
  return await run(node, [script, ...wanted.args], env);
}

/** A desktop VS Code that is recent enough for the extension, if there is one. */
function usableDesktopCode() {
  const executable = findDesktopCode();
  if (executable === undefined) return undefined;
  const { engines } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const oldest = engines.vscode.replace('^', '');
  const version = desktopVersion(executable);
  if (recentEnough(version, oldest)) return executable;
  console.log(
    `VS Code at ${executable} is ${version === '' ? 'not usable' : version}, and ${oldest} or later is needed: using the browser instead.`,
  );
  return undefined;
}

function run(node, args, env) {
  return new Promise((resolve, reject) => {
    child = spawn(node, args, { env, cwd: ROOT, stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code, by) => resolve(code ?? 128 + constants.signals[by]));
  });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(stoppedBy === undefined && !(error instanceof PlainStop) ? error : error.message);
    process.exitCode = stoppedBy === undefined ? 1 : 128 + constants.signals[stoppedBy];
  },
);

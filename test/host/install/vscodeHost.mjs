import { createHash, randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PlainStop, runQuietly } from './quietly.mjs';
import { npmCommand } from './rootPackages.mjs';

const OWN_PACKAGE = ['package.json', 'package-lock.json'];
/** An install this old has ended or hangs; its process id may belong to another process by now. */
const INSTALL_LIMIT_MS = 20 * 60_000;
const WAIT_STEP_MS = 1_000;
/** What the extension host loads first; proves that they were compiled for the Node that comes along. */
const NATIVE_MODULES = ['@parcel/watcher', '@vscode/spdlog', 'node-pty'];

/** Cache of this project for the OS user, shared by all clones. */
export function cacheFolder(env = process.env, home = homedir()) {
  if (env.AGNES_FRESHNESS_CACHE) return path.resolve(env.AGNES_FRESHNESS_CACHE);
  const base =
    env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME)
      ? env.XDG_CACHE_HOME
      : path.join(home, '.cache');
  return path.join(base, 'agnes-freshness');
}

/** Where the VS Code host of this lock, platform and processor is or will be. */
export function hostFolder(cache, lockText, platform = process.platform, arch = process.arch) {
  const hash = createHash('sha256').update(`${lockText}\n${platform}\n${arch}`).digest('hex');
  return path.join(cache, `vscode-host-${hash.slice(0, 16)}`);
}

/**
 * Installs VS Code for the tests (the npm package code-server: the real workbench and extension host) unless this
 * user has it already.
 * @param {{ folder: string, node: string, logs: string, signal?: AbortSignal }} options `node`: path of Node 24,
 *   which npm must run on for code-server's install script
 */
export async function ensureHost({ folder, node, logs, signal }) {
  const lock = `${folder}.installing`;
  mkdirSync(path.dirname(folder), { recursive: true });
  let told = false;
  while (!existsSync(folder)) {
    if (takeLock(lock)) {
      try {
        removeLeftovers(folder);
        await install({ folder, node, logs, signal });
      } finally {
        rmSync(lock, { force: true });
      }
    } else {
      if (!told) console.log('Waiting for another command that is installing VS Code for the tests …');
      told = true;
      await pause(WAIT_STEP_MS, undefined, { signal });
    }
  }
}

async function install({ folder, node, logs, signal }) {
  console.log('Installing VS Code for the tests (once for all clones, 2 to 5 minutes, 1 GB) …');
  // Beside its place, so that the rename is one step: a folder with the final name is complete.
  const unfinished = `${folder}.${process.pid}-${randomBytes(3).toString('hex')}.tmp`;
  try {
    for (const name of OWN_PACKAGE) cpSync(path.join(import.meta.dirname, name), path.join(unfinished, name));
    const npm = npmCommand(node);
    await runQuietly(npm.command, [...npm.args, 'ci', '--ignore-scripts=false'], {
      cwd: unfinished,
      log: path.join(logs, 'vscode-host.log'),
      env: {
        ...withoutOuterNpm(process.env),
        PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`,
        // The headers come with the npm package `node`, so nothing is downloaded from nodejs.org, and a `nodedir` in
        // the user's npm configuration that names another Node's headers has no effect.
        npm_config_nodedir: nodeFolder(unfinished),
      },
      signal,
    });
    await runQuietly(
      hostNode(unfinished),
      ['-e', `for (const name of ${JSON.stringify(NATIVE_MODULES)}) require(name);`],
      {
        cwd: path.join(unfinished, 'node_modules/code-server/lib/vscode'),
        log: path.join(logs, 'vscode-host-natives.log'),
        signal,
      },
    );
    try {
      renameSync(unfinished, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * Environment without what an outer `npm start` or `npm test` says of itself: code-server's install script reads the version
 * of Node from `npm_config_user_agent`, and would find the one that the outer npm runs on.
 * @param {Record<string, string | undefined>} env
 */
export function withoutOuterNpm(env) {
  const ofOuterNpm =
    /^(npm_(config_user_agent|node_execpath|execpath|command|lifecycle_\w+|package_\w+)|NODE|INIT_CWD)$/i;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ofOuterNpm.test(name)));
}

/** Whole Node of the npm package `node`, with `bin` and `include`. */
function nodeFolder(folder) {
  return path.join(folder, `node_modules/node/node_modules/node-${process.platform}-${process.arch}`);
}

function hostNode(folder) {
  return path.join(folder, 'node_modules/node/bin/node');
}

/** A courtesy that saves double work: what keeps the folder whole is the rename. */
function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw new PlainStop(`${lock} can't be written: ${error.message}`);
  }
  try {
    const old = statSync(lock).mtimeMs < Date.now() - INSTALL_LIMIT_MS;
    if (old || !isRunning(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
}

/** A process that was killed leaves its unfinished folder: about 1 GB. */
function removeLeftovers(folder) {
  for (const name of readdirSync(path.dirname(folder))) {
    const pid = new RegExp(`^${path.basename(folder)}\\.(\\d+)-[0-9a-f]+\\.tmp$`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) {
      rmSync(path.join(path.dirname(folder), name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid) {
  // 0: the writer has made its lock and is about to write its number.
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

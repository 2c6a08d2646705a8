import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PlainStop, runQuietly } from './quietly.mjs';

/**
 * Whether what npm last installed is what the lock asks for. npm keeps what it installed in
 * node_modules/.package-lock.json; packages for other platforms are in the lock alone.
 * @param {string} lockText package-lock.json
 * @param {string} installedText node_modules/.package-lock.json
 */
export function installedAsLocked(lockText, installedText) {
  const wanted = JSON.parse(lockText).packages;
  const installed = JSON.parse(installedText).packages;
  const asWanted = ([folder, entry]) => {
    const found = installed[folder];
    if (folder === '') return true;
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  };
  return Object.entries(wanted).every(asWanted) && Object.keys(installed).every((folder) => folder in wanted);
}

/** The Node that everything but the bootstrap runs on; from the npm package `node`, so that every machine has the same. */
export function projectNode(root, platform = process.platform) {
  return path.join(root, 'node_modules/node/bin', platform === 'win32' ? 'node.exe' : 'node');
}

/** How to run npm on a chosen Node: the npm that started us, else the one on PATH. */
export function npmCommand(node, env = process.env) {
  const script = env.npm_execpath;
  if (script !== undefined && /\bnpm-cli\.[cm]?js$/.test(script)) return { command: node, args: [script] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

/**
 * Installs the packages of this clone when they are missing or not the ones the lock names.
 * @returns {Promise<string>} path of Node 24
 */
export async function ensureRootPackages(root, logs, signal) {
  const node = projectNode(root);
  if (!upToDate(root) || !existsSync(node)) {
    console.log('Installing the npm packages of this clone (about half a minute) …');
    const npm = npmCommand(process.execPath);
    // Dev packages and scripts are needed whatever the user's npm configuration and NODE_ENV say.
    const args = [...npm.args, 'ci', '--include=dev', '--include=optional', '--ignore-scripts=false'];
    await runQuietly(npm.command, args, { cwd: root, log: path.join(logs, 'npm-ci.log'), signal });
  }
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) {
    throw new PlainStop(
      `The npm package "node" did not leave a working Node at ${node}. Run "npm rebuild node", then try again.`,
    );
  }
  return node;
}

function upToDate(root) {
  try {
    return installedAsLocked(
      readFileSync(path.join(root, 'package-lock.json'), 'utf8'),
      readFileSync(path.join(root, 'node_modules/.package-lock.json'), 'utf8'),
    );
  } catch {
    return false;
  }
}

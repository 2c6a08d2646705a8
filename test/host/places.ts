import path from 'node:path';

/** Root of the checkout. */
export const ROOT = path.dirname(path.dirname(import.meta.dirname));
/** What test runs leave for people: reports and screenshots. Not in git. */
export const REPORTS = path.join(ROOT, 'reports');
/** Bundles that only tests need. Not in git. */
export const BUILD = path.join(ROOT, '.build');

/** Cache of this project, as the bootstrap names it. */
export function cacheFolder(): string {
  return fromBootstrap('FRESHNESS_CACHE');
}

/** Chromium, as the bootstrap found it. */
export function chromiumPath(): string {
  return fromBootstrap('CHROMIUM_PATH');
}

/** The Node that the installed VS Code host runs on. */
export function hostNode(): string {
  return path.join(fromBootstrap('FRESHNESS_VSCODE_HOST'), 'node_modules/node/bin/node');
}

/** Entry script of code-server in the installed VS Code host. */
export function codeServerEntry(): string {
  return path.join(fromBootstrap('FRESHNESS_VSCODE_HOST'), 'node_modules/code-server/out/node/entry.js');
}

function fromBootstrap(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run this through "node test/bootstrap.mjs".`);
  }
  return value;
}

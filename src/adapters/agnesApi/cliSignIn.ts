import path from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';
import { AgnesFailure } from '../../core/failure.ts';
import { parseServerAddress } from '../../core/serverAddress.ts';
import type { Environment } from '../files/agnesPlaces.ts';
import { readSmallFile } from '../files/readSmallFile.ts';

const MAX_BYTES = 16 * 1024;
/** What the CLI's reader takes and YAML 1.2 does not; a warning would quote the file. */
const YAML_OPTIONS = { uniqueKeys: false, merge: true, maxAliasCount: 100, logLevel: 'error' } as const;
/** As a header can carry it. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

const configSchema = v.object({ server: v.string() });
const tokenSchema = v.object({
  access_token: v.pipe(v.string(), v.regex(TOKEN)),
  email: v.fallback(v.optional(v.string()), undefined),
});

/** What the Agnes CLI has saved (contract, 6.7). */
export interface CliSignIn {
  /** Scheme, host and port of its server. */
  readonly origin: string;
  /** Not checked: the server does that. */
  readonly token: string;
  /** Untrusted text. */
  readonly email: string | undefined;
}

/**
 * Where the Agnes CLI keeps its server and its token, on every operating system alike.
 *
 * @param home the user's home folder
 */
export function cliConfigFolder(environment: Environment, home: string): string {
  const folder = environment['AGNES_CONFIG_DIR'] ?? '';
  return folder === '' ? path.join(home, '.config', 'agnes') : path.resolve(folder);
}

/**
 * Reads what the CLI has saved; nothing is ever written there. The server is the one of `config.yaml` alone: the CLI lets
 * `AGNES_SERVER` name another one for a while, but the saved token belongs to the server that it was signed in to.
 *
 * @returns `undefined` where it is not signed in, or its files are not as it writes them
 */
export async function readCliSignIn(folder: string): Promise<CliSignIn | undefined> {
  const [config, token] = await Promise.all([
    readSmallFile(path.join(folder, 'config.yaml'), MAX_BYTES),
    readSmallFile(path.join(folder, 'token.json'), MAX_BYTES),
  ]);
  if (config === undefined || token === undefined) return undefined;
  const saved = v.safeParse(
    tokenSchema,
    orNothing(() => JSON.parse(token) as unknown),
  );
  const named = v.safeParse(
    configSchema,
    orNothing(() => parse(config, YAML_OPTIONS) as unknown),
  );
  if (!saved.success || !named.success) return undefined;
  const address = parseServerAddress(named.output.server);
  if (address.kind === 'unusable') return undefined;
  const { access_token, email } = saved.output;
  return { origin: address.origin, token: access_token, email: email === '' ? undefined : email };
}

/**
 * The CLI's token for one server, read anew at each use: the CLI may have signed in again, or to another server.
 *
 * @throws AgnesFailure `cliSignedOut` where its token is gone, or belongs to another server than `origin`
 */
export async function readCliToken(folder: string, origin: string): Promise<string> {
  const found = await readCliSignIn(folder);
  if (found === undefined)
    throw new AgnesFailure('cliSignedOut', { detail: `no usable sign-in in ${folder}` });
  if (found.origin !== origin) {
    throw new AgnesFailure('cliSignedOut', { detail: `the CLI is signed in to ${found.origin}` });
  }
  return found.token;
}

/** `undefined` for a text that can't be read, whatever its reader throws. */
function orNothing(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

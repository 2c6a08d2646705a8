import { homedir } from 'node:os';
import { readCertificates } from '../../adapters/agnesApi/certificateFile.ts';
import { HttpClient } from '../../adapters/agnesApi/httpClient.ts';
import { AgnesFailure } from '../../core/failure.ts';
import { absolutePath } from '../absolutePath.ts';
import type { ServerChoice } from '../sourceChoice.ts';
import type { ServerParts } from './serverParts.ts';

/** The way to one server: with the CA file of the setting, as it is at each request. */
export function httpClientFor(origin: string, { settings, clock, userAgent }: ServerParts): HttpClient {
  return new HttpClient({
    origin,
    clock,
    userAgent,
    certificates: async () => {
      const { serverCaFile } = settings;
      if (serverCaFile === '') return undefined;
      const file = absolutePath(serverCaFile);
      if (file === undefined)
        throw new AgnesFailure('serverCaFile', { detail: 'it is not an absolute path' });
      return readCertificates(file);
    },
  });
}

/**
 * The token for a server, read anew from where it is kept: another window, or the CLI, may have signed in again.
 *
 * @throws AgnesFailure `signedOut` or `cliSignedOut`
 */
export async function readToken(
  { origin, signIn }: ServerChoice,
  { tokens, environment }: ServerParts,
): Promise<string> {
  if (signIn === 'cli') {
    const { cliConfigFolder, readCliToken } = await import('../../adapters/agnesApi/cliSignIn.ts');
    return readCliToken(cliConfigFolder(environment, homedir()), origin);
  }
  const token = await tokens.get(origin);
  if (token === undefined) throw new AgnesFailure('signedOut');
  return token;
}

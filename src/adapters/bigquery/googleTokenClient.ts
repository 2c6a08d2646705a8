import { AgnesFailure } from '../../core/failure.ts';
import type { CredentialsContent } from './credentialsContent.ts';
import type { Fetch } from './fetch.ts';
import { errorCodeOf } from '../system/errorCode.ts';

/** The part of Google's library that is used: it signs, exchanges and keeps access tokens. */
export interface TokenClient {
  /** `authorization` and, where the credentials name a quota project, `x-goog-user-project`. */
  getRequestHeaders(): Promise<Headers>;
}

/**
 * @param content a checked credentials file, or `undefined` for the machine's own identity (metadata server)
 * @param fetch what the token requests go through
 */
export type LoadTokenClient = (content: CredentialsContent | undefined, fetch: Fetch) => Promise<TokenClient>;

type GoogleLibrary = Pick<typeof import('@google-cloud/bigquery'), 'BigQuery'>;

/**
 * Google's own library, loaded on first need: 95 ms and half a megabyte that activation must not pay for. It is used for
 * credentials alone; its requests have no deadline and can't be aborted (googleapis/google-cloud-node#7998).
 */
export const loadGoogleTokenClient = tokenClientLoader(() => import('@google-cloud/bigquery'));

/**
 * What makes token clients with the library that `importLibrary` gives. They reject with an AgnesFailure `unexpected`
 * where the library can't be loaded or does not send its token requests through `fetch`, with `credentialsUnreadable`
 * where it found a file by itself, and with whatever the library throws.
 */
export function tokenClientLoader(importLibrary: () => Promise<GoogleLibrary>): LoadTokenClient {
  return async (content, fetch) => {
    const { BigQuery } = await load(importLibrary);
    const { authClient } = new BigQuery();
    // what the option `credentials` does, without its warning on the console about files that nobody checked
    if (content !== undefined) authClient.jsonContent = content;
    const client = await authClient.getClient();
    if (content === undefined) {
      if (authClient.jsonContent !== null) throw foundByItself();
      routeThrough(client, fetch);
      return client;
    }
    let isUsed = false;
    routeThrough(client, (input, init) => {
      isUsed = true;
      return fetch(input, init);
    });
    return {
      getRequestHeaders: async () => {
        const headers = await client.getRequestHeaders();
        if (!isUsed) throw notRouted();
        return headers;
      },
    };
  };
}

async function load(importLibrary: () => Promise<GoogleLibrary>): Promise<GoogleLibrary> {
  try {
    return await importLibrary();
  } catch (thrown) {
    // the text of such an error names files of this machine
    const code = errorCodeOf(thrown) ?? 'no code';
    throw new AgnesFailure('unexpected', { detail: `Google’s library could not be loaded (${code})` });
  }
}

/**
 * Sends a client's token requests through `fetch`: the clients that the library makes bring an HTTP client of their own,
 * which follows redirects with the secret and knows neither our deadline nor the editor's proxy settings.
 *
 * Two ways stay outside. The metadata server, which gives a token and is sent none, is asked through the library's
 * shared HTTP client. A client certificate makes new HTTP clients later on: `checkCredentials` refuses those files.
 */
function routeThrough(client: unknown, fetch: Fetch): void {
  if (!isObject(client)) throw notRouted();
  setFetch(client, fetch);
  // workload identity exchanges its subject token through a second HTTP client
  if ('stsCredential' in client) setFetch(client['stsCredential'], fetch);
  // impersonated credentials hold the ones that they start from, as deep as `checkCredentials` lets them
  if ('sourceClient' in client) routeThrough(client['sourceClient'], fetch);
}

/** Fails closed: what has its HTTP client somewhere else in a later version of the library is not used at all. */
function setFetch(holder: unknown, fetch: Fetch): void {
  const transporter = isObject(holder) ? holder['transporter'] : undefined;
  const defaults = isObject(transporter) ? transporter['defaults'] : undefined;
  if (!isObject(defaults)) throw notRouted();
  defaults['fetchImplementation'] = fetch;
}

function notRouted(): AgnesFailure {
  return new AgnesFailure('unexpected', { detail: 'Google’s library does not use the given fetch' });
}

/** The library looks for files again, and takes one that was written a moment ago and that nobody has checked. */
function foundByItself(): AgnesFailure {
  return new AgnesFailure('credentialsUnreadable', {
    detail: 'the credentials file has only just appeared',
    setting: 'bigquery.credentialsFile',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

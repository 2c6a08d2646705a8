import type { Fetch } from './fetch.ts';

/** The part of Google's library that is used: it signs, exchanges and keeps access tokens. */
export interface TokenClient {
  /** `authorization` and, where the credentials name a quota project, `x-goog-user-project`. */
  getRequestHeaders(): Promise<Headers>;
}

/**
 * @param content a checked credentials file, or `undefined` for the machine's own identity (metadata server)
 * @param fetch what the token requests go through
 */
export type LoadTokenClient = (
  content: Readonly<Record<string, unknown>> | undefined,
  fetch: Fetch,
) => Promise<TokenClient>;

/**
 * Google's own library, loaded on first need: 95 ms and half a megabyte that activation must not pay for. It is used for
 * credentials alone; its requests have no deadline and can't be aborted (googleapis/google-cloud-node#7998).
 */
export const loadGoogleTokenClient: LoadTokenClient = async (content, fetch) => {
  const { BigQuery } = await import('@google-cloud/bigquery');
  const { authClient } = new BigQuery();
  // what the option `credentials` does, without its warning on the console about files that nobody checked
  if (content !== undefined) authClient.jsonContent = content;
  const client = await authClient.getClient();
  routeThrough(client, fetch);
  return client;
};

// Impersonated credentials hold the ones that they start from.
const MAX_NESTED_CLIENTS = 4;

/**
 * Sends a client's token requests through `fetch`. Without it the library brings an HTTP client of its own, which knows
 * neither the editor's proxy settings nor our deadline.
 */
function routeThrough(client: unknown, fetch: Fetch): void {
  let current = client;
  for (let depth = 0; depth < MAX_NESTED_CLIENTS && isObject(current); depth += 1) {
    const transporter = current['transporter'];
    const defaults = isObject(transporter) ? transporter['defaults'] : undefined;
    if (isObject(defaults)) defaults['fetchImplementation'] = fetch;
    current = current['sourceClient'];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

import { formatAddress, type TableAddress } from '../../core/tableAddress.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetadataProvider, ProviderAnswer } from '../../ports/metadataProvider.ts';
import { Attempt } from './attempt.ts';
import type { BigQueryConfiguration, Environment } from './bigQueryConfiguration.ts';
import { readBoundedText } from './boundedBody.ts';
import { GoogleCredentials, type Authorization } from './credentials.ts';
import { mapErrorAnswer, notFromBigQuery, tableError, transient } from './errorMapping.ts';
import type { Fetch } from './fetch.ts';
import { parseGoogleError, parseJson } from './googleError.ts';
import { isGoogleApiUrl } from './googleHost.ts';
import type { LoadTokenClient } from './googleTokenClient.ts';
import { describeNetworkError } from './networkError.ts';
import { parseRetryAfter } from './retryAfter.ts';
import { mapTable } from './tableMapping.ts';
import { tableUrl } from './tableRequest.ts';

/** Of one attempt, sign-in included. */
export const ATTEMPT_DEADLINE_MS = 10_000;
/** 10,000 columns, BigQuery's limit, with names of 300 characters, its limit too. */
const MAX_TABLE_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

/** Google packs answers only for clients that say so twice: here and in Accept-Encoding. */
const USER_AGENT = 'agnes-freshness (gzip)';

export interface BigQueryProviderOptions {
  readonly configuration: BigQueryConfiguration;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly platform: NodeJS.Platform;
  readonly attemptDeadlineMs?: number;
  readonly tokenDeadlineMs?: number;
  readonly loadTokenClient?: LoadTokenClient;
}

/** BigQuery's REST API: one `tables.get` an attempt. */
export class BigQueryProvider implements MetadataProvider {
  readonly #options: BigQueryProviderOptions;
  readonly #host: string;
  readonly #credentials: GoogleCredentials;

  constructor(options: BigQueryProviderOptions) {
    const { configuration, loadTokenClient, tokenDeadlineMs: deadlineMs, ...passed } = options;
    const { credentialsFile, endpoint } = configuration;
    this.#options = options;
    this.#host = new URL(endpoint.baseUrl).host;
    this.#credentials = new GoogleCredentials({ ...passed, credentialsFile, loadTokenClient, deadlineMs });
  }

  async fetchTable(address: TableAddress, signal: AbortSignal): Promise<ProviderAnswer> {
    signal.throwIfAborted();
    const { clock, attemptDeadlineMs = ATTEMPT_DEADLINE_MS } = this.#options;
    const attempt = new Attempt(clock, attemptDeadlineMs, signal);
    try {
      return await this.#ask(address, attempt);
    } catch (thrown) {
      signal.throwIfAborted();
      if (attempt.isExpired) return transient('tableTimeout', `no answer within ${attemptDeadlineMs} ms`);
      return transient('networkDown', describeNetworkError(this.#host, thrown));
    } finally {
      attempt.end();
    }
  }

  /** Ends a sign-in that is under way. Requests end with the signals of their callers. */
  dispose(): void {
    this.#credentials.dispose();
  }

  async #ask(address: TableAddress, attempt: Attempt): Promise<ProviderAnswer> {
    const { configuration, fetch } = this.#options;
    const url = tableUrl(configuration.endpoint.baseUrl, address);
    const authorization = await this.#authorize(url, attempt);
    if (authorization.kind === 'failed') return authorization.answer;
    const response = await fetch(url, {
      headers: { accept: 'application/json', 'user-agent': USER_AGENT, ...authorization.headers },
      redirect: 'manual', // never followed: the next host would be sent the credentials
      signal: attempt.signal,
    });
    return response.status === 200
      ? await this.#readTable(address, response)
      : await this.#readError(address, response);
  }

  /** Headers for Google; nothing for anybody else, whose endpoint is called anonymously. */
  async #authorize(url: URL, attempt: Attempt): Promise<Authorization> {
    if (!isGoogleApiUrl(url)) return { kind: 'headers', headers: {} };
    const authorization = await attempt.waitFor(this.#credentials.authorize());
    const { billingProject } = this.#options.configuration;
    if (authorization.kind === 'failed' || billingProject === undefined) return authorization;
    return { kind: 'headers', headers: { ...authorization.headers, 'x-goog-user-project': billingProject } };
  }

  async #readTable(address: TableAddress, response: Response): Promise<ProviderAnswer> {
    const { isGoogle } = this.#options.configuration.endpoint;
    const text = await readBoundedText(response, MAX_TABLE_BYTES);
    const table = formatAddress(address);
    if (text === undefined) return tableError('answerInvalid', `BigQuery's answer for ${table}`, 'too large');
    const resource = parseJson(text);
    if (resource === undefined) {
      return text.trimStart().startsWith('{')
        ? transient('serviceUnavailable', 'the answer was cut off')
        : notFromBigQuery(isGoogle, 'HTTP 200 with a page that is not JSON');
    }
    const mapping = mapTable(resource);
    switch (mapping.kind) {
      case 'mapped':
        return { kind: 'ok', metadata: mapping.metadata };
      case 'notATable':
        return notFromBigQuery(isGoogle, 'HTTP 200 with JSON that is not a BigQuery table');
      case 'invalid':
        return tableError(
          'answerInvalid',
          `BigQuery's answer for ${table}`,
          `${mapping.path} is not readable`,
        );
    }
  }

  async #readError(address: TableAddress, response: Response): Promise<ProviderAnswer> {
    const { configuration, clock } = this.#options;
    if (response.status === 401) this.#credentials.forget();
    const body = (await readBoundedText(response, MAX_ERROR_BYTES)) ?? '';
    return mapErrorAnswer({
      address,
      httpStatus: response.status,
      error: parseGoogleError(body),
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), clock.now()),
      configuredProject: configuration.project,
      isGoogle: configuration.endpoint.isGoogle,
    });
  }
}

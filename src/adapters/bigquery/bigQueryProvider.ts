import { formatAddress, type TableAddress } from '../../core/tableAddress.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  InspectionAnswer,
  MetadataProvider,
  ProviderAnswer,
  ProviderFailure,
} from '../../ports/metadataProvider.ts';
import { Attempt } from './attempt.ts';
import type { BigQueryConfiguration, Environment } from './bigQueryConfiguration.ts';
import { readBoundedText } from './boundedBody.ts';
import { GoogleCredentials, type Authorization } from './credentials.ts';
import { mapErrorAnswer, notFromBigQuery, tableError, transient } from './errorMapping.ts';
import type { Fetch } from './fetch.ts';
import { parseGoogleError, parseJson } from './googleError.ts';
import { isGoogleApiUrl } from './googleHost.ts';
import type { LoadTokenClient } from './googleTokenClient.ts';
import { mapInspection } from './inspectionMapping.ts';
import { describeNetworkError } from './networkError.ts';
import { parseRetryAfter } from './retryAfter.ts';
import { mapTable, type Unmapped } from './tableMapping.ts';
import { INSPECTION_FIELDS, TABLE_FIELDS, tableUrl } from './tableRequest.ts';

/** Of one attempt, sign-in included. */
export const ATTEMPT_DEADLINE_MS = 10_000;
/** 10,000 columns, BigQuery's limit, with names of 300 and descriptions of 1,024 characters, its limits too. */
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

type OkOf<Answer> = Extract<Answer, { readonly kind: 'ok' }>;

/** What is asked of a table, and how the answer is read. */
interface Question<Ok extends { readonly kind: 'ok' }> {
  readonly fields: string;
  readonly read: (resource: unknown) => Ok | Unmapped;
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

  fetchTable(address: TableAddress, signal: AbortSignal): Promise<ProviderAnswer> {
    const read = (resource: unknown): OkOf<ProviderAnswer> | Unmapped => {
      const mapping = mapTable(resource);
      return mapping.kind === 'mapped' ? { kind: 'ok', metadata: mapping.metadata } : mapping;
    };
    return this.#attempt(address, { fields: TABLE_FIELDS, read }, signal);
  }

  inspectTable(address: TableAddress, signal: AbortSignal): Promise<InspectionAnswer> {
    const observedAt = this.#options.clock.now();
    const read = (resource: unknown): OkOf<InspectionAnswer> | Unmapped => {
      const mapping = mapInspection(resource);
      return mapping.kind === 'mapped'
        ? { kind: 'ok', inspection: { observedAt, ...mapping.inspection } }
        : mapping;
    };
    return this.#attempt(address, { fields: INSPECTION_FIELDS, read }, signal);
  }

  /** Ends a sign-in that is under way. Requests end with the signals of their callers. */
  dispose(): void {
    this.#credentials.dispose();
  }

  async #attempt<Ok extends { readonly kind: 'ok' }>(
    address: TableAddress,
    question: Question<Ok>,
    signal: AbortSignal,
  ): Promise<Ok | ProviderFailure> {
    signal.throwIfAborted();
    const { clock, attemptDeadlineMs = ATTEMPT_DEADLINE_MS } = this.#options;
    const attempt = new Attempt(clock, attemptDeadlineMs, signal);
    try {
      return await this.#ask(address, question, attempt);
    } catch (thrown) {
      signal.throwIfAborted();
      if (attempt.isExpired) return transient('tableTimeout', `no answer within ${attemptDeadlineMs} ms`);
      return transient('networkDown', describeNetworkError(this.#host, thrown));
    } finally {
      attempt.end();
    }
  }

  async #ask<Ok extends { readonly kind: 'ok' }>(
    address: TableAddress,
    { fields, read }: Question<Ok>,
    attempt: Attempt,
  ): Promise<Ok | ProviderFailure> {
    const { configuration, fetch } = this.#options;
    const url = tableUrl(configuration.endpoint.baseUrl, address, fields);
    const authorization = await this.#authorize(url, attempt);
    if (authorization.kind === 'failed') return authorization.answer;
    const response = await fetch(url, {
      headers: { accept: 'application/json', 'user-agent': USER_AGENT, ...authorization.headers },
      redirect: 'manual', // never followed: the next host would be sent the credentials
      signal: attempt.signal,
    });
    return response.status === 200
      ? await this.#readTable(address, response, read)
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

  async #readTable<Ok extends { readonly kind: 'ok' }>(
    address: TableAddress,
    response: Response,
    read: Question<Ok>['read'],
  ): Promise<Ok | ProviderFailure> {
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
    const answer = read(resource);
    switch (answer.kind) {
      case 'ok':
        return answer;
      case 'notATable':
        return notFromBigQuery(isGoogle, 'HTTP 200 with JSON that is not a BigQuery table');
      case 'invalid':
        return tableError(
          'answerInvalid',
          `BigQuery's answer for ${table}`,
          `${answer.path} is not readable`,
        );
    }
  }

  async #readError(address: TableAddress, response: Response): Promise<ProviderFailure> {
    const { configuration, clock } = this.#options;
    const { isMendedBySignIn } = this.#credentials;
    if (response.status === 401) this.#credentials.forget();
    const body = (await readBoundedText(response, MAX_ERROR_BYTES)) ?? '';
    return mapErrorAnswer({
      address,
      httpStatus: response.status,
      error: parseGoogleError(body),
      retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), clock.now()),
      configuredProject: configuration.project,
      isGoogle: configuration.endpoint.isGoogle,
      isMendedBySignIn,
    });
  }
}

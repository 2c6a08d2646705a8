import type { GenericSchema, InferOutput } from 'valibot';

import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type {
  AgnesServer,
  ServerRegistration,
  ServerRunAnswer,
  ServerStatus,
  ServerTable,
  ServerTableAnswer,
} from '../../ports/agnesServer.ts';
import type { Log } from '../../ports/log.ts';
import { toRegistrations, toStatus, toTableAnswer, toTables } from './answerMapping.ts';
import { catalogAnswer, registryAnswer, statusAnswer, tableAnswer } from './answerSchemas.ts';
import { mapRefusal, readRefusal } from './apiFailures.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './httpClient.ts';
import { HttpFailure } from './httpFailure.ts';
import { readAnswer, readJson } from './readAnswer.ts';
import { readRunAnswer, readRunFailure } from './runAnswer.ts';

const READ_DEADLINE_MS = 60_000;
/** The CLI's own for a POST. */
const TABLE_DEADLINE_MS = 120_000;
/** The answer comes when the whole run ends (contract, 6.2). */
const RUN_DEADLINE_MS = 30 * 60_000;

const CATALOG_PATH = '/api/v2/catalog';
const STATUS_PATH = '/api/v2/metadata-cache/status';
const REGISTRY_PATH = '/api/admin/registry';
const TABLE_PATH = '/api/v2/metadata-cache/refresh';
const RUN_PATH = '/api/admin/run-bq-metadata-refresh';

export interface AgnesApiParts {
  /** Made for the server's origin. */
  readonly http: HttpClient;
  /** Asked anew for each request; what it rejects with is what the request rejects with. */
  readonly token: () => Promise<string>;
  readonly log: Log;
}

/** An Agnes server over its HTTP API. */
export class AgnesApi implements AgnesServer {
  readonly #parts: AgnesApiParts;

  constructor(parts: AgnesApiParts) {
    this.#parts = parts;
  }

  async catalog(signal: AbortSignal): Promise<readonly ServerTable[]> {
    return toTables(await this.#read(catalogAnswer, CATALOG_PATH, signal));
  }

  async status(signal: AbortSignal): Promise<ServerStatus> {
    const answer = await this.#read(statusAnswer, STATUS_PATH, signal);
    const { status, unreadableTimes } = toStatus(answer);
    if (unreadableTimes > 0) {
      this.#parts.log.warn(
        `GET ${STATUS_PATH}: ${unreadableTimes} times can’t be read and count as not known`,
      );
    }
    return status;
  }

  async registry(signal: AbortSignal): Promise<readonly ServerRegistration[]> {
    return toRegistrations(await this.#read(registryAnswer, REGISTRY_PATH, signal));
  }

  async refreshAll(signal: AbortSignal): Promise<ServerRunAnswer> {
    let answer: HttpAnswer;
    try {
      answer = await this.#ask({ method: 'POST', path: RUN_PATH, deadlineMs: RUN_DEADLINE_MS, signal });
    } catch (thrown) {
      return readRunFailure(thrown);
    }
    return readRunAnswer(`POST ${RUN_PATH}`, answer);
  }

  async refreshTable(tableId: string, signal: AbortSignal): Promise<ServerTableAnswer> {
    const endpoint = `POST ${TABLE_PATH}`;
    const request = { method: 'POST', path: TABLE_PATH, query: { table: tableId }, signal } as const;
    let answer: HttpAnswer;
    try {
      answer = await this.#ask({ ...request, deadlineMs: TABLE_DEADLINE_MS });
    } catch (thrown) {
      throw tableLate(endpoint, thrown) ?? thrown;
    }
    if (answer.status === 404 || answer.status === 400) throw tableRefused(endpoint, answer);
    return toTableAnswer(accept(tableAnswer, answer, endpoint));
  }

  async #read<TSchema extends GenericSchema>(
    schema: TSchema,
    path: string,
    signal: AbortSignal,
  ): Promise<InferOutput<TSchema>> {
    const answer = await this.#ask({ method: 'GET', path, deadlineMs: READ_DEADLINE_MS, signal });
    return accept(schema, answer, `GET ${path}`);
  }

  async #ask(request: Omit<HttpRequest, 'token'>): Promise<HttpAnswer> {
    if (request.signal.aborted) throw new AgnesFailure('cancelled');
    return this.#parts.http.request({ ...request, token: await this.#token() });
  }

  async #token(): Promise<string> {
    try {
      return await this.#parts.token();
    } catch (thrown) {
      throw asFailure(thrown);
    }
  }
}

function accept<TSchema extends GenericSchema>(
  schema: TSchema,
  answer: HttpAnswer,
  endpoint: string,
): InferOutput<TSchema> {
  const value = answer.status === 200 ? readJson(answer.text) : undefined;
  if (value === undefined) throw mapRefusal(endpoint, answer);
  return readAnswer(schema, value, endpoint);
}

/** A server that does not answer in time was reached all the same: it may be waiting for BigQuery. */
function tableLate(endpoint: string, thrown: unknown): AgnesFailure | undefined {
  if (!(thrown instanceof HttpFailure) || !thrown.wasSent || !thrown.timedOut) return undefined;
  const detail = `${endpoint}: ${thrown.detail ?? 'no answer'}; the server may go on with it`;
  return new HttpFailure('serverUnavailable', { detail, wasSent: true, timedOut: true });
}

/** 404 and 400 are about the table, but for a server that has no such path: it says "Not Found". */
function tableRefused(endpoint: string, answer: HttpAnswer): AgnesFailure {
  const failure = mapRefusal(endpoint, answer);
  const body = readRefusal(answer);
  if (body.kind !== 'json' || typeof body.detail !== 'string' || body.detail === 'Not Found') return failure;
  const reason = answer.status === 404 ? 'unknownTable' : 'notRefreshable';
  return new AgnesFailure(reason, failure.detail === undefined ? {} : { detail: failure.detail });
}

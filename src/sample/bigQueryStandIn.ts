import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

import { applyFieldsMask, parseFieldsMask, type FieldsMask } from './fieldsMask.ts';
import { RateLimiter } from './rateLimiter.ts';
import { errorBody, notFound, STAND_IN_FAULTS, type StandInFault } from './standInFaults.ts';
import type { TableName, TableResource } from './tableResource.ts';

/** Requests that are kept; of a longer run, the last ones. */
const MAX_KEPT_REQUESTS = 20_000;
const TABLE_PATH = /^\/bigquery\/v2\/projects\/([^/]+)\/datasets\/([^/]+)\/tables\/([^/]+)$/;
const JSON_TYPE = { 'content-type': 'application/json; charset=UTF-8' };

/** One table and how the stand-in behaves for it. */
export interface StandInTable {
  /** `kind` and `tableReference` are filled in. */
  readonly resource: TableResource;
  readonly latencyMs?: number;
  /** For each request. */
  readonly fault?: StandInFault;
  /** For the first requests, in order; `null` is none. */
  readonly firstFaults?: readonly (StandInFault | null)[];
}

export type FindTable = (name: TableName) => StandInTable | undefined;

export interface StandInOptions {
  /** By `project.dataset.table`, or by a function for catalogs that are made up as they are asked for. */
  readonly tables: ReadonlyMap<string, StandInTable> | FindTable;
  /** Before each answer, unless the table has its own. */
  readonly latencyMs?: number;
  /** For each request, whatever the table. */
  readonly fault?: StandInFault;
  /** Beyond it requests are answered with `rateLimitExceeded`. */
  readonly requestsPerSecond?: number;
  readonly monotonicMs?: () => number;
}

export interface StandInRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** `project.dataset.table`, or `null` for anything but `tables.get`. */
  readonly table: string | null;
  readonly headers: IncomingHttpHeaders;
}

/** Counts since the start. */
export interface StandInCounts {
  readonly received: number;
  readonly answered: number;
  /** Requests whose client went before the answer was complete. */
  readonly abandoned: number;
  readonly connections: number;
  /** The most requests that were under way at once. */
  readonly mostAtOnce: number;
}

/** An in-process BigQuery for the sample catalog, tests and benchmarks: `tables.get` over HTTP on this machine. */
export class BigQueryStandIn {
  readonly #options: StandInOptions;
  readonly #find: FindTable;
  readonly #hasDataset: (name: TableName) => boolean;
  readonly #limiter: RateLimiter | undefined;
  readonly #server: Server;
  readonly #requests: StandInRequest[] = [];
  readonly #requestsOfTable = new Map<string, number>();
  readonly #counts = { received: 0, answered: 0, abandoned: 0, connections: 0, mostAtOnce: 0 };
  readonly #waiting = new Set<Waiting>();
  #held: (() => void)[] | undefined;
  #isDisposed = false;

  /** Starts to listen on a free port of 127.0.0.1. */
  static async start(options: StandInOptions): Promise<BigQueryStandIn> {
    const standIn = new BigQueryStandIn(options);
    await standIn.#listen();
    return standIn;
  }

  private constructor(options: StandInOptions) {
    const { tables, requestsPerSecond, monotonicMs = () => performance.now() } = options;
    this.#options = options;
    if (typeof tables === 'function') {
      this.#find = tables;
      this.#hasDataset = () => true;
    } else {
      const datasets = new Set([...tables.keys()].map((name) => name.slice(0, name.lastIndexOf('.'))));
      this.#find = (name) => tables.get(formatName(name));
      this.#hasDataset = ({ project, dataset }) => datasets.has(`${project}.${dataset}`);
    }
    this.#limiter =
      requestsPerSecond === undefined ? undefined : new RateLimiter(requestsPerSecond, monotonicMs);
    this.#server = createServer((request, response) => this.#receive(request, response));
    this.#server.on('connection', () => this.#count('connections'));
    this.#server.unref(); // the sample catalog must not keep its process alive
  }

  /** Endpoint to configure; no slash at the end. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** The last requests, oldest first. */
  get requests(): readonly StandInRequest[] {
    return this.#requests;
  }

  get counts(): StandInCounts {
    return { ...this.#counts };
  }

  /** Fulfilled as soon as the counts are so; rejected when the stand-in is disposed first. */
  async until(condition: (counts: StandInCounts) => boolean): Promise<void> {
    if (condition(this.#counts)) return;
    if (this.#isDisposed) throw new Error('the stand-in is disposed');
    await new Promise<void>((fulfil, reject) => this.#waiting.add({ condition, fulfil, reject }));
  }

  /** From here on requests are received but not answered, until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Answers what was held, and everything from here on. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const answer of held) answer();
  }

  /** Ends the connections and stops listening; a second call does nothing. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const { reject } of this.#waiting) reject(new Error('the stand-in is disposed'));
    this.#waiting.clear();
    this.#held = undefined;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        this.#server.removeListener('error', reject);
        resolve();
      });
    });
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const name = parseName(request.method, url.pathname);
    this.#keep(request, name);
    response.once('close', () => this.#count(response.writableFinished ? 'answered' : 'abandoned'));
    const answer = this.#decide(name, url);
    const send = (): void => {
      if (!response.destroyed) answer.send(response);
    };
    const sendUnlessHeld = (): void => {
      if (this.#held === undefined) send();
      else this.#held.push(send);
    };
    if (answer.latencyMs === 0) sendUnlessHeld();
    else {
      const timer = setTimeout(sendUnlessHeld, answer.latencyMs);
      response.once('close', () => clearTimeout(timer));
    }
    this.#count('received');
  }

  #keep(request: IncomingMessage, name: TableName | undefined): void {
    if (this.#requests.length >= MAX_KEPT_REQUESTS) this.#requests.splice(0, MAX_KEPT_REQUESTS / 2);
    this.#requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      table: name === undefined ? null : formatName(name),
      headers: request.headers,
    });
  }

  #decide(name: TableName | undefined, url: URL): Answer {
    const { fault, latencyMs = 0 } = this.#options;
    if (fault !== undefined) return faulty(fault, latencyMs, '{}');
    if (name === undefined) return faulty({ kind: 'raw', httpStatus: 404, body: 'Not Found' }, latencyMs, '');
    if (this.#limiter?.admits() === false) return faulty(STAND_IN_FAULTS.rateLimited, latencyMs, '');
    const table = this.#find(name);
    if (table === undefined) return faulty(this.#missing(name), latencyMs, '');
    const mask = readMask(url);
    if (mask === undefined) return faulty(STAND_IN_FAULTS.invalid, latencyMs, '');
    const body = JSON.stringify(applyFieldsMask(complete(table.resource, name), mask));
    const own = this.#faultNow(table, name);
    const ownLatencyMs = table.latencyMs ?? latencyMs;
    if (own !== undefined) return faulty(own, ownLatencyMs, body);
    return { latencyMs: ownLatencyMs, send: (response) => void response.writeHead(200, JSON_TYPE).end(body) };
  }

  #missing(name: TableName): StandInFault {
    return this.#hasDataset(name)
      ? notFound('Table', `${name.project}:${name.dataset}.${name.table}`)
      : notFound('Dataset', `${name.project}:${name.dataset}`);
  }

  #faultNow(table: StandInTable, name: TableName): StandInFault | undefined {
    const key = formatName(name);
    const earlier = this.#requestsOfTable.get(key) ?? 0;
    if (table.firstFaults !== undefined) this.#requestsOfTable.set(key, earlier + 1);
    return table.firstFaults?.[earlier] ?? table.fault;
  }

  #count(what: 'received' | 'answered' | 'abandoned' | 'connections'): void {
    const counts = this.#counts;
    counts[what] += 1;
    counts.mostAtOnce = Math.max(counts.mostAtOnce, counts.received - counts.answered - counts.abandoned);
    for (const waiting of this.#waiting) {
      if (!waiting.condition(counts)) continue;
      this.#waiting.delete(waiting);
      waiting.fulfil();
    }
  }
}

interface Waiting {
  readonly condition: (counts: StandInCounts) => boolean;
  readonly fulfil: () => void;
  readonly reject: (reason: Error) => void;
}

interface Answer {
  readonly latencyMs: number;
  readonly send: (response: ServerResponse) => void;
}

/** `body` is what the table's own answer would have been, for the faults that cut it off. */
function faulty(fault: StandInFault, latencyMs: number, body: string): Answer {
  return { latencyMs, send: (response) => sendFault(fault, body, response) };
}

function sendFault(fault: StandInFault, body: string, response: ServerResponse): void {
  const half = body.slice(0, Math.ceil(body.length / 2));
  switch (fault.kind) {
    case 'error': {
      const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      response.writeHead(fault.httpStatus, { ...JSON_TYPE, ...retryAfter }).end(errorBody(fault));
      return;
    }
    case 'raw':
      response.writeHead(fault.httpStatus, { ...fault.headers }).end(fault.body);
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'resetInBody':
      response.writeHead(200, JSON_TYPE).write(half, () => response.socket?.resetAndDestroy());
      return;
    case 'hang':
      return;
    case 'hangInBody':
      response.writeHead(200, JSON_TYPE).write(half);
      return;
    case 'endless':
      response.writeHead(200, JSON_TYPE).write('{"padding":"');
      sendWithoutEnd(response);
      return;
    case 'truncated':
      response.writeHead(200, JSON_TYPE).end(half);
      return;
  }
}

function sendWithoutEnd(response: ServerResponse): void {
  if (response.destroyed) return;
  response.write('x'.repeat(64 * 1024), () => setImmediate(() => sendWithoutEnd(response)));
}

function complete(resource: TableResource, { project, dataset, table }: TableName): TableResource {
  return {
    kind: 'bigquery#table',
    id: `${project}:${dataset}.${table}`,
    tableReference: { projectId: project, datasetId: dataset, tableId: table },
    ...resource,
  };
}

function parseName(method: string | undefined, path: string): TableName | undefined {
  const [, ...parts] = (method === 'GET' ? TABLE_PATH.exec(path) : null) ?? [];
  try {
    const [project, dataset, table] = parts.map(decodeURIComponent);
    if (project === undefined || dataset === undefined || table === undefined) return undefined;
    return { project, dataset, table };
  } catch {
    return undefined; // a stray % in the path
  }
}

function formatName({ project, dataset, table }: TableName): string {
  return `${project}.${dataset}.${table}`;
}

/** No mask keeps everything; a malformed one is `undefined`. */
function readMask(url: URL): FieldsMask | undefined {
  const text = url.searchParams.get('fields');
  return text === null ? new Map() : parseFieldsMask(text);
}

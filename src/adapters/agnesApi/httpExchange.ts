// Modules, not their functions: VS Code puts ones in place that know its proxy and the certificates of the system.
import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';

import type { FailureReason } from '../../core/failure.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import { HttpFailure, mapNetworkError } from './httpFailure.ts';
import { readBody } from './responseBody.ts';

/** Tells a dead connection from a server that takes half an hour for its answer. */
const PROBE_CONNECTION_MS = 30_000;

export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: string | undefined;
  /** Certificates to trust in place of Node's own. */
  readonly ca: string[] | undefined;
}

export interface IncomingAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request and its answer, under a deadline and the caller's signal. Has to be disposed of. */
export class HttpExchange {
  readonly #ended = Promise.withResolvers<never>();
  readonly #cancelTimer: CancelTimer;
  readonly #signal: AbortSignal;
  #request: ClientRequest | undefined;
  #wasSent = false;
  readonly #onAbort = (): void => this.#end('cancelled');

  /** The deadline runs from here on. */
  constructor(clock: Clock, deadlineMs: number, signal: AbortSignal) {
    this.#signal = signal;
    this.#ended.promise.catch(() => undefined);
    this.#cancelTimer = clock.after(deadlineMs, () =>
      this.#end('serverUnreachable', { detail: `no answer within ${deadlineMs} ms`, timedOut: true }),
    );
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  /**
   * Waits for what comes before the request, within its deadline.
   *
   * @throws HttpFailure `cancelled`, `serverUnreachable`; else what `promise` rejects with
   */
  waitFor<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([this.#ended.promise, promise]);
  }

  /** @throws HttpFailure for whatever comes in place of a whole answer */
  async send(outgoing: OutgoingRequest): Promise<IncomingAnswer> {
    try {
      return await this.waitFor(this.#exchange(outgoing));
    } catch (thrown) {
      throw thrown instanceof HttpFailure ? thrown : mapNetworkError(thrown, this.#wasSent);
    }
  }

  /** Lets go of the connection, the timer and the caller's signal. */
  dispose(): void {
    this.#cancelTimer();
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#request?.destroy();
  }

  async #exchange(outgoing: OutgoingRequest): Promise<IncomingAnswer> {
    const response = await this.#open(outgoing);
    const text = await readBody(response);
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  }

  #open({ url, method, headers, body, ca }: OutgoingRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const options = { method, headers, ...(ca !== undefined && { ca }) };
      const request = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
      this.#request = request;
      request.once('finish', () => (this.#wasSent = true));
      request.once('response', resolve);
      request.on('error', reject);
      request.setSocketKeepAlive(true, PROBE_CONNECTION_MS);
      request.end(body);
    });
  }

  /** Rejects by itself, and `dispose` follows: a request without a connection says nothing when it is destroyed. */
  #end(reason: FailureReason, facts: { readonly detail?: string; readonly timedOut?: boolean } = {}): void {
    this.#ended.reject(new HttpFailure(reason, { ...facts, wasSent: this.#wasSent }));
  }
}

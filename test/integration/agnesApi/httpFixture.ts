import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';

import { HttpClient, type HttpAnswer, type HttpRequest } from '../../../src/adapters/agnesApi/httpClient.ts';
import { HttpFailure } from '../../../src/adapters/agnesApi/httpFailure.ts';
import type { FailureReason } from '../../../src/core/failure.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Called when a request has arrived as a whole. */
export type Handler = (response: ServerResponse, request: SeenRequest) => void;

/** A server on loopback for one test, that knows its connections. */
export class LoopbackServer {
  readonly seen: SeenRequest[] = [];
  /** Connections, over TLS those before the handshake. */
  connections = 0;
  readonly #server: net.Server;
  readonly #scheme: string;
  readonly #open = new Set<Socket>();

  private constructor(server: net.Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.#open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /** @param tls HTTPS with it, HTTP without */
  static async http(
    handle: Handler,
    tls?: { readonly cert: string; readonly key: string },
  ): Promise<LoopbackServer> {
    const seen: SeenRequest[] = [];
    const listener: http.RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => undefined);
      response.on('error', () => undefined);
      request.on('end', () => {
        const one = {
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        };
        seen.push(one);
        handle(response, one);
      });
    };
    const server = tls === undefined ? http.createServer(listener) : https.createServer({ ...tls }, listener);
    const loopback = new LoopbackServer(server, tls === undefined ? 'http' : 'https');
    await loopback.#listen();
    return Object.assign(loopback, { seen });
  }

  /** Speaks no HTTP by itself. */
  static async raw(handle: (socket: Socket) => void): Promise<LoopbackServer> {
    const server = net.createServer((socket) => {
      handle(socket);
      socket.resume(); // one that is not read does not notice its end
    });
    const loopback = new LoopbackServer(server, 'http');
    await loopback.#listen();
    return loopback;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Waits until each connection is closed: by the other end, if the test did not close it. */
  async idle(): Promise<void> {
    const closings = [...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.all(closings);
  }

  /** Stops listening and ends what is open. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await once(this.#server, 'close');
  }

  async #listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }
}

/** A client for one origin, with what a test has to look at. */
export class ClientBench {
  readonly clock = new FakeClock();
  readonly abort = new AbortController();
  /** How often certificates were asked for. */
  certificatesAsked = 0;
  certificates: () => Promise<readonly string[] | undefined> = () => Promise.resolve(undefined);
  readonly #client: HttpClient;

  constructor(origin: string) {
    this.#client = new HttpClient({
      origin,
      certificates: () => {
        this.certificatesAsked += 1;
        return this.certificates();
      },
      clock: this.clock,
      userAgent: 'agnes-freshness/0.1.0 (test)',
    });
  }

  request(more: Partial<HttpRequest> = {}): Promise<HttpAnswer> {
    const { signal } = this.abort;
    return this.#client.request({ method: 'GET', path: '/x', deadlineMs: 1_000, signal, ...more });
  }

  get(path: string): Promise<HttpAnswer> {
    return this.request({ path });
  }

  /** That the request fails so, and leaves nothing behind. */
  async fails(
    request: Promise<HttpAnswer>,
    reason: FailureReason,
    { wasSent, detail }: { readonly wasSent: boolean; readonly detail?: string | RegExp },
  ): Promise<void> {
    await assert.rejects(request, (thrown) => {
      assert.ok(thrown instanceof HttpFailure, String(thrown));
      assert.deepEqual([thrown.reason, thrown.wasSent], [reason, wasSent], thrown.message);
      if (typeof detail === 'string') assert.equal(thrown.detail, detail);
      else if (detail !== undefined) assert.match(thrown.detail ?? '', detail);
      return true;
    });
    this.assertReleased();
  }

  /** Neither a timer nor a listener is left. */
  assertReleased(): void {
    assert.equal(this.clock.pending, 0);
    assert.equal(getEventListeners(this.abort.signal, 'abort').length, 0);
  }
}

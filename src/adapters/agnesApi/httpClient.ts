import type { IncomingHttpHeaders } from 'node:http';

import { AgnesFailure } from '../../core/failure.ts';
import { parseServerAddress } from '../../core/serverAddress.ts';
import type { Clock } from '../../ports/clock.ts';
import { HttpExchange, type IncomingAnswer } from './httpExchange.ts';
import { HttpFailure } from './httpFailure.ts';
import { trustedCertificates } from './trustedCertificates.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** From the call to the last byte of the answer. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** A whole answer of any status but a redirect. */
export interface HttpAnswer {
  readonly status: number;
  /** Without parameters, in lower case; empty where there is none. */
  readonly contentType: string;
  header(name: string): string | undefined;
  readonly text: string;
}

export interface HttpClientParts {
  /** As `parseServerAddress` gives it. */
  readonly origin: string;
  /** Further certificates to trust; asked anew for each request over HTTPS. */
  readonly certificates: () => Promise<readonly string[] | undefined>;
  readonly clock: Clock;
  readonly userAgent: string;
}

/** What a header can carry: no line end, nothing that is encoded in one way or another. */
const HEADER_TEXT = /^[\x21-\x7e]+$/;

/** Asks one server, and sends a token nowhere else: it follows no redirect. */
export class HttpClient {
  readonly origin: string;
  readonly #parts: HttpClientParts;

  /** @throws AgnesFailure `serverAddressInvalid` for what `parseServerAddress` would not give */
  constructor(parts: HttpClientParts) {
    const address = parseServerAddress(parts.origin);
    if (address.kind === 'unusable' || address.origin !== parts.origin) {
      throw new AgnesFailure('serverAddressInvalid', { detail: 'not the origin of a server' });
    }
    this.origin = address.origin;
    this.#parts = parts;
  }

  /**
   * One attempt; nothing is sent twice.
   *
   * @throws HttpFailure (an `AgnesFailure` that says whether the request was sent) `serverUnreachable`, `serverCertificate`,
   *   `serverNotAgnes`, `serverMoved` (its detail is the other origin), `serverAnswerInvalid`, `cancelled`; AgnesFailure
   *   `tokenWrongKind`, and what `certificates` rejects with
   */
  async request(request: HttpRequest): Promise<HttpAnswer> {
    const url = this.#urlOf(request);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = this.#headersOf(request, body);
    const exchange = new HttpExchange(this.#parts.clock, request.deadlineMs, request.signal);
    try {
      const ca = await exchange.waitFor(this.#certificatesFor(url));
      const incoming = await exchange.send({ url, method: request.method, headers, body, ca });
      if (incoming.status >= 300 && incoming.status < 400) throw movedTo(url, incoming);
      return toAnswer(incoming);
    } finally {
      exchange.dispose();
    }
  }

  #urlOf({ path, query = {} }: HttpRequest): URL {
    const url = URL.parse(path, this.origin);
    if (url?.origin !== this.origin || !path.startsWith('/')) {
      throw new AgnesFailure('unexpected', { detail: 'a request that would leave the server was not sent' });
    }
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  #headersOf({ token }: HttpRequest, body: string | undefined): Readonly<Record<string, string | number>> {
    if (token !== undefined && !HEADER_TEXT.test(token)) {
      throw new AgnesFailure('tokenWrongKind', { detail: 'it has characters that no token has' });
    }
    return {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': this.#parts.userAgent,
      // A kept connection may be closed by the server at the moment of the next request, which must not be sent twice.
      connection: 'close',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    };
  }

  async #certificatesFor(url: URL): Promise<string[] | undefined> {
    return url.protocol === 'https:' ? trustedCertificates(await this.#parts.certificates()) : undefined;
  }
}

function toAnswer({ status, headers, text }: IncomingAnswer): HttpAnswer {
  return {
    status,
    text,
    contentType: headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '',
    header: (name) => headerOf(headers, name),
  };
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === 'object' ? value.join(', ') : value;
}

/** Longer ones are not worth showing. */
const MAX_ORIGIN_LENGTH = 300;

/** Tells where to, without path and query: they may hold what only the browser should see. */
function movedTo(from: URL, { status, headers: { location } }: IncomingAnswer): HttpFailure {
  const target = location === undefined ? null : URL.parse(location, from.href);
  const isTold =
    target !== null && /^https?:$/.test(target.protocol) && target.origin.length <= MAX_ORIGIN_LENGTH;
  return new HttpFailure('serverMoved', { detail: isTold ? target.origin : `HTTP ${status}`, wasSent: true });
}

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as l10n from '@vscode/l10n';
import type { Disposable } from '../../core/disposable.ts';
import { AgnesFailure, asFailure, type FailureReason } from '../../core/failure.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';

/** A code of Agnes lives as long (contract, 6.1). */
export const SIGN_IN_MS = 120_000;
/** Callbacks with another state than ours: beyond a few of them, somebody is trying. */
export const MAX_FOREIGN_CALLBACKS = 10;
const HOST = '127.0.0.1';
const CALLBACK_PATH = '/callback';
/** Browsers open two or three at once. */
const MAX_CONNECTIONS = 64;
/** What `Host` says to a request that meant this machine; the port is another one where VS Code forwards ours. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost):\d{1,5}$/i;
const CODE = /^[\x21-\x7e]{1,512}$/;

/** A listener on loopback that waits for the browser to bring the code of one sign-in; disposing it frees the port. */
export interface LoopbackSignIn extends Disposable {
  readonly port: number;
  /** What the browser has to bring back: 43 characters that nobody can guess. */
  readonly state: string;
  /**
   * The code, once. Rejects with an `AgnesFailure`: `signInTimedOut`, `signInForeign`, or `cancelled` by the signal or by
   * disposing. May be left alone.
   */
  readonly code: Promise<string>;
}

/**
 * Listens on a free port of 127.0.0.1 for two minutes, for the callback of Agnes's sign-in by browser (contract, 6.1).
 *
 * A callback with another state is answered and does not end the wait: a web page that tries ports must not be able to
 * cancel the sign-in with one request. `Host` must be loopback, so that no name of a web page leads here (DNS rebinding).
 * Nothing of a request goes into an answer.
 *
 * @throws AgnesFailure `cancelled` by the signal, `unexpected` where nothing can listen
 */
export async function startLoopback(options: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Of the texts that the browser shows (BCP 47). */
  readonly language?: string;
}): Promise<LoopbackSignIn> {
  const listener = new LoopbackListener(options.signal, options.language ?? 'en');
  try {
    await listener.listen(options.clock);
  } catch (thrown) {
    listener.dispose();
    throw asFailure(thrown);
  }
  return listener;
}

/**
 * Where the browser starts the sign-in.
 *
 * @param port 1024 to 65535, at which the browser reaches the listener
 */
export function signInUrl(origin: string, port: number, state: string): string {
  const url = new URL('/cli/auth/start', origin);
  url.searchParams.set('port', String(port));
  url.searchParams.set('state', state);
  return url.href;
}

interface Code {
  readonly code: string;
}

class LoopbackListener implements LoopbackSignIn {
  readonly state = randomBytes(32).toString('base64url');
  readonly code: Promise<string>;
  readonly #server: Server;
  readonly #signal: AbortSignal;
  readonly #language: string;
  readonly #outcome = Promise.withResolvers<string>();
  readonly #onAbort = (): void => this.#end('cancelled');
  #cancelTimer: CancelTimer = () => undefined;
  #port = 0;
  #foreign = 0;
  /** A code has come, or the sign-in has ended without. */
  #isOver = false;

  constructor(signal: AbortSignal, language: string) {
    this.#signal = signal;
    this.#language = language;
    this.code = this.#outcome.promise;
    this.code.catch(() => undefined); // nobody has to wait for it
    this.#server = createServer((request, response) => this.#receive(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  get port(): number {
    return this.#port;
  }

  async listen(clock: Clock): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, HOST, () => {
        this.#server.removeListener('error', reject);
        resolve();
      });
    });
    // Not earlier: a server that is closed before it listens tells neither of the two.
    if (this.#signal.aborted) throw new AgnesFailure('cancelled');
    this.#signal.addEventListener('abort', this.#onAbort);
    this.#server.on('error', () => this.#end('unexpected'));
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#cancelTimer = clock.after(SIGN_IN_MS, () => this.#end('signInTimedOut'));
  }

  dispose(): void {
    this.#end('cancelled');
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    const [path, query] = splitOnce(request.url ?? '', '?');
    if (!LOOPBACK_HOST.test(request.headers.host ?? '')) this.#send(response, 403, 'notHere');
    else if (path !== CALLBACK_PATH) this.#send(response, 404, 'notHere');
    else if (request.method !== 'GET') this.#send(response, 405, 'notHere');
    else this.#receiveCallback(new URLSearchParams(query), response);
  }

  #receiveCallback(query: URLSearchParams, response: ServerResponse): void {
    const code = single(query, 'code');
    let end: FailureReason | Code | undefined;
    if (this.#isOver) end = undefined;
    else if (isEqual(single(query, 'state'), this.state)) end = CODE.test(code) ? { code } : 'signInForeign';
    else if ((this.#foreign += 1) === MAX_FOREIGN_CALLBACKS) end = 'signInForeign';

    if (end !== undefined) {
      // One use: whoever comes from here on has seen the state on its way.
      this.#isOver = true;
      this.#server.close();
      // The answer is out before its connection is cut.
      response.once('close', () => this.#end(end));
    }
    if (typeof end === 'object') this.#send(response, 200, 'signedIn');
    else this.#send(response, 400, 'foreign');
  }

  #send(response: ServerResponse, status: number, kind: PageKind): void {
    send(response, status, page(kind, this.#language));
  }

  /** Ends everything. The first outcome is the one that counts. */
  #end(outcome: FailureReason | Code): void {
    this.#isOver = true;
    if (typeof outcome === 'object') this.#outcome.resolve(outcome.code);
    else this.#outcome.reject(new AgnesFailure(outcome));
    this.#cancelTimer();
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

type PageKind = 'signedIn' | 'foreign' | 'notHere';

function pageText(kind: PageKind): string {
  switch (kind) {
    case 'signedIn':
      return l10n.t('You can close this tab and go back to VS Code.');
    case 'foreign':
      return l10n.t(
        'This sign-in is not the one that was started in VS Code. Close this tab and sign in there again.',
      );
    case 'notHere':
      return l10n.t('There is nothing here.');
  }
}

/** @param language of the texts, as a tag for a screen reader (BCP 47) */
function page(kind: PageKind, language: string): string {
  const title = escapeHtml(l10n.t('Agnes Freshness'));
  const lang = escapeHtml(language);
  return `<!doctype html><html lang="${lang}"><meta charset="utf-8"><title>${title}</title><p>${escapeHtml(pageText(kind))}</p></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy':
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer', // the address of this page has the code in it
    Connection: 'close',
    ...(status === 405 ? { Allow: 'GET' } : {}),
  });
  response.end(body);
}

/** The value of a parameter; empty where it is missing or there are two. */
function single(query: URLSearchParams, name: string): string {
  const values = query.getAll(name);
  return values.length === 1 ? (values[0] ?? '') : '';
}

/** In a time that does not tell how much of it is right; the length is no secret. */
function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function splitOnce(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

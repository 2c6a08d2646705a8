import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProviderFailure } from '../../ports/metadataProvider.ts';
import type { Environment } from './bigQueryConfiguration.ts';
import { mapTokenFailure, mapTokenResponse, refusedRequest } from './credentialFailure.ts';
import { readCredentials, type CredentialsFile } from './credentialsFile.ts';
import { transient } from './errorMapping.ts';
import type { Fetch } from './fetch.ts';
import { describeNetworkError } from './networkError.ts';
import { refuseTokenRequest } from './tokenRequestGate.ts';
import { loadGoogleTokenClient, type LoadTokenClient, type TokenClient } from './googleTokenClient.ts';

/** Shorter than an attempt, so that a sign-in that hangs is told apart from a table that does. */
const TOKEN_DEADLINE_MS = 8_000;
/** How long a file is trusted to be what it was: somebody who signs in again is recognized within it. */
const RECHECK_FILE_MS = 5_000;

/** Headers to send, or why there are none. */
export type Authorization =
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'failed'; readonly answer: ProviderFailure };

export interface GoogleCredentialsOptions {
  /** File of the setting; without it, application default credentials. */
  readonly credentialsFile: string | undefined;
  readonly environment: Environment;
  readonly platform: NodeJS.Platform;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly loadTokenClient?: LoadTokenClient | undefined;
  readonly deadlineMs?: number | undefined;
}

/**
 * Access tokens for Google's API. Whoever asks while a token is being obtained shares that one exchange; each exchange
 * has a deadline. Callers make sure that the headers go to Google alone (`isGoogleApiUrl`).
 */
export class GoogleCredentials {
  readonly #options: GoogleCredentialsOptions;
  readonly #disposal = new AbortController();
  #held: HeldClient | undefined;
  #pending: Promise<Authorization> | undefined;

  constructor(options: GoogleCredentialsOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  authorize(): Promise<Authorization> {
    this.#pending ??= this.#obtain().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  /** Whether signing in with gcloud gives other credentials than those that were obtained last: not where another file is named. */
  get isMendedBySignIn(): boolean {
    return this.#held?.file?.isGcloudsOwn !== false;
  }

  /** Forgets what was obtained, after Google refused it: the next call starts from the file. */
  forget(): void {
    this.#held = undefined;
  }

  /** Ends an exchange that is under way. */
  dispose(): void {
    this.#disposal.abort();
    this.forget();
  }

  async #obtain(): Promise<Authorization> {
    const exchange = new Exchange(this.#options.fetch);
    const { clock, deadlineMs = TOKEN_DEADLINE_MS } = this.#options;
    const end = (): void => exchange.giveUp(transient('networkDown', "no answer from Google's sign-in"));
    const cancelTimer = clock.after(deadlineMs, end);
    this.#disposal.signal.addEventListener('abort', end, { once: true });
    try {
      if (this.#disposal.signal.aborted) end();
      return await Promise.race([this.#exchange(exchange), exchange.givenUp]);
    } finally {
      cancelTimer();
      this.#disposal.signal.removeEventListener('abort', end);
      // whatever the library is still waiting for must not be waited for again
      if (exchange.signal.aborted) this.forget();
    }
  }

  async #exchange(exchange: Exchange): Promise<Authorization> {
    let file: CredentialsFile | undefined;
    try {
      file = await this.#readFile();
      const held = await this.#client(file);
      held.current.exchange = exchange;
      const headers = readHeaders(await held.client.getRequestHeaders());
      if (headers !== undefined) return { kind: 'headers', headers };
      return failed(transient('networkDown', "Google's sign-in gave no token"));
    } catch (thrown) {
      if (!exchange.signal.aborted) this.forget();
      if (thrown instanceof AgnesFailure) return failed({ kind: 'callerFault', failure: asFailure(thrown) });
      return failed(mapTokenFailure(thrown, file));
    }
  }

  /** The file as it is now, or was a moment ago; `undefined` where there is none. */
  async #readFile(): Promise<CredentialsFile | undefined> {
    const { credentialsFile, environment, platform, clock } = this.#options;
    const now = clock.monotonicMs();
    const held = this.#held;
    if (held !== undefined && now - held.checkedAtMs < RECHECK_FILE_MS) return held.file;
    const file = await readCredentials(credentialsFile, environment, platform);
    if (held !== undefined && held.file?.text === file?.text) held.checkedAtMs = now;
    return file;
  }

  async #client(file: CredentialsFile | undefined): Promise<HeldClient> {
    const { clock, loadTokenClient = loadGoogleTokenClient } = this.#options;
    const held = this.#held;
    if (held !== undefined && held.file?.text === file?.text) return held;
    const checkedAtMs = clock.monotonicMs();
    const current: CurrentExchange = { exchange: undefined };
    const client = await loadTokenClient(file?.content, (input, init) => {
      const { exchange } = current;
      return exchange === undefined ? Promise.reject(new Error('no exchange')) : exchange.fetch(input, init);
    });
    this.#held = { file, client, current, checkedAtMs };
    return this.#held;
  }
}

interface HeldClient {
  readonly file: CredentialsFile | undefined;
  readonly client: TokenClient;
  /** The exchange that the client's requests belong to. */
  readonly current: CurrentExchange;
  checkedAtMs: number;
}

interface CurrentExchange {
  exchange: Exchange | undefined;
}

/**
 * One attempt to have a token. It is given up at the first request that comes to nothing, and its further requests are
 * refused: the library would try again by itself, for longer than anybody waits; that is the engine's business.
 */
class Exchange {
  readonly #fetch: Fetch;
  readonly #abortion = new AbortController();
  readonly #settle: (authorization: Authorization) => void;
  /** Fulfilled when the exchange was given up. */
  readonly givenUp: Promise<Authorization>;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
    let settle: (authorization: Authorization) => void = () => undefined;
    this.givenUp = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
  }

  get signal(): AbortSignal {
    return this.#abortion.signal;
  }

  giveUp(answer: ProviderFailure): void {
    this.#settle(failed(answer));
    this.#abortion.abort();
  }

  /** @throws Error for a request that may not be sent or came to nothing; by then the exchange is given up */
  async fetch(
    input: string | URL | Request,
    { method = 'GET', headers = {}, body = null }: RequestInit = {},
  ): Promise<Response> {
    this.signal.throwIfAborted();
    // a Request would bring headers and a body past the gate; the library makes none
    if (input instanceof Request) throw new TypeError('an address is needed');
    const url = new URL(input);
    const refusal = refuseTokenRequest(url, { method, headers, body });
    if (refusal !== undefined) {
      this.giveUp(refusedRequest(refusal));
      throw new Error(refusal);
    }
    try {
      // a redirect would carry the secret along (status 307 repeats the body)
      const response = await this.#fetch(url, {
        method,
        headers,
        body,
        redirect: 'error',
        signal: this.signal,
      });
      const answer = mapTokenResponse(url, response);
      if (answer !== undefined) this.giveUp(answer);
      return response;
    } catch (thrown) {
      this.giveUp(transient('networkDown', describeNetworkError(url.host, thrown)));
      throw thrown;
    }
  }
}

function failed(answer: ProviderFailure): Authorization {
  return { kind: 'failed', answer };
}

/** Only the two headers that are known; anything but a bearer token is no token. */
function readHeaders(headers: Headers): Readonly<Record<string, string>> | undefined {
  const authorization = headers.get('authorization') ?? '';
  if (!/^Bearer \S+$/.test(authorization) || authorization === 'Bearer undefined') return undefined;
  const quotaProject = headers.get('x-goog-user-project');
  return quotaProject === null ? { authorization } : { authorization, 'x-goog-user-project': quotaProject };
}

import type { Fetch } from '../../../src/adapters/bigquery/fetch.ts';
import type { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import type { StandInFault } from '../../../src/sample/standInFaults.ts';
import { settle } from '../../fixtures/fakeClock.ts';
import type { SkippingClock } from '../../fixtures/skippingClock.ts';
import { googleAt } from '../bigquery/providerFixture.ts';

/** What a request may meet, at BigQuery or on the way to it. */
export type Fault = StandInFault | { readonly kind: 'noSuchHost' };

export interface FaultNetworkOptions {
  readonly standIn: BigQueryStandIn;
  readonly clock: SkippingClock;
  /** What the next request for a table meets; asked once for each. */
  readonly nextFault: (table: string) => Fault | undefined;
  /** Faults come when so many requests have met none: who shared the moment with them decides nothing. */
  readonly othersFirst: number;
}

/**
 * The way to a stand-in, as Google or as it is. The clock stands still while a request is under way, but for one that
 * hangs; and nobody hears an answer before all that was sent has arrived, so that the number of requests is exact also
 * where an answer ends a run.
 */
export class FaultNetwork {
  readonly #options: FaultNetworkOptions;
  readonly #google: Fetch;
  readonly #othersAnswered = Promise.withResolvers<undefined>();
  #others = 0;
  #asked = 0;
  #sent = 0;

  constructor(options: FaultNetworkOptions) {
    this.#options = options;
    this.#google = googleAt(options.standIn.url);
    if (options.othersFirst === 0) this.#othersAnswered.resolve(undefined);
  }

  /** Requests that were made, with those that found no host. */
  get asked(): number {
    return this.#asked;
  }

  readonly fetch: Fetch = async (input, init) => {
    this.#asked += 1;
    const url = new URL(input instanceof Request ? input.url : input);
    const fault = this.#options.nextFault(decodeURIComponent(url.pathname.split('/').at(-1) ?? ''));
    const release = this.#options.clock.hold();
    const ended = (): void => {
      if (fault === undefined) this.#answerOther();
      release();
    };
    try {
      if (fault !== undefined) await this.#othersAnswered.promise.then(settle);
      if (fault?.kind === 'noSuchHost') throw noSuchHost(url);
      const response = await this.#send(url, init, fault?.kind === 'hang' ? release : undefined);
      // Its other half never comes.
      if (fault?.kind === 'hangInBody') release();
      return withEnd(response, ended);
    } catch (thrown) {
      ended();
      throw thrown;
    }
  };

  /** @param onArrived called as soon as the request is where it hangs */
  async #send(url: URL, init: RequestInit | undefined, onArrived?: () => void): Promise<Response> {
    const { standIn } = this.#options;
    this.#sent += 1;
    const answer = url.origin === standIn.url ? globalThis.fetch(url, init) : this.#google(url, init);
    const arrived = standIn.until(({ received }) => received >= this.#sent).then(onArrived);
    return answer.finally(() => arrived);
  }

  #answerOther(): void {
    this.#others += 1;
    if (this.#others === this.#options.othersFirst) this.#othersAnswered.resolve(undefined);
  }
}

/** As Node's own `fetch` says it. */
function noSuchHost({ hostname }: URL): TypeError {
  const cause = Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: 'ENOTFOUND',
    hostname,
  });
  return new TypeError('fetch failed', { cause });
}

/** Tells when a body is read to its end, is broken, or is left. */
function withEnd({ body, status, headers }: Response, ended: () => void): Response {
  if (body !== null) return new Response(ReadableStream.from(read(body, ended)), { status, headers });
  ended();
  return new Response(null, { status, headers });
}

async function* read(body: AsyncIterable<Uint8Array>, ended: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    ended();
  }
}

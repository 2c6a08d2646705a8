import { AgnesApi } from '../../../src/adapters/agnesApi/agnesApi.ts';
import { HttpClient } from '../../../src/adapters/agnesApi/httpClient.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import type { EpochMicros } from '../../../src/core/time.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { Surface } from '../../fixtures/agnesServer/accounts.ts';
import { AgnesStandIn, type AgnesStandInOptions } from '../../fixtures/agnesServer/agnesStandIn.ts';
import { standInOrphans, standInTables } from '../../fixtures/agnesServer/standInTables.ts';

export const ADMIN = 'admin@acme.example';
/** Sees everything but `error_budget`, and no column-level facts of `policied_salaries`. */
export const ANALYST = 'analyst@acme.example';
export const USER_AGENT = 'agnes-freshness/test';

/** The clock of the stand-in, which stands still. */
export const NOW: EpochMicros = 1_780_000_000_123_457n;

export interface ClientOptions {
  /** For deadlines; the machine's when left out. */
  readonly clock?: Clock;
  /** Further certificates to trust; none when left out. */
  readonly certificates?: () => Promise<readonly string[] | undefined>;
}

export interface UserOptions extends ClientOptions {
  /** Everything when left out. */
  readonly surface?: Surface;
}

/** A stand-in with its sample tables and two users, and clients that ask it. */
export class ApiBench {
  readonly server: AgnesStandIn;
  /** Warnings of the clients. */
  readonly warnings: string[] = [];

  /** `options` go before the sample tables, the orphan and the clock that stands still. */
  static async start(options: AgnesStandInOptions = {}): Promise<ApiBench> {
    const server = await AgnesStandIn.start({
      tables: standInTables(NOW),
      orphans: standInOrphans(NOW),
      clock: () => NOW,
      ...options,
    });
    server.addUser({ email: ADMIN, admin: true });
    server.addUser({ email: ANALYST, admin: false, sees: ({ id }) => id !== 'error_budget' });
    return new ApiBench(server);
  }

  private constructor(server: AgnesStandIn) {
    this.server = server;
  }

  http(options: ClientOptions = {}): HttpClient {
    return httpClient(this.server.origin, options);
  }

  tokenOf(email: string, surface: Surface = 'all'): string {
    return this.server.issueToken(email, { kind: 'pat', surface });
  }

  /** The API as this user, with a token of its own. */
  as(email: string, options: UserOptions = {}): AgnesApi {
    return this.withToken(this.tokenOf(email, options.surface), options);
  }

  withToken(token: string, options: ClientOptions = {}): AgnesApi {
    const log: Log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (line) => void this.warnings.push(line),
      error: () => undefined,
    };
    return new AgnesApi({ http: this.http(options), token: () => Promise.resolve(token), log });
  }

  /** Paths that were asked for, in their order. */
  get asked(): readonly string[] {
    return this.server.requests.map(({ method, path }) => `${method} ${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

export function httpClient(origin: string, options: ClientOptions = {}): HttpClient {
  const { clock = createSystemClock(), certificates = () => Promise.resolve(undefined) } = options;
  return new HttpClient({ origin, certificates, clock, userAgent: USER_AGENT });
}

/** A signal that nobody aborts. */
export function unaborted(): AbortSignal {
  return new AbortController().signal;
}

/** The failure that a call rejects with. */
export async function failureOf(call: Promise<unknown>): Promise<AgnesFailure> {
  const outcome = await call.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (outcome instanceof AgnesFailure) return outcome;
  throw outcome;
}

import { AgnesFailure, asFailure } from '../../core/failure.ts';
import { LinkedAbort } from '../../core/linkedAbort.ts';
import { isEligible } from '../../core/tableRegistration.ts';
import type { AgnesServer, ServerRegistration } from '../../ports/agnesServer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ServerRegistrations } from './joinAnswers.ts';

/** Addresses change rarely, and the answer is large. */
export const REGISTRY_DISTANCE_MS = 600_000;
/** How long the registry may take: nobody waits for it by then. */
export const REGISTRY_DEADLINE_MS = 60_000;
/** Where the registry could not be read for another reason than the user's right. */
export const REGISTRY_RETRY_MS = 60_000;

const OVERDUE = `no answer within ${REGISTRY_DEADLINE_MS / 1_000} seconds`;

/**
 * Whether this user administers the server, as far as it has told, and the registry, which tells it: administrators alone
 * may read it. Who may not is not asked again on this connection, unless a person wants it.
 */
export class AdminRights {
  readonly #server: Pick<AgnesServer, 'registry'>;
  readonly #clock: Clock;
  readonly #log: Log;
  #right: 'unknown' | 'administrator' | 'none' = 'unknown';
  #registry: ServerRegistrations | undefined;
  #askAtMs = -Infinity;
  #refusals = 0;
  #reading: { readonly told: Promise<boolean>; readonly signal: AbortSignal } | undefined;

  constructor(server: Pick<AgnesServer, 'registry'>, clock: Clock, log: Log) {
    this.#server = server;
    this.#clock = clock;
    this.#log = log;
  }

  /** The server said that this user does not administer it: there is nothing to do here but to look. */
  get isReadOnly(): boolean {
    return this.#right === 'none';
  }

  get isAdministrator(): boolean {
    return this.#right === 'administrator';
  }

  /** The tables that a run takes; `undefined` where they are not known. */
  get registry(): ServerRegistrations | undefined {
    return this.#registry;
  }

  /** The server refused something with `adminOnly`. What administrators see is forgotten. */
  refuse(): void {
    this.#right = 'none';
    this.#registry = undefined;
    this.#refusals += 1;
  }

  /**
   * Reads the registry where it is time to, or shares the reading that is under way. Never rejects: what it says is missed,
   * and asked for again later.
   *
   * @param isAsked a person asked for it: it is time to, also for who was refused, whom somebody may have made administrator
   * @returns whether it told anything
   */
  read(signal: AbortSignal, isAsked = false): Promise<boolean> {
    const reading = this.#reading;
    if (reading?.signal.aborted === false) return reading.told;
    const isTime = !this.isReadOnly && this.#clock.monotonicMs() >= this.#askAtMs;
    if (!isTime && !isAsked) return Promise.resolve(false);
    const overdue = new AbortController();
    const cancelDeadline = this.#clock.after(REGISTRY_DEADLINE_MS, () => overdue.abort());
    const abort = new LinkedAbort(signal, overdue.signal);
    const begun = { told: this.#read(abort.signal, overdue.signal), signal: abort.signal };
    this.#reading = begun;
    return begun.told.finally(() => {
      cancelDeadline();
      abort.dispose();
      if (this.#reading === begun) this.#reading = undefined;
    });
  }

  async #read(signal: AbortSignal, overdue: AbortSignal): Promise<boolean> {
    const refusals = this.#refusals;
    try {
      const rows = await this.#server.registry(signal);
      this.#askAtMs = this.#clock.monotonicMs() + REGISTRY_DISTANCE_MS;
      if (this.#refusals > refusals) return false; // a refresh was refused while this was read
      this.#take(rows);
      return true;
    } catch (error) {
      const failure = overdue.aborted
        ? new AgnesFailure('serverUnavailable', { detail: OVERDUE })
        : asFailure(error);
      // With the reading that it is part of: the next one asks.
      if (failure.reason === 'cancelled') return false;
      if (failure.reason === 'adminOnly') {
        this.refuse();
        return true;
      }
      this.#askAtMs = this.#clock.monotonicMs() + REGISTRY_RETRY_MS;
      this.#log.warn(`the server's registry could not be read: ${failure.message}`);
      return false;
    }
  }

  #take(rows: readonly ServerRegistration[]): void {
    this.#right = 'administrator';
    this.#registry = new Map(rows.filter(isEligible).map((row) => [row.id, row]));
  }
}

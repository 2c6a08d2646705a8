import pLimit from 'p-limit';
import type { Disposable } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { AgnesFailure, asFailure } from '../core/failure.ts';
import type { RefreshOutcome, StorableOutcome } from '../core/refreshOutcome.ts';
import { DEFAULT_CONCURRENCY } from '../core/refreshPolicy.ts';
import { isEligible, type TableRegistration } from '../core/tableRegistration.ts';
import type { EngineParts, TableEvent } from './engineParts.ts';
import { NetworkBreaker } from './networkBreaker.ts';
import { observeTable } from './observeTable.ts';
import type { StoreOutcome } from './settleObservation.ts';
import { settleObservation } from './settleObservation.ts';
import { RefreshRun, type RunOptions } from './refreshRun.ts';
import { logOutcome } from './runLog.ts';
import { SingleRefresh, untilAborted } from './singleRefresh.ts';

/** Single-table refreshes that may wait at once; a further one is refused rather than queued without end. */
export const MAX_WAITING_SINGLES = 200;

export interface StartedRun {
  readonly run: RefreshRun;
  /** A run was on already: this caller takes part in it and started nothing. */
  readonly joined: boolean;
}

/**
 * Refreshes tables of one shared file, for one window: at most one run at a time; single tables wait for it, or take the
 * outcome that it is about to have. Nothing is fetched twice because two callers asked.
 */
export class RefreshEngine implements Disposable {
  readonly #parts: EngineParts;
  readonly #runStarted = new Emitter<RefreshRun>();
  readonly onRunStarted = this.#runStarted.event;
  readonly #tableEvents = new Emitter<TableEvent>();
  readonly onTableEvent = this.#tableEvents.event;
  /** The latest of each table. */
  readonly #singles = new Map<string, SingleRefresh>();
  /** All that have not settled, with those that were given up and started anew. */
  readonly #underWay = new Set<SingleRefresh>();
  readonly #limitSingles = pLimit(DEFAULT_CONCURRENCY);
  #currentRun: RefreshRun | undefined;
  #disposed = false;

  constructor(parts: Omit<EngineParts, 'events'>) {
    this.#parts = { ...parts, events: this.#tableEvents };
  }

  get currentRun(): RefreshRun | undefined {
    return this.#currentRun;
  }

  /** Starts a run, or joins the one that is on. Throws an `AgnesFailure` when the engine is disposed. */
  startRun(options: RunOptions): StartedRun {
    this.#throwIfDisposed();
    if (this.#currentRun !== undefined) return { run: this.#currentRun, joined: true };
    const singles = Promise.allSettled(Array.from(this.#underWay, ({ outcome }) => outcome));
    const run = new RefreshRun(this.#parts, options, singles);
    this.#currentRun = run;
    void run.result.then(() => {
      this.#currentRun = undefined;
    });
    this.#runStarted.fire(run);
    return { run, joined: false };
  }

  /**
   * Refreshes one table. Rejects with an `AgnesFailure`: `unknownTable`, `notRefreshable`, what is wrong with the file or
   * the caller, or `cancelled`.
   */
  async refreshTable(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    this.#throwIfDisposed();
    const waiting = this.#singles.get(tableId);
    if (waiting?.isCancelled === false) return waiting.join(signal);
    if (this.#underWay.size >= MAX_WAITING_SINGLES) {
      throw new AgnesFailure('unexpected', {
        detail: `more than ${MAX_WAITING_SINGLES} single refreshes wait`,
      });
    }
    const single = new SingleRefresh((abort) => this.#refreshSingle(tableId, abort));
    this.#singles.set(tableId, single);
    this.#underWay.add(single);
    const forget = (): void => {
      this.#underWay.delete(single);
      if (this.#singles.get(tableId) === single) this.#singles.delete(tableId);
    };
    single.outcome.then(forget, forget);
    return single.join(signal);
  }

  /** Cancels what is under way: the run, and single tables. */
  cancel(): void {
    this.#currentRun?.cancel();
    for (const single of this.#underWay) single.cancel();
  }

  async #refreshSingle(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    const run = this.#currentRun;
    try {
      if (run !== undefined) {
        const pending = await untilAborted(run.pendingOutcome(tableId), signal);
        if (pending !== undefined) return pending;
        // It has the file and BigQuery to itself; what it stored of this table was stored before it was asked for.
        await untilAborted(run.result, signal);
      }
      return await this.#limitSingles(() => this.#refreshNow(tableId, signal));
    } catch (error) {
      throw signal.aborted ? new AgnesFailure('cancelled') : asFailure(error);
    }
  }

  async #refreshNow(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    const { clock, log, prepare, events } = this.#parts;
    signal.throwIfAborted();
    const startedMs = clock.monotonicMs();
    const registration = await this.#findRegistration(tableId, signal);
    events.fire({ kind: 'tableStarted', tableId });
    let outcome: RefreshOutcome = { tableId, status: 'cancelled' };
    try {
      const { project, provider } = prepare();
      const parts = { ...this.#parts, provider, breaker: new NetworkBreaker() };
      const observation = await observeTable(registration, project, parts, signal);
      if (observation.kind === 'callerFault') throw observation.failure;
      if (observation.kind === 'noProject') throw new AgnesFailure('notConfigured');
      const storing = this.#storeOne();
      outcome = await settleObservation(registration, observation, startedMs, clock, storing.store);
      if (storing.failure !== undefined) throw storing.failure;
      return outcome;
    } catch (error) {
      const failure = asFailure(error);
      if (!signal.aborted) {
        log.warn(`refresh of one table: ${failure.message}`);
        if (outcome.status === 'cancelled')
          outcome = { tableId, status: 'not_attempted', reason: failure.reason };
      }
      throw failure;
    } finally {
      logOutcome(log, null, outcome);
      events.fire({ kind: 'tableSettled', outcome });
    }
  }

  /** Stores one outcome; when that fails the outcome is `notStored`, with the failure beside it. */
  #storeOne(): { readonly store: StoreOutcome; failure: AgnesFailure | undefined } {
    const storing: { readonly store: StoreOutcome; failure: AgnesFailure | undefined } = {
      failure: undefined,
      store: async (one: StorableOutcome) => {
        try {
          return (await this.#parts.store.storeOutcomes([one]))[0] ?? 'notStored';
        } catch (error) {
          storing.failure = asFailure(error);
          return 'notStored';
        }
      },
    };
    return storing;
  }

  async #findRegistration(tableId: string, signal: AbortSignal): Promise<TableRegistration> {
    const { row, writeObstacle } = await this.#parts.store.readTable(tableId, signal);
    if (writeObstacle !== undefined) throw writeObstacle;
    if (row === null) throw new AgnesFailure('unknownTable', { detail: tableId });
    if (!isEligible(row.registration)) throw new AgnesFailure('notRefreshable', { detail: tableId });
    return row.registration;
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw new AgnesFailure('cancelled');
  }

  /** Cancels what is under way; nothing starts afterwards. */
  dispose(): void {
    this.#disposed = true;
    this.cancel();
    this.#tableEvents.dispose();
    this.#runStarted.dispose();
  }
}

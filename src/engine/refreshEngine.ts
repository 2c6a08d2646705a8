import pLimit from 'p-limit';
import type { Disposable } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { AgnesFailure, asFailure } from '../core/failure.ts';
import type { RefreshOutcome, StorableOutcome, StoreResult } from '../core/refreshOutcome.ts';
import { DEFAULT_CONCURRENCY } from '../core/refreshPolicy.ts';
import { isEligible } from '../core/tableRegistration.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import type { EngineParts, TableEvent } from './engineParts.ts';
import { NetworkBreaker } from './networkBreaker.ts';
import { observeTable } from './observeTable.ts';
import { RefreshRun, type RunOptions } from './refreshRun.ts';
import { outcomeLine } from './runLog.ts';
import { settleObservation } from './settleObservation.ts';

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
  readonly #disposed = new AbortController();
  readonly #singles = new Map<string, Promise<RefreshOutcome>>();
  readonly #limitSingles;
  #currentRun: RefreshRun | undefined;

  constructor(parts: Omit<EngineParts, 'events'>) {
    this.#parts = { ...parts, events: this.#tableEvents };
    this.#limitSingles = pLimit(DEFAULT_CONCURRENCY);
  }

  get currentRun(): RefreshRun | undefined {
    return this.#currentRun;
  }

  /** Starts a run, or joins the one that is on. */
  startRun(options: RunOptions): StartedRun {
    this.#disposed.signal.throwIfAborted();
    if (this.#currentRun !== undefined) return { run: this.#currentRun, joined: true };
    const singles = Promise.allSettled(this.#singles.values());
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
    const pending = this.#currentRun?.pendingOutcome(tableId) ?? this.#singles.get(tableId);
    if (pending !== undefined) return untilAborted(pending, signal);
    if (this.#singles.size >= MAX_WAITING_SINGLES) {
      throw new AgnesFailure('unexpected', {
        detail: `more than ${MAX_WAITING_SINGLES} single refreshes wait`,
      });
    }
    const abort = AbortSignal.any([signal, this.#disposed.signal]);
    const outcome = this.#refreshSingle(tableId, abort).finally(() => this.#singles.delete(tableId));
    this.#singles.set(tableId, outcome);
    return outcome;
  }

  async #refreshSingle(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    // A run has the file and BigQuery to itself; what it stored of this table before was stored before it was asked for.
    const run = this.#currentRun;
    try {
      if (run !== undefined) await untilAborted(run.result, signal);
      return await this.#limitSingles(() => this.#refreshNow(tableId, signal));
    } catch (error) {
      throw signal.aborted ? new AgnesFailure('cancelled') : asFailure(error);
    }
  }

  async #refreshNow(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    const { store, clock, log, settings, events } = this.#parts;
    signal.throwIfAborted();
    const startedMs = clock.monotonicMs();
    const registration = await this.#findRegistration(tableId, signal);
    events.fire({ kind: 'tableStarted', tableId });
    let outcome: RefreshOutcome = { tableId, status: 'cancelled' };
    try {
      const observation = await observeTable(
        registration,
        settings().project,
        { ...this.#parts, breaker: new NetworkBreaker() },
        signal,
      );
      if (observation.kind === 'callerFault') throw observation.failure;
      if (observation.kind === 'noProject') throw new AgnesFailure('notConfigured');
      const storeOne = async (one: StorableOutcome): Promise<StoreResult> =>
        (await store.storeOutcomes([one]))[0] ?? 'registrationChanged';
      outcome = await settleObservation(registration, observation, startedMs, clock, storeOne);
      return outcome;
    } finally {
      log.info(outcomeLine(null, outcome));
      events.fire({ kind: 'tableSettled', outcome });
    }
  }

  async #findRegistration(tableId: string, signal: AbortSignal): Promise<TableRegistration> {
    const { row, writeObstacle } = await this.#parts.store.readTable(tableId, signal);
    if (writeObstacle !== undefined) throw writeObstacle;
    if (row === null) throw new AgnesFailure('unknownTable', { detail: tableId });
    if (!isEligible(row.registration)) throw new AgnesFailure('notRefreshable', { detail: tableId });
    return row.registration;
  }

  /** Cancels what is under way; nothing starts afterwards. */
  dispose(): void {
    this.#disposed.abort(new AgnesFailure('cancelled'));
    this.#currentRun?.cancel();
    this.#tableEvents.dispose();
    this.#runStarted.dispose();
  }
}

/** Stops waiting when aborted; what is waited for goes on. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new AgnesFailure('cancelled'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

import type { Disposable } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { AgnesFailure, asFailure } from '../core/failure.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { EngineParts, TableEvent } from './engineParts.ts';
import { FlightWatch } from './flight/flightWatch.ts';
import { LateOutcomes } from './storing/lateOutcomes.ts';
import { RefreshRun, type RunOptions } from './refreshRun.ts';
import { refreshOneTable, type WaitingFor } from './refreshOneTable.ts';
import { RequestLimiter } from './asking/requestLimiter.ts';
import { SingleFlight } from './flight/singleFlight.ts';
import { SingleRefresh } from './singleRefresh.ts';
import { untilAborted } from './waiting.ts';
import { waitForFlight } from './flight/waitForFlight.ts';
import type { WatchedRun } from './watchedRun.ts';
import type { WriteRight } from './flight/writeRight.ts';

/** Single-table refreshes that may wait at once; a further one is refused rather than queued without end. */
export const MAX_WAITING_SINGLES = 200;

export interface StartedRun {
  readonly run: WatchedRun;
  /** A run was on already, here or in another window: this caller takes part in it and started nothing. */
  readonly joined: boolean;
}

/** Whether a run is still wanted once single flight is held: another window may have done it in between. */
export type IsStillDue = () => Promise<boolean>;

/**
 * Refreshes tables of one shared file. At most one run or single refresh is at work on it, over all windows: a second run
 * joins, a single table waits, or takes the outcome that it is about to have. Nothing is fetched twice because two callers
 * asked.
 */
export class RefreshEngine implements Disposable {
  readonly #parts: EngineParts;
  readonly #runStarted = new Emitter<WatchedRun>();
  /** A run began, in this window or in another one. */
  readonly onRunStarted = this.#runStarted.event;
  readonly #tableEvents = new Emitter<TableEvent>();
  readonly onTableEvent = this.#tableEvents.event;
  readonly #flightUnavailable = new Emitter<AgnesFailure>();
  /** What other windows do is not seen, for this reason; told once. */
  readonly onFlightUnavailable = this.#flightUnavailable.event;
  readonly #watch: FlightWatch;
  readonly #flight: SingleFlight;
  readonly #late: LateOutcomes;
  readonly #limiter: RequestLimiter;
  /** The latest of each table. */
  readonly #singles = new Map<string, SingleRefresh>();
  /** All that have not settled, with those that were given up and started anew. */
  readonly #underWay = new Set<SingleRefresh>();
  #ownRun: RefreshRun | undefined;
  #starting: Promise<StartedRun | undefined> | undefined;
  #startAbort = new AbortController();
  #disposed = false;

  constructor(parts: Omit<EngineParts, 'events'>) {
    this.#parts = { ...parts, events: this.#tableEvents };
    const { clock, random, log, lock, store, records } = parts;
    this.#limiter = new RequestLimiter(clock);
    this.#watch = new FlightWatch({ ...this.#parts, onRun: (run) => this.#runStarted.fire(run) });
    const onUnavailable = (failure: AgnesFailure): void => this.#flightUnavailable.fire(failure);
    this.#flight = new SingleFlight({ lock, watch: this.#watch, clock, random, log, onUnavailable });
    const { events } = this.#parts;
    this.#late = new LateOutcomes({ flight: this.#flight, store, records, clock, random, log, events });
  }

  get currentRun(): WatchedRun | undefined {
    return this.#ownRun ?? this.#watch.run;
  }

  /** Tables that another window refreshes at this moment. */
  get tablesElsewhere(): Iterable<string> {
    return this.#watch.tables;
  }

  /** Outcomes that wait until somebody lets go of the file. */
  get lateCount(): number {
    return this.#late.count;
  }

  /** Starts a run, or joins the one that is on, wherever it is. Rejects with an `AgnesFailure`. */
  async startRun(options: RunOptions): Promise<StartedRun> {
    for (;;) {
      this.#throwIfDisposed();
      if (this.#ownRun !== undefined) return { run: this.#ownRun, joined: true };
      const joins = this.#starting !== undefined;
      const started = await (this.#starting ?? this.#start(options));
      // The one that was starting found that it is not due; this one is wanted all the same.
      if (started !== undefined) return joins ? { ...started, joined: true } : started;
    }
  }

  /**
   * Starts a run of all tables if it is still due when single flight is held.
   *
   * @returns `undefined` when it is not, or when anything else is at work
   */
  async startDueRun(isStillDue: IsStillDue): Promise<WatchedRun | undefined> {
    this.#throwIfDisposed();
    // Not by what another window tells: only the lock knows whether that one is still there.
    if (this.#ownRun !== undefined || this.#starting !== undefined) return undefined;
    const started = await this.#start({ trigger: 'timer' }, isStillDue);
    return started?.joined === false ? started.run : undefined;
  }

  /**
   * Refreshes one table. Rejects with an `AgnesFailure`: `unknownTable`, `notRefreshable`, what is wrong with the file or
   * the caller, or `cancelled`.
   *
   * @param onWaiting told when something else has to end first
   */
  async refreshTable(
    tableId: string,
    signal: AbortSignal,
    onWaiting: (what: WaitingFor) => void = () => undefined,
  ): Promise<RefreshOutcome> {
    this.#throwIfDisposed();
    const waiting = this.#singles.get(tableId);
    if (waiting?.isCancelled === false) return waiting.join(signal);
    if (this.#underWay.size >= MAX_WAITING_SINGLES) {
      throw new AgnesFailure('unexpected', {
        detail: `more than ${MAX_WAITING_SINGLES} single refreshes wait`,
      });
    }
    const single = new SingleRefresh((abort) => this.#refreshSingle(tableId, abort, onWaiting));
    this.#singles.set(tableId, single);
    this.#underWay.add(single);
    const forget = (): void => {
      this.#underWay.delete(single);
      if (this.#singles.get(tableId) === single) this.#singles.delete(tableId);
    };
    single.outcome.then(forget, forget);
    return single.join(signal);
  }

  /** Cancels what this window has under way: the run, and single tables. */
  cancel(): void {
    this.#startAbort.abort(new AgnesFailure('cancelled'));
    this.#startAbort = new AbortController();
    this.#ownRun?.cancel();
    for (const single of this.#underWay) single.cancel();
  }

  /** The shared file changed: somebody may have let go of it. */
  fileChanged(): void {
    this.#late.wake();
  }

  #start(options: RunOptions, isStillDue?: IsStillDue): Promise<StartedRun | undefined> {
    const starting = this.#startNow(options, isStillDue).finally(() => {
      this.#starting = undefined;
    });
    this.#starting = starting;
    return starting;
  }

  async #startNow(options: RunOptions, isStillDue?: IsStillDue): Promise<StartedRun | undefined> {
    const { signal } = this.#startAbort;
    const joinable = (): StartedRun | undefined => {
      const run = this.#watch.run;
      return run === undefined ? undefined : { run, joined: true };
    };
    try {
      const taken = await waitForFlight(this.#flight, signal, () => {
        // The timer waits for nobody: it looks again later.
        return joinable() !== undefined || isStillDue !== undefined;
      });
      if (taken === undefined) return joinable();
      let began: StartedRun | undefined;
      try {
        const isDue = isStillDue === undefined || (await isStillDue());
        signal.throwIfAborted();
        if (isDue) began = this.#begin(options, taken);
        return began;
      } finally {
        if (began === undefined) await taken.release();
      }
    } catch (error) {
      throw this.#told('the refresh could not begin', error, signal);
    }
  }

  #begin(options: RunOptions, right: WriteRight): StartedRun {
    const parts = { ...this.#parts, right, limiter: this.#limiter, late: this.#late };
    const run = new RefreshRun(parts, options);
    const over = this.#watch.own(run.runId);
    this.#ownRun = run;
    void run.result.then(() => {
      over();
      this.#ownRun = undefined;
    });
    if (this.#disposed) run.close();
    this.#runStarted.fire(run);
    return { run, joined: false };
  }

  async #refreshSingle(
    tableId: string,
    signal: AbortSignal,
    onWaiting: (what: WaitingFor) => void,
  ): Promise<RefreshOutcome> {
    try {
      if (this.#starting !== undefined) {
        onWaiting('run');
        await untilAborted(Promise.allSettled([this.#starting]), signal);
      }
      const run = this.#ownRun;
      if (run !== undefined) {
        onWaiting('run');
        const pending = await untilAborted(run.pendingOutcome(tableId), signal);
        // A run that was cancelled or ended early did not do what was asked for here.
        if (pending !== undefined && 'stored' in pending) return pending;
        // What it stored of this table before was stored before it was asked for.
        await untilAborted(run.result, signal);
        onWaiting('nothing');
      }
      return await refreshOneTable(tableId, signal, {
        ...this.#parts,
        flight: this.#flight,
        watch: this.#watch,
        limiter: this.#limiter,
        late: this.#late,
        onWaiting,
      });
    } catch (error) {
      throw this.#told('the table could not be refreshed', error, signal);
    }
  }

  /** The failure to throw; whatever is not a cancellation stands in the log, which messages refer to. */
  #told(what: string, error: unknown, signal: AbortSignal): AgnesFailure {
    if (signal.aborted) return new AgnesFailure('cancelled');
    const failure = asFailure(error);
    this.#parts.log.warn(`${what}: ${failure.message}`);
    return failure;
  }

  #throwIfDisposed(): void {
    if (this.#disposed) throw new AgnesFailure('cancelled');
  }

  /** Settles when nothing of this window is under way: after `dispose`, when single flight is free again. */
  async settled(): Promise<void> {
    const singles = Array.from(this.#underWay, ({ outcome }) => outcome);
    await Promise.allSettled([this.#starting, ...singles]);
    await Promise.allSettled([this.#ownRun?.result, this.#late.settled()]);
  }

  /** Cancels what is under way; nothing starts afterwards. */
  dispose(): void {
    this.#disposed = true;
    this.cancel();
    this.#ownRun?.close();
    this.#watch.dispose();
    this.#late.dispose();
    this.#tableEvents.dispose();
    this.#runStarted.dispose();
    this.#flightUnavailable.dispose();
  }
}

import type { Disposable } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { AgnesFailure, asFailure, type FailureReason } from '../core/failure.ts';
import type { RefreshOutcome, StorableOutcome, StoreAnswer } from '../core/refreshOutcome.ts';
import {
  boundedFailures,
  countOutcomes,
  groupByCause,
  listChanges,
  listFailures,
  recordedChanges,
  type RunSummary,
  type RunTrigger,
} from '../core/runSummary.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import type { EpochMicros } from '../core/time.ts';
import { MAX_ANNOUNCED_TABLES, type Announcement } from '../ports/runBoard.ts';
import type { AccessOptions, CatalogRow } from '../ports/tableStore.ts';
import type { EngineParts, RefreshSetup } from './engineParts.ts';
import type { LateOutcomes } from './storing/lateOutcomes.ts';
import { NetworkBreaker } from './asking/networkBreaker.ts';
import { observeUnder } from './asking/observeUnder.ts';
import { OutcomeBatcher } from './storing/outcomeBatcher.ts';
import type { RequestLimiter } from './asking/requestLimiter.ts';
import { RunAnnouncer } from './flight/runAnnouncer.ts';
import { newRunId } from './runIds.ts';
import { causeLines, logOutcome, runLine } from './runLog.ts';
import { settleObservation } from './storing/settleObservation.ts';
import type { RunProgress, RunResult, WatchedRun } from './watchedRun.ts';
import type { WriteRight } from './flight/writeRight.ts';

/** A call, because the compiler takes a field's value for settled across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** Which tables a run takes; judged on the catalog as it is read at the start of the run. */
export type TableSelection = (row: CatalogRow) => boolean;

export interface RunOptions {
  readonly trigger: RunTrigger;
  readonly selection?: TableSelection;
}

/** What a run is given by the window's engine. */
export interface RunParts extends EngineParts {
  /** Held until the run is over, and then freed by it. */
  readonly right: WriteRight;
  readonly limiter: RequestLimiter;
  readonly late: LateOutcomes;
}

/** What the tables of a run share. */
interface RunTools {
  readonly setup: RefreshSetup;
  readonly batcher: OutcomeBatcher;
  readonly breaker: NetworkBreaker;
}

/** Takes what a table came to. */
type Settle = (outcome: RefreshOutcome) => void;

/** One refresh of many tables: started by constructing it, told through its events, ended by itself or by `cancel`. */
export class RefreshRun implements WatchedRun {
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  readonly coversAll: boolean;
  readonly place = { kind: 'here' } as const;
  readonly result: Promise<RunResult>;

  readonly #parts: RunParts;
  readonly #selection: TableSelection;
  readonly #startedMs: number;
  readonly #announcer: RunAnnouncer;
  readonly #cancelled = new AbortController();
  /** Aborts requests: cancelled by a person, or ended by a failure. */
  readonly #ended = new AbortController();
  readonly #closing = new AbortController();
  #failure: AgnesFailure | undefined;
  readonly #progress = new Emitter<RunProgress>();
  readonly onProgress = this.#progress.event;
  #done = 0;
  #total: number | undefined;
  readonly #underWay = new Set<string>();
  /** Tables of this run without an outcome yet. */
  readonly #unsettled = new Set<string>();
  readonly #allSettled = Promise.withResolvers<undefined>();
  /** Outcomes that somebody waits for. */
  readonly #awaited = new Map<string, PromiseWithResolvers<RefreshOutcome>>();
  /** Fulfilled when it is known which tables the run takes, or that it takes none. */
  readonly #catalogRead = Promise.withResolvers<undefined>();

  constructor(parts: RunParts, options: RunOptions) {
    this.#parts = parts;
    this.#selection = options.selection ?? (() => true);
    this.trigger = options.trigger;
    this.coversAll = options.selection === undefined;
    this.runId = newRunId(parts.random);
    this.startedAt = parts.clock.now();
    this.#startedMs = parts.clock.monotonicMs();
    this.#announcer = new RunAnnouncer(parts.board, parts.clock, parts.right, () => this.#announcement());
    this.result = Promise.resolve().then(() => this.#execute());
  }

  get progress(): RunProgress {
    return { done: this.#done, total: this.#total };
  }

  cancel(): void {
    this.#cancelled.abort();
    this.#ended.abort();
  }

  /** As `cancel`, for a window that closes: who holds the file is not waited for any more. */
  close(): void {
    this.cancel();
    this.#closing.abort(new AgnesFailure('cancelled'));
  }

  /** The coming outcome of a table of this run; `undefined` when the run does not take it, or has its outcome already. */
  async pendingOutcome(tableId: string): Promise<RefreshOutcome | undefined> {
    await this.#catalogRead.promise;
    if (!this.#unsettled.has(tableId)) return undefined;
    const awaited = this.#awaited.get(tableId) ?? Promise.withResolvers();
    this.#awaited.set(tableId, awaited);
    return awaited.promise;
  }

  async #execute(): Promise<RunResult> {
    const { log, records, clock, right } = this.#parts;
    let outcomes: readonly RefreshOutcome[] = [];
    await this.#announcer.begin();
    try {
      outcomes = await this.#refresh(await this.#choose());
    } catch (error) {
      if (!this.#cancelled.signal.aborted) this.#failure ??= asFailure(error);
    } finally {
      this.#catalogRead.resolve(undefined);
    }
    const summary: RunSummary = {
      runId: this.runId,
      startedAt: this.startedAt,
      trigger: this.trigger,
      window: this.#parts.window,
      coversAll: this.coversAll,
      ...countOutcomes(outcomes.length, outcomes),
      durationMs: Math.trunc(clock.monotonicMs() - this.#startedMs),
      endedBy: this.#endedBy(),
    };
    log.info(runLine(summary));
    const failures = listFailures(outcomes);
    const causes = groupByCause(failures);
    for (const line of causeLines(this.runId, causes)) log.warn(line);
    if (this.#failure !== undefined) log.warn(`run ${this.runId} ended early: ${this.#failure.message}`);
    // In this order: who finds the lock free finds the run in the history, and so does who waits for the announcement.
    const record = {
      summary,
      endedAt: clock.now(),
      failures: boundedFailures(failures),
      ...recordedChanges(listChanges(outcomes)),
    };
    await records.append(record, right.state !== 'lost');
    await this.#announcer.end();
    await right.release();
    return { summary, outcomes, causes, failure: this.#failure };
  }

  #endedBy(): FailureReason | null {
    if (this.#failure !== undefined) return this.#failure.reason;
    return this.#cancelled.signal.aborted ? 'cancelled' : null;
  }

  /** The tables of this run. What is cached of them is let go of: a run lasts, and they may be ten thousand. */
  async #choose(): Promise<readonly TableRegistration[]> {
    const catalog = await this.#parts.store.readCatalog({ signal: this.#cancelled.signal });
    const chosen = catalog.rows.filter(this.#selection).map(({ registration }) => registration);
    this.#total = chosen.length;
    this.#tellProgress();
    if (catalog.writeObstacle !== undefined) this.#fail(catalog.writeObstacle);
    return chosen;
  }

  async #refresh(registrations: readonly TableRegistration[]): Promise<readonly RefreshOutcome[]> {
    const setup = this.#prepare();
    if (setup === undefined || this.#failure !== undefined) {
      return registrations.map(({ id }) => this.#leftOut(id));
    }
    const { clock, late, limiter } = this.#parts;
    const batcher = new OutcomeBatcher({
      store: (outcomes) => this.#store(outcomes),
      clock,
      onFailure: (failure) => this.#fail(failure),
      onHeldFile: (outcomes) => late.keep(outcomes, this.runId),
    });
    limiter.configure(setup.limits);
    const tools = { setup, batcher, breaker: new NetworkBreaker() };
    for (const { id } of registrations) this.#unsettled.add(id);
    if (registrations.length === 0) this.#allSettled.resolve(undefined);
    this.#catalogRead.resolve(undefined);

    const outcomes: RefreshOutcome[] = [];
    const asking = new Set<Promise<void>>();
    for (const [position, registration] of registrations.entries()) {
      // Not fetched in vain while a held file takes nothing.
      await batcher.untilRoom(this.#ended.signal);
      const slot = await this.#slot();
      const settle = (outcome: RefreshOutcome): void => {
        outcomes[position] = outcome;
        this.#settle(outcome);
      };
      const asked: Promise<void> = this.#refreshTable(registration, tools, settle).finally(() => {
        asking.delete(asked);
        slot?.dispose();
      });
      asking.add(asked);
    }
    await Promise.all(asking);
    await batcher.finish();
    await this.#allSettled.promise;
    return outcomes;
  }

  async #store(outcomes: readonly StorableOutcome[]): Promise<readonly StoreAnswer[]> {
    const { right, store } = this.#parts;
    const { signal } = this.#closing;
    const storeNow = (options: AccessOptions): Promise<readonly StoreAnswer[]> =>
      right.write((underLock) => store.storeOutcomes(outcomes, { ...options, underLock }));
    if (signal.aborted) return storeNow({ quick: true });
    try {
      return await storeNow({ signal });
    } catch (error) {
      // Cut off in its patience, nothing is written: it has one more quick try.
      if (!isAborted(signal) || asFailure(error).reason !== 'cancelled') throw error;
      return storeNow({ quick: true });
    }
  }

  /** `undefined`, and the run has failed, where a setting is not usable. */
  #prepare(): RefreshSetup | undefined {
    try {
      return this.#parts.prepare();
    } catch (error) {
      this.#fail(asFailure(error));
      return undefined;
    }
  }

  /** Waits for a place among the requests; `undefined` when the run has ended. */
  async #slot(): Promise<Disposable | undefined> {
    try {
      return await this.#parts.limiter.takeSlot(this.#ended.signal);
    } catch {
      return undefined;
    }
  }

  /** Resolves when the table has its answer: its place is free while the answer waits for its batch. Never rejects. */
  async #refreshTable(registration: TableRegistration, tools: RunTools, settle: Settle): Promise<void> {
    const { events, clock } = this.#parts;
    const tableId = registration.id;
    const startedMs = clock.monotonicMs();
    try {
      if (this.#ended.signal.aborted) {
        settle(this.#leftOut(tableId));
        return;
      }
      this.#underWay.add(tableId);
      events.fire({ kind: 'tableStarted', tableId });
      this.#announcer.changed();
      const { setup, breaker } = tools;
      const observation = await observeUnder(
        this.#parts.right,
        registration,
        setup.project,
        { ...this.#parts, provider: setup.provider, breaker },
        this.#ended.signal,
      );
      if (observation.kind === 'callerFault') {
        this.#fail(observation.failure);
        settle(this.#leftOut(tableId));
        return;
      }
      if (observation.kind === 'noProject') this.#failure ??= new AgnesFailure('notConfigured');
      const storing = settleObservation(registration, observation, startedMs, clock, (storable) =>
        tools.batcher.add(storable),
      );
      void storing.then(settle);
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#fail(asFailure(error));
      settle(this.#leftOut(tableId));
    } finally {
      this.#done += 1;
      this.#tellProgress();
    }
  }

  #settle(outcome: RefreshOutcome): void {
    const { log, events } = this.#parts;
    const { tableId } = outcome;
    logOutcome(log, this.runId, outcome);
    this.#underWay.delete(tableId);
    this.#unsettled.delete(tableId);
    this.#awaited.get(tableId)?.resolve(outcome);
    this.#awaited.delete(tableId);
    events.fire({ kind: 'tableSettled', outcome });
    this.#announcer.changed();
    if (this.#unsettled.size === 0) this.#allSettled.resolve(undefined);
  }

  #tellProgress(): void {
    this.#progress.fire(this.progress);
    this.#announcer.changed();
  }

  #announcement(): Announcement {
    const { right, window } = this.#parts;
    return {
      kind: 'run',
      runId: this.runId,
      startedAt: this.startedAt,
      trigger: this.trigger,
      coversAll: this.coversAll,
      window,
      done: this.#done,
      total: this.#total ?? null,
      tableIds: Array.from(this.#underWay).slice(0, MAX_ANNOUNCED_TABLES),
      pid: right.pid,
    };
  }

  #fail(failure: AgnesFailure): void {
    this.#failure ??= failure;
    this.#ended.abort();
  }

  #leftOut(tableId: string): RefreshOutcome {
    if (this.#failure !== undefined) {
      return { tableId, status: 'not_attempted', reason: this.#failure.reason };
    }
    return { tableId, status: 'cancelled' };
  }
}

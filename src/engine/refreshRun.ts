import type { Disposable } from '../core/disposable.ts';
import { Emitter } from '../core/emitter.ts';
import { AgnesFailure, asFailure, type FailureReason } from '../core/failure.ts';
import type { RefreshOutcome, StorableOutcome } from '../core/refreshOutcome.ts';
import {
  boundedFailures,
  countOutcomes,
  groupByCause,
  listFailures,
  type RunSummary,
  type RunTrigger,
} from '../core/runSummary.ts';
import type { EpochMicros } from '../core/time.ts';
import { MAX_ANNOUNCED_TABLES, type Announcement } from '../ports/runBoard.ts';
import type { Catalog, CatalogRow } from '../ports/tableStore.ts';
import type { EngineParts, RefreshSetup } from './engineParts.ts';
import type { LateOutcomes } from './lateOutcomes.ts';
import { NetworkBreaker } from './networkBreaker.ts';
import { observeTable, type TableObservation } from './observeTable.ts';
import { OutcomeBatcher } from './outcomeBatcher.ts';
import type { RequestLimiter } from './requestLimiter.ts';
import { RunAnnouncer } from './runAnnouncer.ts';
import { newRunId } from './runIds.ts';
import { causeLines, logOutcome, runLine } from './runLog.ts';
import { settleObservation } from './settleObservation.ts';
import type { RunProgress, RunResult, WatchedRun } from './watchedRun.ts';
import type { WriteRight } from './writeRight.ts';

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

/** A table of this run, and whoever waits for what it comes to. */
interface RunTable {
  readonly row: CatalogRow;
  readonly outcome: PromiseWithResolvers<RefreshOutcome>;
}

/** What the tables of a run share. */
interface RunTools {
  readonly setup: RefreshSetup;
  readonly batcher: OutcomeBatcher;
  readonly breaker: NetworkBreaker;
}

/** One refresh of many tables: started by constructing it, told through its events, ended by itself or by `cancel`. */
export class RefreshRun implements WatchedRun {
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  readonly coversAll: boolean;
  readonly elsewhere = undefined;
  readonly result: Promise<RunResult>;

  readonly #parts: RunParts;
  readonly #selection: TableSelection;
  readonly #startedMs: number;
  readonly #announcer: RunAnnouncer;
  readonly #cancelled = new AbortController();
  /** Aborts requests: cancelled by a person, or ended by a failure. */
  readonly #ended = new AbortController();
  #failure: AgnesFailure | undefined;
  readonly #progress = new Emitter<RunProgress>();
  readonly onProgress = this.#progress.event;
  #done = 0;
  #total: number | undefined;
  readonly #underWay = new Set<string>();
  readonly #settled = new Map<string, Promise<RefreshOutcome>>();
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
    this.#announcer = new RunAnnouncer(parts.board, parts.clock, () => this.#announcement());
    this.result = Promise.resolve().then(() => this.#execute());
  }

  get progress(): RunProgress {
    return { done: this.#done, total: this.#total };
  }

  cancel(): void {
    this.#cancelled.abort();
    this.#ended.abort();
  }

  /** The coming outcome of a table of this run; `undefined` when the run does not take it, or has its outcome already. */
  async pendingOutcome(tableId: string): Promise<RefreshOutcome | undefined> {
    await this.#catalogRead.promise;
    return this.#settled.get(tableId);
  }

  async #execute(): Promise<RunResult> {
    const { store, log, records, clock, right } = this.#parts;
    let outcomes: readonly RefreshOutcome[] = [];
    await this.#announcer.begin();
    try {
      const catalog = await store.readCatalog({ signal: this.#cancelled.signal });
      outcomes = await this.#refresh(catalog);
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
    await records.append({ summary, endedAt: clock.now(), failures: boundedFailures(failures) });
    await this.#announcer.end();
    await right.release();
    return { summary, outcomes, causes, failure: this.#failure };
  }

  #endedBy(): FailureReason | null {
    if (this.#failure !== undefined) return this.#failure.reason;
    return this.#cancelled.signal.aborted ? 'cancelled' : null;
  }

  async #refresh(catalog: Catalog): Promise<readonly RefreshOutcome[]> {
    const rows = catalog.rows.filter(this.#selection);
    this.#total = rows.length;
    this.#tellProgress();
    if (catalog.writeObstacle !== undefined) {
      this.#fail(catalog.writeObstacle);
      return rows.map(({ registration }) => this.#leftOut(registration.id));
    }
    const { clock, late, limiter, prepare } = this.#parts;
    const batcher = new OutcomeBatcher({
      store: (outcomes) => this.#store(outcomes),
      clock,
      onFailure: (failure) => this.#fail(failure),
      onHeldFile: (outcomes) => late.keep(outcomes, this.runId),
    });
    const setup = prepare();
    limiter.configure(setup.limits);
    const tools = { setup, batcher, breaker: new NetworkBreaker() };
    const tables = rows.map((row): RunTable => ({ row, outcome: Promise.withResolvers() }));
    for (const { row, outcome } of tables) this.#settled.set(row.registration.id, outcome.promise);
    this.#catalogRead.resolve(undefined);

    const answered: Promise<void>[] = [];
    for (const table of tables) {
      const slot = await this.#slot();
      answered.push(this.#refreshTable(table, tools).finally(() => slot?.dispose()));
    }
    await Promise.all(answered);
    await batcher.finish();
    return Promise.all(tables.map(({ outcome }) => outcome.promise));
  }

  #store(outcomes: readonly StorableOutcome[]): ReturnType<EngineParts['store']['storeOutcomes']> {
    const { right, store } = this.#parts;
    return right.write((underLock) => store.storeOutcomes(outcomes, { underLock }));
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
  async #refreshTable({ row, outcome }: RunTable, tools: RunTools): Promise<void> {
    const { events, clock, log } = this.#parts;
    const { registration } = row;
    const tableId = registration.id;
    const startedMs = clock.monotonicMs();
    const settle = (settled: RefreshOutcome): void => {
      logOutcome(log, this.runId, settled);
      this.#underWay.delete(tableId);
      this.#settled.delete(tableId);
      outcome.resolve(settled);
      events.fire({ kind: 'tableSettled', outcome: settled });
      this.#announcer.changed();
    };
    try {
      if (this.#ended.signal.aborted) {
        settle(this.#leftOut(tableId));
        return;
      }
      this.#underWay.add(tableId);
      events.fire({ kind: 'tableStarted', tableId });
      this.#announcer.changed();
      const observation = await this.#observe(row, tools);
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

  /** Asks again when the right to write was interrupted meanwhile: what was under way then is aborted (decisions). */
  async #observe({ registration }: CatalogRow, { setup, breaker }: RunTools): Promise<TableObservation> {
    const parts = { ...this.#parts, provider: setup.provider, breaker };
    for (;;) {
      const interrupted = await this.#parts.right.held();
      try {
        const signal = AbortSignal.any([this.#ended.signal, interrupted]);
        return await observeTable(registration, setup.project, parts, signal);
      } catch (error) {
        if (!interrupted.aborted || this.#ended.signal.aborted) throw error;
      }
    }
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

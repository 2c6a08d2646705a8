import pLimit from 'p-limit';
import { Emitter } from '../core/emitter.ts';
import { AgnesFailure, asFailure, type FailureReason } from '../core/failure.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import { countOutcomes, listFailures, type RunSummary, type RunTrigger } from '../core/runSummary.ts';
import type { EpochMicros } from '../core/time.ts';
import type { Catalog, CatalogRow } from '../ports/tableStore.ts';
import type { EngineParts, RefreshSetup } from './engineParts.ts';
import { NetworkBreaker } from './networkBreaker.ts';
import { observeTable } from './observeTable.ts';
import { OutcomeBatcher } from './outcomeBatcher.ts';
import { logOutcome, runLine } from './runLog.ts';
import { settleObservation } from './settleObservation.ts';

/** Which tables a run takes; judged on the catalog as it is read at the start of the run. */
export type TableSelection = (row: CatalogRow) => boolean;

export interface RunResult {
  readonly summary: RunSummary;
  readonly outcomes: readonly RefreshOutcome[];
  /** What ended the run early, with what is known of it. */
  readonly failure: AgnesFailure | undefined;
}

export interface RunProgress {
  /** Tables that have an answer; never above the total. */
  readonly done: number;
  /** `undefined` until the catalog is read. */
  readonly total: number | undefined;
}

export interface RunOptions {
  readonly trigger: RunTrigger;
  readonly selection?: TableSelection;
}

/** One refresh of many tables: started by constructing it, told through its events, ended by itself or by `cancel`. */
export class RefreshRun {
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  /** Takes every table, not a selection of them. */
  readonly coversAll: boolean;
  /** Resolves when everything is stored or given up; never rejects. */
  readonly result: Promise<RunResult>;

  readonly #parts: EngineParts;
  readonly #selection: TableSelection;
  readonly #startedMs: number;
  readonly #cancelled = new AbortController();
  /** Aborts requests: cancelled by a person, or ended by a failure. */
  readonly #ended = new AbortController();
  #failure: AgnesFailure | undefined;
  readonly #progress = new Emitter<RunProgress>();
  readonly onProgress = this.#progress.event;
  #done = 0;
  #total: number | undefined;
  readonly #settled = new Map<string, Promise<RefreshOutcome>>();
  /** Fulfilled when it is known which tables the run takes, or that it takes none. */
  readonly #catalogRead = Promise.withResolvers<undefined>();

  constructor(parts: EngineParts, options: RunOptions, after: Promise<unknown>) {
    this.#parts = parts;
    this.#selection = options.selection ?? (() => true);
    this.trigger = options.trigger;
    this.coversAll = options.selection === undefined;
    this.runId = newRunId(parts.random);
    this.startedAt = parts.clock.now();
    this.#startedMs = parts.clock.monotonicMs();
    const { signal } = this.#cancelled;
    const cancelled = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.result = Promise.race([after, cancelled]).then(() => this.#execute());
  }

  get progress(): RunProgress {
    return { done: this.#done, total: this.#total };
  }

  /** Ends the run: what is fetched is still stored, what is under way or waiting is reported as cancelled. */
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
    const { store, log, records, clock } = this.#parts;
    let outcomes: readonly RefreshOutcome[] = [];
    try {
      const catalog = await store.readCatalog(this.#cancelled.signal);
      outcomes = await this.#refresh(catalog);
    } catch (error) {
      if (!this.#cancelled.signal.aborted) this.#failure ??= asFailure(error);
    } finally {
      this.#catalogRead.resolve(undefined);
    }
    const counts = countOutcomes(outcomes.length, outcomes);
    const summary: RunSummary = {
      runId: this.runId,
      startedAt: this.startedAt,
      trigger: this.trigger,
      coversAll: this.coversAll,
      ...counts,
      durationMs: Math.trunc(clock.monotonicMs() - this.#startedMs),
      endedBy: this.#endedBy(),
    };
    log.info(runLine(summary));
    if (this.#failure !== undefined) log.warn(`run ${this.runId} ended early: ${this.#failure.message}`);
    await records.append({ summary, endedAt: clock.now(), failures: listFailures(outcomes) });
    return { summary, outcomes, failure: this.#failure };
  }

  #endedBy(): FailureReason | null {
    if (this.#failure !== undefined) return this.#failure.reason;
    return this.#cancelled.signal.aborted ? 'cancelled' : null;
  }

  async #refresh(catalog: Catalog): Promise<readonly RefreshOutcome[]> {
    const rows = catalog.rows.filter(this.#selection);
    this.#total = rows.length;
    this.#progress.fire(this.progress);
    if (catalog.writeObstacle !== undefined) {
      this.#fail(catalog.writeObstacle);
      return rows.map(({ registration }) => this.#leftOut(registration.id));
    }
    const batcher = new OutcomeBatcher(this.#parts.store, this.#parts.clock, (failure) =>
      this.#fail(failure),
    );
    const setup = this.#parts.prepare();
    const limit = pLimit(setup.concurrency);
    const breaker = new NetworkBreaker();
    const fetched: Promise<unknown>[] = [];
    const settled = rows.map((row) => {
      const { id } = row.registration;
      const observing = limit(() => this.#observe(row, setup, batcher, breaker));
      fetched.push(observing);
      const outcome = observing.then(({ outcome }) => outcome);
      this.#settled.set(id, outcome);
      return outcome.then((value) => {
        this.#settled.delete(id);
        return value;
      });
    });
    this.#catalogRead.resolve(undefined);
    await Promise.all(fetched);
    await batcher.finish();
    return Promise.all(settled);
  }

  /**
   * Resolves when the table has its answer, with a promise of what became of it: the slot is free while the answer waits
   * for its batch.
   */
  async #observe(
    { registration }: CatalogRow,
    setup: RefreshSetup,
    batcher: OutcomeBatcher,
    breaker: NetworkBreaker,
  ): Promise<{ readonly outcome: Promise<RefreshOutcome> }> {
    const { events, clock, log } = this.#parts;
    const tableId = registration.id;
    const startedMs = clock.monotonicMs();
    const finish = (outcome: RefreshOutcome): RefreshOutcome => {
      logOutcome(log, this.runId, outcome);
      events.fire({ kind: 'tableSettled', outcome });
      return outcome;
    };
    try {
      if (this.#ended.signal.aborted) return { outcome: Promise.resolve(finish(this.#leftOut(tableId))) };
      events.fire({ kind: 'tableStarted', tableId });
      const observation = await observeTable(
        registration,
        setup.project,
        { ...this.#parts, provider: setup.provider, breaker },
        this.#ended.signal,
      );
      if (observation.kind === 'callerFault') {
        this.#fail(observation.failure);
        return { outcome: Promise.resolve(finish(this.#leftOut(tableId))) };
      }
      if (observation.kind === 'noProject') this.#failure ??= new AgnesFailure('notConfigured');
      const outcome = settleObservation(registration, observation, startedMs, clock, (o) => batcher.add(o));
      return { outcome: outcome.then(finish) };
    } catch (error) {
      if (!this.#ended.signal.aborted) this.#fail(asFailure(error));
      return { outcome: Promise.resolve(finish(this.#leftOut(tableId))) };
    } finally {
      this.#done += 1;
      this.#progress.fire(this.progress);
    }
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

const RUN_ID_DIGITS = 8;

function newRunId(random: () => number): string {
  return Array.from({ length: RUN_ID_DIGITS }, () => Math.floor(random() * 16).toString(16)).join('');
}

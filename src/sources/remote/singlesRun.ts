import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import { asFailure, type AgnesFailure, type FailureReason } from '../../core/failure.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import { countOutcomes, type RunSummary, type RunTrigger } from '../../core/runSummary.ts';
import type { EpochMicros } from '../../core/time.ts';
import { NetworkBreaker } from '../../engine/asking/networkBreaker.ts';
import type { RunProgress, RunResult, WatchedRun } from '../../engine/watchedRun.ts';
import type { AgnesServer } from '../../ports/agnesServer.ts';
import type { SourceTableEvent } from '../metadataSource.ts';
import type { ShownTables } from './joinAnswers.ts';
import { endRun, type RunEndParts } from './runEnd.ts';
import { completeOutcome, hasMoreToTell } from './serverOutcomes.ts';
import { lookAtStatus } from './statusLook.ts';
import type { TableRefreshes } from './tableRefreshes.ts';

/** Requests under way at once: as many tables as the server itself takes at a time by default (contract, 4.4). */
export const MAX_REQUESTS = 4;

/** Wrong with the table that was asked for: the others are asked all the same. */
const OF_THE_TABLE: readonly FailureReason[] = ['unknownTable', 'notRefreshable'];
/** The server was not reached at all. */
const NOT_REACHED: readonly FailureReason[] = ['serverUnreachable', 'serverUnavailable', 'serverLoginPage'];

export interface SinglesRunParts extends RunEndParts {
  readonly refreshes: TableRefreshes;
  readonly server: Pick<AgnesServer, 'status'>;
  readonly events: Emitter<SourceTableEvent>;
  /** Name of this window, for the history. */
  readonly window: string;
}

/** A run that is asked for from here. */
export interface AskedTables {
  readonly trigger: RunTrigger;
  /** In the order in which they are asked for. */
  readonly tableIds: readonly string[];
  /** What this user sees, as it was shown before. */
  readonly tables: ShownTables;
}

/** A run of some tables: the server has no such thing, so each is asked for from here (contract, 6.2 and 6.3). */
export class SinglesRun implements WatchedRun {
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  readonly coversAll = false;
  readonly place = { kind: 'here' } as const;
  readonly result: Promise<RunResult>;
  readonly #parts: SinglesRunParts;
  readonly #tableIds: readonly string[];
  readonly #tables: ShownTables;
  readonly #startedMs: number;
  readonly #progress = new Emitter<RunProgress>();
  readonly onProgress = this.#progress.event;
  /** Aborts requests: cancelled by a person, or ended by a failure. */
  readonly #ended = new AbortController();
  readonly #breaker = new NetworkBreaker();
  /** Counts beginnings and failures of requests: their order is all that the breaker goes by. */
  #ticks = 0;
  /** Tables whose turn has not come. */
  readonly #waiting: Set<string>;
  /** What somebody who asked for a single one of those was told meanwhile. */
  readonly #told = new Map<string, RefreshOutcome>();
  #done = 0;
  #failure: AgnesFailure | undefined;

  constructor(parts: SinglesRunParts, runId: string, { trigger, tableIds, tables }: AskedTables) {
    this.#parts = parts;
    this.runId = runId;
    this.trigger = trigger;
    this.#tableIds = tableIds;
    this.#tables = tables;
    this.#waiting = new Set(tableIds);
    this.startedAt = parts.serverNow();
    this.#startedMs = parts.clock.monotonicMs();
    this.result = Promise.resolve().then(() => this.#execute());
  }

  get progress(): RunProgress {
    return { done: this.#done, total: this.#tableIds.length };
  }

  cancel(): void {
    this.#ended.abort();
  }

  async #execute(): Promise<RunResult> {
    const listening = this.#listen();
    const outcomes: RefreshOutcome[] = [];
    const turns = this.#tableIds.entries();
    const work = async (): Promise<void> => {
      for (const [position, tableId] of turns) {
        outcomes[position] = await this.#refresh(tableId);
        this.#done += 1;
        this.#progress.fire(this.progress);
      }
    };
    await Promise.all(Array.from({ length: MAX_REQUESTS }, work));
    listening.dispose();
    const summary = this.#summary(outcomes);
    this.#progress.dispose();
    const completed = await this.#complete(outcomes);
    const causes = await endRun(this.#parts, summary, completed, true);
    return { summary, outcomes: completed, causes, failure: this.#failure };
  }

  /**
   * The outcomes with what only the status tells of changes, by one look at it; those that changed are told again. Nobody
   * waits for it in a run that was ended.
   */
  async #complete(outcomes: readonly RefreshOutcome[]): Promise<readonly RefreshOutcome[]> {
    const hasMore = outcomes.some((outcome) => hasMoreToTell(outcome, this.#tables.get(outcome.tableId)));
    if (!hasMore || this.#isEnded()) return outcomes;
    const rows = await lookAtStatus(this.#parts);
    const changed: RefreshOutcome[] = [];
    const completed = outcomes.map((outcome) => {
      const { tableId } = outcome;
      const complete = completeOutcome(outcome, this.#tables.get(tableId), rows?.get(tableId));
      if (complete !== outcome && complete.status === 'ok' && complete.change !== undefined) {
        changed.push(complete);
      }
      return complete;
    });
    if (changed.length > 0) this.#parts.events.fire({ kind: 'tablesSettled', outcomes: changed });
    return completed;
  }

  #listen(): Disposable {
    return this.#parts.events.event((event) => {
      if (event.kind !== 'tableSettled' || !this.#waiting.has(event.outcome.tableId)) return;
      this.#told.set(event.outcome.tableId, event.outcome);
    });
  }

  async #refresh(tableId: string): Promise<RefreshOutcome> {
    this.#waiting.delete(tableId);
    const told = this.#told.get(tableId);
    if (told !== undefined) return told;
    if (this.#isEnded()) return this.#leftOut(tableId);
    const { clock, refreshes, serverNow } = this.#parts;
    const observedAt = serverNow();
    const startedMs = clock.monotonicMs();
    const startedTick = this.#tick();
    try {
      const outcome = await refreshes.refreshInRun(tableId, this.#ended.signal);
      this.#breaker.recordAnswer();
      return outcome;
    } catch (error) {
      const failure = asFailure(error);
      // Somebody cancelled the table, or the run was ended.
      if (this.#isEnded() || failure.reason === 'cancelled') return this.#leftOut(tableId);
      if (this.#endsRun(failure, startedTick)) {
        this.#fail(failure);
        return this.#leftOut(tableId);
      }
      const totalMs = Math.trunc(clock.monotonicMs() - startedMs);
      return this.#failed(tableId, failure, { observedAt, totalMs });
    }
  }

  /** What waiting does not mend is wrong with whoever asks, and so is what happens to one table after the other. */
  #endsRun(failure: AgnesFailure, startedTick: number): boolean {
    if (NOT_REACHED.includes(failure.reason)) return this.#breaker.recordFailure(startedTick, this.#tick());
    this.#breaker.recordAnswer();
    return !OF_THE_TABLE.includes(failure.reason) && !describeFailure(failure).mayPass;
  }

  #failed(
    tableId: string,
    failure: AgnesFailure,
    timing: { readonly observedAt: EpochMicros; readonly totalMs: number },
  ): RefreshOutcome {
    const { reason } = failure;
    const { message } = describeFailure(failure);
    const told = { reason, message, storedMessage: null, stored: 'notKept', fetchMs: null } as const;
    const outcome = { tableId, status: 'error', ...told, ...timing } as const;
    // So that the row says it, though nothing was stored.
    this.#parts.events.fire({ kind: 'tableSettled', outcome });
    return outcome;
  }

  #tick(): number {
    this.#ticks += 1;
    return this.#ticks;
  }

  #fail(failure: AgnesFailure): void {
    this.#failure ??= failure;
    this.#ended.abort();
  }

  /** A call, because the compiler takes a field's value for settled across an await. */
  #isEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  #leftOut(tableId: string): RefreshOutcome {
    if (this.#failure === undefined) return { tableId, status: 'cancelled' };
    return { tableId, status: 'not_attempted', reason: this.#failure.reason };
  }

  #summary(outcomes: readonly RefreshOutcome[]): RunSummary {
    const { runId, startedAt, trigger, coversAll } = this;
    const { clock, window } = this.#parts;
    const cancelled = this.#isEnded() ? 'cancelled' : null;
    return {
      ...{ runId, startedAt, trigger, coversAll, window },
      ...countOutcomes(outcomes.length, outcomes),
      durationMs: Math.trunc(clock.monotonicMs() - this.#startedMs),
      endedBy: this.#failure?.reason ?? cancelled,
    };
  }
}

import { Emitter } from '../../core/emitter.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { RunTrigger } from '../../core/runSummary.ts';
import type { EpochMicros } from '../../core/time.ts';
import { logOutcome } from '../../engine/runLog.ts';
import type { RunProgress, RunResult, WatchedRun } from '../../engine/watchedRun.ts';
import type { AgnesServer, ServerRunAnswer, ServerStatus } from '../../ports/agnesServer.ts';
import type { CancelTimer } from '../../ports/clock.ts';
import type { SourceTableEvent } from '../metadataSource.ts';
import type { ShownTables } from './joinAnswers.ts';
import { isOfWhoAsks } from './lastingFailures.ts';
import { endRun, type RunEndParts } from './runEnd.ts';
import { failureOf, isEndKnown, summarizeServerRun, type ServerRunEnding } from './serverRunSummary.ts';
import { Silence } from './silence.ts';
import { lookAtStatus } from './statusLook.ts';
import { pollStatus } from './statusPoll.ts';
import { TablePasses } from './tablePasses.ts';

/** How long any run is watched: Agnes's own scheduler waits no longer either (contract, 4.8). */
export const MAX_WATCH_MS = 1_800_000;

export interface ServerRunParts extends RunEndParts {
  readonly server: Pick<AgnesServer, 'status'>;
  readonly events: Emitter<SourceTableEvent>;
  /** Name of this window, for the history. */
  readonly window: string;
}

type AlreadyRunning = Extract<ServerRunAnswer, { kind: 'alreadyRunning' }>;

/** A run that the server has been asked for. */
export interface AskedRun {
  readonly trigger: RunTrigger;
  /** What this user sees; the run takes every table that there is. */
  readonly tables: ShownTables;
  /** From before it was asked for. */
  readonly baseline: ServerStatus;
  /** When it was asked for, monotonic. */
  readonly startedMs: number;
  /** Eight hexadecimal digits, for the history where the server's own id is never known. */
  readonly ownId: string;
  readonly answer: Promise<ServerRunAnswer>;
  /** Aborts the request for it, and then everything else that is under way for it. */
  readonly abort: AbortController;
  /** The server's answer, where it said at once that a run was on already. */
  readonly joined: AlreadyRunning | undefined;
}

/**
 * A run of every table on the server: asked for by one request, which is answered at its end, and watched through the
 * status, which tells of each table. Where that answer does not come, or the run is somebody else's, the status is all
 * that there is to go by.
 */
export class ServerRun implements WatchedRun {
  readonly trigger: RunTrigger;
  readonly coversAll = true;
  readonly place = { kind: 'server' } as const;
  readonly result: Promise<RunResult>;
  readonly #parts: ServerRunParts;
  readonly #asked: AskedRun;
  readonly #passes: TablePasses;
  readonly #progress = new Emitter<RunProgress>();
  readonly onProgress = this.#progress.event;
  readonly #ending = Promise.withResolvers<ServerRunEnding>();
  readonly #cancelLimit: CancelTimer;
  readonly #silence: Silence;
  #lastLook: Promise<void> | undefined;
  #runId: string | null = null;
  #startedAt: EpochMicros;
  #isJoined = false;
  /** Nothing but the status tells when it is over. */
  #isWatchedOnly = false;
  #isEnded = false;
  #endedBy: ServerRunEnding['kind'] | undefined;

  constructor(parts: ServerRunParts, asked: AskedRun) {
    const { baseline, joined } = asked;
    this.#parts = parts;
    this.#asked = asked;
    this.trigger = asked.trigger;
    this.#startedAt = baseline.serverTime;
    this.#passes = new TablePasses(asked.tables, this.#startedAt);
    if (joined === undefined) this.#passes.leaveOut(baseline.rows);
    else this.#join(joined);
    this.#silence = new Silence(parts.clock, (failure) => this.#end({ kind: 'unwatched', failure }));
    this.#cancelLimit = parts.clock.after(MAX_WATCH_MS, () => {
      this.#end({ kind: 'unwatched', failure: undefined });
    });
    this.result = this.#ending.promise.then((ending) => this.#finish(ending));
    // Not before whoever started it could tell of it.
    queueMicrotask(() => this.#watch());
  }

  get runId(): string | null {
    return this.#runId;
  }

  get startedAt(): EpochMicros {
    return this.#startedAt;
  }

  get progress(): RunProgress {
    return { done: this.#passes.count, total: this.#passes.total };
  }

  /** It is over here, was asked for from here, and the server took it, whatever came of it. */
  get wasTaken(): boolean {
    return !this.#isJoined && this.#endedBy !== undefined && this.#endedBy !== 'failed';
  }

  /** What became of a table in this run; `undefined` where that is not known. */
  outcomeOf(tableId: string): RefreshOutcome | undefined {
    return this.#passes.outcomeOf(tableId);
  }

  /**
   * As `outcomeOf`, when the run is over: a table that passed after the last poll of a run that the server ended is looked
   * for once more, for all who ask together. `undefined` also where that look fails; never rejects.
   */
  async finalOutcomeOf(tableId: string): Promise<RefreshOutcome | undefined> {
    const { kind } = await this.#ending.promise;
    if (kind === 'done' && this.outcomeOf(tableId) === undefined) await this.#lookOnce();
    return this.outcomeOf(tableId);
  }

  async #lookOnce(): Promise<void> {
    this.#lastLook ??= this.#look();
    await this.#lastLook;
  }

  /** Not one of the run's requests: those were aborted with its end. Never rejects. */
  async #look(): Promise<void> {
    const rows = await lookAtStatus(this.#parts);
    if (rows !== undefined) this.#take([...rows.values()]);
  }

  /** Looks no more; the server goes on. */
  cancel(): void {
    this.#end({ kind: 'cancelled' });
  }

  #watch(): void {
    if (this.#isEnded) return;
    const { answer, baseline, joined, abort } = this.#asked;
    const onStatus = ({ rows }: ServerStatus): void => {
      this.#silence.looked();
      this.#take(rows);
    };
    const onFailure = (failure: AgnesFailure): void => this.#onPollFailure(failure);
    void pollStatus({ ...this.#parts, onStatus, onFailure }, abort.signal);
    if (joined === undefined) void this.#await(answer);
    else {
      this.#take(baseline.rows);
      this.#watchOnly();
    }
  }

  async #await(answer: Promise<ServerRunAnswer>): Promise<void> {
    try {
      this.#onAnswer(await answer);
    } catch (error) {
      this.#end({ kind: 'failed', failure: asFailure(error) }); // does nothing where its end aborted the request
    }
  }

  #onAnswer(answer: ServerRunAnswer): void {
    if (this.#isEnded) return;
    switch (answer.kind) {
      case 'done':
        this.#runId = answer.summary.runId;
        this.#end(answer);
        return;
      case 'alreadyRunning':
        this.#join(answer);
        break;
      case 'cut':
        this.#parts.log.warn(`the answer to the run is lost, its tables tell: ${answer.failure.message}`);
    }
    this.#watchOnly();
  }

  #join({ runId, startedAt }: AlreadyRunning): void {
    this.#isJoined = true;
    this.#runId = runId;
    this.#startedAt = startedAt ?? this.#startedAt;
    this.#passes.restart(this.#startedAt);
  }

  #watchOnly(): void {
    this.#isWatchedOnly = true;
    this.#onMove();
  }

  #take(rows: ServerStatus['rows']): void {
    const passed = this.#passes.take(rows);
    if (passed.length === 0) return;
    for (const outcome of passed) logOutcome(this.#parts.log, this.#runId, outcome);
    // Together: between two polls thousands may pass.
    this.#parts.events.fire({ kind: 'tablesSettled', outcomes: passed });
    this.#progress.fire(this.progress);
    this.#onMove();
  }

  /** Something told that the run goes on; a table that passed may have been the last one. */
  #onMove(): void {
    if (this.#isEnded || !this.#isWatchedOnly) return;
    const { count, total } = this.#passes;
    this.#silence.moved();
    // Who sees no table can't tell by the tables.
    if (total > 0 && count === total) this.#end({ kind: 'allPassed' });
  }

  /** While the run's own answer may come, it alone tells of its end: the status is only to be looked at. */
  #onPollFailure(failure: AgnesFailure): void {
    this.#silence.couldNotLook(failure);
    if (this.#isWatchedOnly && isOfWhoAsks(failure.reason)) this.#end({ kind: 'unwatched', failure });
  }

  #end(ending: ServerRunEnding): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#endedBy = ending.kind;
    this.#cancelLimit();
    this.#silence.dispose();
    this.#asked.abort.abort(new AgnesFailure('cancelled'));
    this.#ending.resolve(ending);
  }

  async #finish(ending: ServerRunEnding): Promise<RunResult> {
    const { clock, window } = this.#parts;
    const { ownId, startedMs, trigger } = this.#asked;
    const { startedAt, runId } = this;
    const durationMs = Math.trunc(clock.monotonicMs() - startedMs);
    // What became of those that passed after the last poll, and what of them is different, belongs to the run.
    if (ending.kind === 'done' && this.#passes.count < this.#passes.total) await this.#lookOnce();
    const { total, outcomes } = this.#passes;
    const facts = { runId, ownId, startedAt, trigger, window, durationMs, total, outcomes };
    const summary = summarizeServerRun(ending, facts);
    this.#progress.dispose();
    // A run of others is history of this window only where it was seen to its end.
    const isRecorded = this.#isJoined ? ending.kind === 'allPassed' : isEndKnown(ending);
    const causes = await endRun(this.#parts, summary, outcomes, isRecorded);
    return { summary, outcomes: [], causes, failure: failureOf(ending) };
  }
}

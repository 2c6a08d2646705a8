import { Emitter } from '../../core/emitter.ts';
import { AgnesFailure, type FailureReason } from '../../core/failure.ts';
import { recordedCauses, type RunRecord, type RunSummary, type RunTrigger } from '../../core/runSummary.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { Announcement } from '../../ports/runBoard.ts';
import type { RunPlace, RunProgress, RunResult, WatchedRun } from '../watchedRun.ts';

/** A run that another window does, as far as that one tells. It asks BigQuery for nothing. */
export class JoinedRun implements WatchedRun {
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  readonly coversAll: boolean;
  readonly place: RunPlace;
  readonly result: Promise<RunResult>;
  readonly #progress = new Emitter<RunProgress>();
  readonly onProgress = this.#progress.event;
  readonly #ended = Promise.withResolvers<RunResult>();
  #last: Announcement;

  constructor(announcement: Announcement) {
    const { runId, startedAt, trigger, coversAll, window } = announcement;
    this.runId = runId;
    this.startedAt = startedAt;
    this.trigger = trigger;
    this.coversAll = coversAll;
    this.place = { kind: 'otherWindow', name: window };
    this.result = this.#ended.promise;
    this.#last = announcement;
  }

  get progress(): RunProgress {
    const { done, total } = this.#last;
    return total === null ? { done: 0, total: undefined } : { done: Math.min(done, total), total };
  }

  /** What the other window tells now. */
  update(announcement: Announcement): void {
    const { done, total } = this.#last;
    this.#last = announcement;
    if (done !== announcement.done || total !== announcement.total) this.#progress.fire(this.progress);
  }

  /**
   * It is over.
   *
   * @param record what the history says of it
   * @param otherwise the reason where the history says nothing: its window is gone, or this one looks no more
   */
  end(record: RunRecord | undefined, otherwise: FailureReason): void {
    const summary = record?.summary ?? this.#unfinished(otherwise);
    const { endedBy } = summary;
    const failure = endedBy === null || endedBy === 'cancelled' ? undefined : new AgnesFailure(endedBy);
    this.#progress.dispose();
    const causes = record === undefined ? [] : recordedCauses(record);
    this.#ended.resolve({ summary, outcomes: [], causes, failure });
  }

  cancel(): void {
    // It belongs to the other window.
  }

  #unfinished(endedBy: FailureReason): RunSummary {
    const { runId, startedAt, trigger, coversAll, window, total } = this.#last;
    return {
      ...{ runId, startedAt, trigger, coversAll, window, endedBy },
      ...{ total: total ?? 0, succeeded: 0, noData: 0, failed: 0, notStored: 0, unanswered: 0 },
      notAttempted: total ?? 0,
      cancelled: 0,
      durationMs: 0,
    };
  }
}

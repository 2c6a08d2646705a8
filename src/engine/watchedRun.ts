import type { Event } from '../core/emitter.ts';
import type { AgnesFailure } from '../core/failure.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { FailureCause, RunSummary, RunTrigger } from '../core/runSummary.ts';
import type { EpochMicros } from '../core/time.ts';

export interface RunResult {
  readonly summary: RunSummary;
  /** Empty for a run of another window. */
  readonly outcomes: readonly RefreshOutcome[];
  /** Why tables failed, the most frequent reason first. */
  readonly causes: readonly FailureCause[];
  /** What ended the run early, with what is known of it. */
  readonly failure: AgnesFailure | undefined;
}

export interface RunProgress {
  /** Tables that have an answer; never above the total. */
  readonly done: number;
  /** `undefined` until the catalog is read. */
  readonly total: number | undefined;
}

/** A run as whoever shows it sees it, wherever it is at work. */
export interface WatchedRun {
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  /** Takes every table, not a selection of them. */
  readonly coversAll: boolean;
  /** Name of the other window that is at it, untrusted text; `undefined` for a run of this window. */
  readonly elsewhere: string | undefined;
  readonly progress: RunProgress;
  readonly onProgress: Event<RunProgress>;
  /** Resolves when everything is stored or given up; never rejects. */
  readonly result: Promise<RunResult>;
  /** Ends the run: what is fetched is still stored. Another window's run goes on. */
  cancel(): void;
}

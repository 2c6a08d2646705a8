import type { Event } from '../core/emitter.ts';
import type { AgnesFailure } from '../core/failure.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { FailureCause, RunSummary, RunTrigger } from '../core/runSummary.ts';
import type { EpochMicros } from '../core/time.ts';

export interface RunResult {
  readonly summary: RunSummary;
  /** Empty for a run of another window, or of the server. */
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

/** Where a run is at work, and so who can end it. */
export type RunPlace =
  | { readonly kind: 'here' }
  /** `name` is for people: untrusted text. */
  | { readonly kind: 'otherWindow'; readonly name: string }
  /** On the Agnes server: nobody can end it, one can only look no more. */
  | { readonly kind: 'server' };

/** A run as whoever shows it sees it, wherever it is at work. */
export interface WatchedRun {
  /** `null` while it is not known: the server tells the id of a run that it was asked for at its end. */
  readonly runId: string | null;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  /** Takes every table, not a selection of them. */
  readonly coversAll: boolean;
  readonly place: RunPlace;
  readonly progress: RunProgress;
  readonly onProgress: Event<RunProgress>;
  /** Resolves when everything is stored or given up; never rejects. */
  readonly result: Promise<RunResult>;
  /** Ends the run: what is fetched is still stored. A run of another window or of the server goes on. */
  cancel(): void;
}

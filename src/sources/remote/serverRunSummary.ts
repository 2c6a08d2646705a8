import { AgnesFailure } from '../../core/failure.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import { countOutcomes, type RunSummary } from '../../core/runSummary.ts';
import type { ServerRunSummary } from '../../ports/agnesServer.ts';

/** How the watch over a run of the server came to its end. */
export type ServerRunEnding =
  /** The server said so. */
  | { readonly kind: 'done'; readonly summary: ServerRunSummary }
  /** Nothing but the status told. */
  | { readonly kind: 'allPassed' }
  /** It took too long, nothing moved any more, or the status could not be read; it may go on. */
  | { readonly kind: 'unwatched'; readonly failure: AgnesFailure | undefined }
  /** The server did not do it. */
  | { readonly kind: 'failed'; readonly failure: AgnesFailure }
  | { readonly kind: 'cancelled' };

/** What the history takes for the id of a run. */
const RUN_ID = /^[0-9a-f]{8}$/;

/** What this side knows of a run of the server. */
export interface WatchedFacts extends Pick<RunSummary, 'startedAt' | 'trigger' | 'window' | 'durationMs'> {
  /** The server's own, as far as it is known; untrusted text. */
  readonly runId: string | null;
  /** What stands in its place where it can't be used. */
  readonly ownId: string;
  /** Tables that this user sees. */
  readonly total: number;
  /** Of those that passed, at most one each. */
  readonly outcomes: readonly RefreshOutcome[];
}

/** What a run came to: by the server's own counts where it told them, else by what was seen of it. */
export function summarizeServerRun(
  ending: ServerRunEnding,
  { runId, ownId, startedAt, trigger, window, durationMs, total, outcomes }: WatchedFacts,
): RunSummary {
  const run = { runId: usableId(runId, ownId), startedAt, trigger, window, coversAll: true, durationMs };
  if (ending.kind === 'done') {
    const { succeeded, noData, failed, ...told } = ending.summary;
    return {
      ...run,
      startedAt: told.startedAt,
      durationMs: told.durationMs,
      ...{ total: told.total, succeeded, noData, failed },
      ...{ notAttempted: 0, cancelled: 0, notStored: 0, unanswered: 0 },
      endedBy: null,
    };
  }
  const counts = countOutcomes(total, outcomes);
  const rest = total - outcomes.length;
  const left = ending.kind === 'cancelled' ? { cancelled: rest } : { notAttempted: rest };
  const endedBy = ending.kind === 'cancelled' ? 'cancelled' : (failureOf(ending)?.reason ?? null);
  return { ...run, ...counts, ...left, endedBy };
}

/** What went wrong with the run, or with watching it. */
export function failureOf(ending: ServerRunEnding): AgnesFailure | undefined {
  if (ending.kind === 'failed') return ending.failure;
  return ending.kind === 'unwatched' ? (ending.failure ?? new AgnesFailure('runUnwatched')) : undefined;
}

/**
 * Whether it is known what came of the run, and it belongs into the history. Of a refusal there is nothing to remember: it
 * is no run.
 */
export function isEndKnown(ending: ServerRunEnding): boolean {
  switch (ending.kind) {
    case 'done':
    case 'allPassed':
      return true;
    case 'failed':
      return ending.failure.reason !== 'adminOnly';
    case 'unwatched':
    case 'cancelled':
      return false;
  }
}

function usableId(runId: string | null, ownId: string): string {
  return runId !== null && RUN_ID.test(runId) ? runId : ownId;
}

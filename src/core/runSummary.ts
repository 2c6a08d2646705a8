import type { FailureReason } from './failure.ts';
import type { RefreshOutcome } from './refreshOutcome.ts';
import type { TableChange } from './tableChange.ts';
import { formatTimestamp, type EpochMicros } from './time.ts';

export type RunTrigger = 'command' | 'timer';

/**
 * Counts of a run. `succeeded + noData + failed + notAttempted + cancelled = total`; `notStored` is how many of the
 * failed were fetched but could not be written, as Agnes counts a database failure as failed (contract, 5.5), and
 * `unanswered` how many of the failed got no answer that is the table's own (time-out, service not available).
 */
export interface RunCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly noData: number;
  readonly failed: number;
  readonly notAttempted: number;
  readonly cancelled: number;
  readonly notStored: number;
  readonly unanswered: number;
}

export interface RunSummary extends RunCounts {
  /** Eight hexadecimal digits. */
  readonly runId: string;
  readonly startedAt: EpochMicros;
  /** Monotonic. */
  readonly durationMs: number;
  readonly trigger: RunTrigger;
  /** Name of the window that ran it, for people; untrusted text. */
  readonly window: string;
  /** Took every table, not a selection of them. */
  readonly coversAll: boolean;
  /** What ended the run early, if anything did. */
  readonly endedBy: FailureReason | null;
}

/** A run as it is kept. */
export interface RunRecord {
  readonly summary: RunSummary;
  readonly endedAt: EpochMicros;
  /** Failed tables with reasons; bounded by `MAX_RECORDED_FAILURES`. */
  readonly failures: readonly { readonly tableId: string; readonly reason: FailureReason }[];
  /** Tables that the run found to be different; bounded by `MAX_RECORDED_CHANGES`. */
  readonly changes: readonly { readonly tableId: string; readonly change: TableChange }[];
  /** How many there were, where `changes` does not name them all; older records never have it. */
  readonly changedCount?: number | undefined;
}

export const MAX_RECORDED_CHANGES = 50;

export const MAX_RECORDED_FAILURES = 200;
/** A longer id is left out of a record: nothing of ours makes one, and a record is bounded. */
const MAX_RECORDED_ID_LENGTH = 300;

/** Counts outcomes. The total is given: a table without an outcome yet is counted nowhere else. */
export function countOutcomes(total: number, outcomes: Iterable<RefreshOutcome>): RunCounts {
  const counts = {
    total,
    succeeded: 0,
    noData: 0,
    failed: 0,
    notAttempted: 0,
    cancelled: 0,
    notStored: 0,
    unanswered: 0,
  };
  for (const outcome of outcomes) {
    switch (outcome.status) {
      case 'not_attempted':
        counts.notAttempted += 1;
        continue;
      case 'cancelled':
        counts.cancelled += 1;
        continue;
      default:
        if (outcome.stored === 'notStored') {
          counts.notStored += 1;
          counts.failed += 1;
        } else if (outcome.stored === 'registrationChanged') counts.failed += 1;
        else if (outcome.status === 'ok') counts.succeeded += 1;
        else if (outcome.status === 'no_data') counts.noData += 1;
        else counts.failed += 1;
        if (outcome.stored === 'notKept') counts.unanswered += 1;
    }
  }
  return counts;
}

/** The failed tables with their reasons. */
export function listFailures(outcomes: Iterable<RefreshOutcome>): RunRecord['failures'] {
  const failures: { tableId: string; reason: FailureReason }[] = [];
  for (const outcome of outcomes) {
    const reason = failureReason(outcome);
    if (reason !== undefined) failures.push({ tableId: outcome.tableId, reason });
  }
  return failures;
}

/** As many of them as a record keeps. */
export function boundedFailures(failures: RunRecord['failures']): RunRecord['failures'] {
  return failures
    .filter(({ tableId }) => tableId.length <= MAX_RECORDED_ID_LENGTH)
    .slice(0, MAX_RECORDED_FAILURES);
}

/** The tables that were found to be different, with what of them is. */
export function listChanges(outcomes: Iterable<RefreshOutcome>): RunRecord['changes'] {
  const changes: { tableId: string; change: TableChange }[] = [];
  for (const outcome of outcomes) {
    if (outcome.status !== 'ok' || outcome.change === undefined) continue;
    changes.push({ tableId: outcome.tableId, change: outcome.change });
  }
  return changes;
}

/**
 * As many of them as a record keeps, and how many there were.
 *
 * @param count of all of them, where more are known of than are given
 */
export function recordedChanges(
  all: RunRecord['changes'],
  count = all.length,
): Pick<RunRecord, 'changes' | 'changedCount'> {
  const changes = all
    .filter(({ tableId }) => tableId.length <= MAX_RECORDED_ID_LENGTH)
    .slice(0, MAX_RECORDED_CHANGES);
  return count > changes.length ? { changes, changedCount: count } : { changes };
}

/** How many tables a run found to be different. */
export function countChanged({ changes, changedCount = 0 }: RunRecord): number {
  return Math.max(changedCount, changes.length);
}

/** How many failed tables of a run its record does not name: it is bounded, and a server tells counts alone. */
export function unrecordedFailures({ summary, failures }: RunRecord): number {
  return Math.max(0, summary.noData + summary.failed - failures.length);
}

/** Why tables of a run failed; empty where its record does not name them all, as counts of some would be taken for those of all. */
export function recordedCauses(record: RunRecord): readonly FailureCause[] {
  return unrecordedFailures(record) > 0 ? [] : groupByCause(record.failures);
}

/** Tables that failed for one reason. */
export interface FailureCause {
  readonly reason: FailureReason;
  readonly tableIds: readonly string[];
}

/** Failed tables by reason, the most frequent reason first; what was only not stored is not among them. */
export function groupByCause(failures: RunRecord['failures']): readonly FailureCause[] {
  const byReason = Map.groupBy(
    failures.filter(({ reason }) => reason !== 'notStored'),
    ({ reason }) => reason,
  );
  return Array.from(byReason, ([reason, tables]) => ({
    reason,
    tableIds: tables.map(({ tableId }) => tableId),
  })).sort((a, b) => b.tableIds.length - a.tableIds.length);
}

/** Why a table is among the failed (or without data), or `undefined` when it is not. */
function failureReason(outcome: RefreshOutcome): FailureReason | undefined {
  if (outcome.status === 'not_attempted' || outcome.status === 'cancelled') return undefined;
  if (outcome.stored === 'notStored') return 'notStored';
  if (outcome.stored === 'registrationChanged') return 'registrationChanged';
  if (outcome.status === 'no_data') return outcome.reason ?? 'tableNotFound';
  return outcome.status === 'error' ? outcome.reason : undefined;
}

/**
 * Whether a run did what the timer is for: it took every table, came to its end, and BigQuery answered for most of them.
 * One table that never answers must not send all the others round again and again.
 */
export function isCompleted(summary: RunSummary): boolean {
  const { coversAll, endedBy, cancelled, notAttempted, unanswered, total } = summary;
  return coversAll && endedBy === null && cancelled === 0 && notAttempted === 0 && unanswered * 2 <= total;
}

/** The summary in Agnes's wire names (contract, 6.2) with the two further counts. */
export function toWire(summary: RunSummary): Record<string, string | number> {
  return {
    run_id: summary.runId,
    started_at: formatTimestamp(summary.startedAt),
    total: summary.total,
    succeeded: summary.succeeded,
    no_data: summary.noData,
    failed: summary.failed,
    not_attempted: summary.notAttempted,
    cancelled: summary.cancelled,
    duration_ms: summary.durationMs,
  };
}

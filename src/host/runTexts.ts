import { describeCause, describeReason } from '../core/failureTexts.ts';
import { formatCount } from '../core/humanize.ts';
import type { FailureCause, RunSummary } from '../core/runSummary.ts';
import type { WatchedRun } from '../engine/watchedRun.ts';
import type { TableModel } from '../sources/tableModel.ts';

/** Causes that are named; the rest is counted together. */
const MAX_CAUSES = 3;

/**
 * One sentence on what a run came to; a second one where it ended early.
 *
 * @param causes why tables failed, where that is known
 */
export function summaryText(summary: RunSummary, causes: readonly FailureCause[] = []): string {
  const { total, succeeded, endedBy } = summary;
  const done = `Refreshed ${formatCount(succeeded)} of ${countTables(total)}`;
  const rest = remainders(summary, causes);
  const sentence = `${[done, ...rest].join(', ')}.`;
  if (endedBy === null || endedBy === 'cancelled') return sentence;
  return total === 0 ? describeReason(endedBy).message : `${sentence} ${describeReason(endedBy).message}`;
}

function remainders(
  { noData, failed, notStored, notAttempted, cancelled }: RunSummary,
  causes: readonly FailureCause[],
): string[] {
  const counts: [number, string][] = [
    [noData + failed - notStored, failedWords(noData, causes)],
    [notStored, 'not saved'],
    [notAttempted, 'not attempted'],
    [cancelled, 'cancelled'],
  ];
  return counts.flatMap(([count, words]) => (count > 0 ? [`${formatCount(count)} ${words}`] : []));
}

/** A missing table has failed as well: its last attempt did, and its row says so. */
function failedWords(noData: number, causes: readonly FailureCause[]): string {
  const named = causes
    .slice(0, MAX_CAUSES)
    .map(({ reason, tableIds }) => `${formatCount(tableIds.length)} ${describeCause(reason)}`);
  const rest = causes.slice(MAX_CAUSES).reduce((sum, { tableIds }) => sum + tableIds.length, 0);
  if (rest > 0) named.push(`${formatCount(rest)} for other reasons`);
  if (named.length === 0 && noData > 0)
    named.push(`${formatCount(noData)} ${describeCause('noDataOnServer')}`);
  return named.length === 0 ? 'failed' : `failed (${named.join(', ')})`;
}

/** What stands behind the title of a run of the server that takes more tables than are shown: it counts those alone. */
export function scopeNote({ place }: Pick<WatchedRun, 'place'>, { source, counts }: TableModel): string {
  const all = source?.server?.tablesOfRun;
  if (place.kind !== 'server' || all === undefined) return '';
  return ` (${formatCount(counts.total)} of ${formatCount(all)} shown)`;
}

/** `1 table`, `12 tables`. */
export function countTables(count: number): string {
  return count === 1 ? '1 table' : `${formatCount(count)} tables`;
}

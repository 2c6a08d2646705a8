import { describeReason } from '../core/failureTexts.ts';
import { formatCount } from '../core/humanize.ts';
import type { RunSummary } from '../core/runSummary.ts';

/** One sentence on what a run came to; a second one where it ended early. */
export function summaryText(summary: RunSummary): string {
  const { total, succeeded, endedBy } = summary;
  const done = `Refreshed ${formatCount(succeeded)} of ${countTables(total)}`;
  const rest = remainders(summary);
  const sentence = `${[done, ...rest].join(', ')}.`;
  if (endedBy === null || endedBy === 'cancelled') return sentence;
  return total === 0 ? describeReason(endedBy).message : `${sentence} ${describeReason(endedBy).message}`;
}

function remainders({ noData, failed, notStored, notAttempted, cancelled }: RunSummary): string[] {
  const counts: [number, string][] = [
    [noData + failed - notStored, failedWords(noData)],
    [notStored, 'not saved'],
    [notAttempted, 'not attempted'],
    [cancelled, 'cancelled'],
  ];
  return counts.flatMap(([count, words]) => (count > 0 ? [`${formatCount(count)} ${words}`] : []));
}

/** A missing table has failed as well: its last attempt did, and its row says so. */
function failedWords(noData: number): string {
  return noData === 0 ? 'failed' : `failed (${formatCount(noData)} missing in BigQuery)`;
}

/** `1 table`, `12 tables`. */
export function countTables(count: number): string {
  return count === 1 ? '1 table' : `${formatCount(count)} tables`;
}

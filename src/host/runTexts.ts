import * as l10n from '@vscode/l10n';
import { singleLine } from '../core/displayText.ts';
import { describeCause, describeReason } from '../core/failureTexts.ts';
import { formatCount } from '../core/humanize.ts';
import type { FailureCause, RunSummary } from '../core/runSummary.ts';
import type { RunPlace, WatchedRun } from '../engine/watchedRun.ts';
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
  const refreshed = formatCount(succeeded);
  const done =
    total === 1
      ? l10n.t('Refreshed {0} of 1 table', refreshed)
      : l10n.t('Refreshed {0} of {1} tables', refreshed, formatCount(total));
  const sentence = l10n.t('{0}.', [done, ...remainders(summary, causes)].join(', '));
  if (endedBy === null || endedBy === 'cancelled') return sentence;
  return total === 0 ? describeReason(endedBy).message : `${sentence} ${describeReason(endedBy).message}`;
}

function remainders(
  { noData, failed, notStored, notAttempted, cancelled }: RunSummary,
  causes: readonly FailureCause[],
): string[] {
  const texts: string[] = [];
  const others = noData + failed - notStored;
  if (others > 0) texts.push(failedText(others, noData, causes));
  if (notStored > 0) texts.push(l10n.t('{0} not saved', formatCount(notStored)));
  if (notAttempted > 0) texts.push(l10n.t('{0} not attempted', formatCount(notAttempted)));
  if (cancelled > 0) texts.push(l10n.t('{0} cancelled', formatCount(cancelled)));
  return texts;
}

/** A missing table has failed as well: its last attempt did, and its row says so. */
function failedText(count: number, noData: number, causes: readonly FailureCause[]): string {
  const named = causes
    .slice(0, MAX_CAUSES)
    .map(({ reason, tableIds }) => describeCause(reason, tableIds.length));
  const rest = causes.slice(MAX_CAUSES).reduce((sum, { tableIds }) => sum + tableIds.length, 0);
  if (rest > 0) named.push(l10n.t('{0} for other reasons', formatCount(rest)));
  if (named.length === 0 && noData > 0) named.push(describeCause('noDataOnServer', noData));
  return named.length === 0
    ? l10n.t('{0} failed', formatCount(count))
    : l10n.t('{0} failed ({1})', formatCount(count), named.join(', '));
}

/** What stands behind the title of a run of the server that takes more tables than are shown: it counts those alone. */
export function scopeNote({ place }: Pick<WatchedRun, 'place'>, { source, counts }: TableModel): string {
  const all = source?.server?.tablesOfRun;
  if (place.kind !== 'server' || all === undefined) return '';
  return ` ${l10n.t('({0} of {1} shown)', formatCount(counts.total), formatCount(all))}`;
}

/** Where a run is at work, in few words. */
export function placeText(place: RunPlace): string {
  switch (place.kind) {
    case 'here':
      return l10n.t('in this window');
    case 'otherWindow':
      return l10n.t('in another window: {0}', singleLine(place.name, 80));
    case 'server':
      return l10n.t('on the Agnes server');
  }
}

/** `1 table`, `12 tables`. */
export function countTables(count: number): string {
  return count === 1 ? l10n.t('1 table') : l10n.t('{0} tables', formatCount(count));
}

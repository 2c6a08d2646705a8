import * as l10n from '@vscode/l10n';
import { MAX_ERROR_CODE_POINTS, singleLine } from '../../core/displayText.ts';
import { describeReason } from '../../core/failureTexts.ts';
import { formatBytes, formatRows } from '../../core/humanize.ts';
import type { TableView } from '../../sources/tableView.ts';

/**
 * What a screen reader says of a refresh that ended between two looks at a table, or of a state that it came to by itself;
 * `null` where there is nothing to say.
 */
export function announcementOf(before: TableView | undefined, after: TableView | undefined): string | null {
  if (before === undefined || after === undefined) return null;
  if (isLater(before.cached?.refreshedAt, after.cached?.refreshedAt)) return refreshedText(after);
  const failedNow =
    isLater(before.cached?.errorAt, after.cached?.errorAt) ||
    isLater(before.unstoredAttempt?.at, after.unstoredAttempt?.at);
  if (failedNow && after.lastAttemptFailed) return failedText(after);
  return before.freshness === after.freshness ? null : turnedText(after);
}

function isLater(before: bigint | null | undefined, after: bigint | null | undefined): boolean {
  if (after === null || after === undefined) return false;
  return before === null || before === undefined || after > before;
}

/** Time passed, or another limit was set. Of the other two states the attempt tells that led to them. */
function turnedText({ freshness }: TableView): string | null {
  switch (freshness) {
    case 'fresh':
      return l10n.t('The table is fresh again.');
    case 'stale':
      return l10n.t('The table has turned stale.');
    case 'error':
    case 'never_fetched':
      return null;
  }
}

function refreshedText({ cached }: TableView): string {
  const facts = [
    cached?.rows == null ? undefined : formatRows(cached.rows),
    cached?.sizeBytes == null ? undefined : formatBytes(cached.sizeBytes),
  ].filter((fact) => fact !== undefined);
  return facts.length === 0 ? l10n.t('Refreshed.') : l10n.t('Refreshed: {0}.', facts.join(', '));
}

function failedText({ lastErrorReason, unstoredAttempt, cached }: TableView): string {
  if (lastErrorReason !== undefined)
    return l10n.t('The refresh failed. {0}', describeReason(lastErrorReason).message);
  const words = singleLine(unstoredAttempt?.message ?? cached?.errorMessage ?? '', MAX_ERROR_CODE_POINTS);
  return words === '' ? l10n.t('The refresh failed.') : l10n.t('The refresh failed: {0}', words);
}

import * as l10n from '@vscode/l10n';
import { describeFailure } from '../core/failureTexts.ts';
import { formatCount, formatInstant } from '../core/humanize.ts';
import type { ServerInfo } from '../sources/metadataSource.ts';
import type { TableModel } from '../sources/tableModel.ts';

/**
 * The line over the tree: why what is shown may not be how things are, or `undefined` when it is. Without a snapshot
 * or without rows there is welcome content instead, which VS Code hides beside a message.
 *
 * @param shown how many tables have a row
 */
export function viewMessage(
  { failure, snapshot, source, counts }: TableModel,
  shown = counts.total,
): string | undefined {
  if (snapshot === undefined || shown === 0) return undefined;
  if (failure !== undefined) {
    const time = formatInstant(snapshot.readAt);
    const shown =
      snapshot.origin === 'serverSnapshot'
        ? l10n.t('Shown from the server’s snapshot of {0}.', time)
        : l10n.t('Shown as of {0}.', time);
    return `${describeFailure(failure).message} ${shown}`;
  }
  if (snapshot.refreshObstacle !== undefined) return describeFailure(snapshot.refreshObstacle).message;
  return source?.server && narrowedText(source.server, snapshot.rows.length);
}

/** A sign-in with the browser shows an administrator a part of what a run of all takes (contract, 6.1). */
export function narrowedText({ tablesOfRun }: ServerInfo, shown: number): string | undefined {
  if (tablesOfRun === undefined) return undefined;
  return l10n.t(
    'Your sign-in shows {0} of {1} tables. Refresh All refreshes all {1}.',
    formatCount(shown),
    formatCount(tablesOfRun),
  );
}

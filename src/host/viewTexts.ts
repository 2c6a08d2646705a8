import { describeFailure } from '../core/failureTexts.ts';
import { formatCount, formatInstant } from '../core/humanize.ts';
import type { ServerInfo } from '../sources/metadataSource.ts';
import type { TableModel } from '../sources/tableModel.ts';

/**
 * The line over the tree: why what is shown may not be how things are, or `undefined` when it is. Without a snapshot
 * there is welcome content instead, which VS Code hides beside a message.
 */
export function viewMessage({ failure, snapshot, source }: TableModel): string | undefined {
  if (snapshot === undefined) return undefined;
  if (failure !== undefined) {
    const from = snapshot.origin === 'serverSnapshot' ? 'from the server’s snapshot of' : 'as of';
    return `${describeFailure(failure).message} Shown ${from} ${formatInstant(snapshot.readAt)}.`;
  }
  if (snapshot.refreshObstacle !== undefined) return describeFailure(snapshot.refreshObstacle).message;
  return source?.server && narrowedText(source.server, snapshot.rows.length);
}

/** A sign-in with the browser shows an administrator a part of what a run of all takes (contract, 6.1). */
export function narrowedText({ tablesOfRun }: ServerInfo, shown: number): string | undefined {
  if (tablesOfRun === undefined) return undefined;
  const all = formatCount(tablesOfRun);
  return `Your sign-in shows ${formatCount(shown)} of ${all} tables. Refresh All refreshes all ${all}.`;
}

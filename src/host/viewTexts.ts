import { describeFailure } from '../core/failureTexts.ts';
import { formatInstant } from '../core/humanize.ts';
import type { TableModel } from '../sources/tableModel.ts';

/**
 * The line over the tree: why what is shown may not be how things are, or `undefined` when it is. Without a snapshot
 * there is welcome content instead, which VS Code hides beside a message.
 */
export function viewMessage({ failure, snapshot }: TableModel): string | undefined {
  if (snapshot === undefined) return undefined;
  if (failure !== undefined) {
    const from = snapshot.origin === 'serverSnapshot' ? 'from the server’s snapshot of' : 'as of';
    return `${describeFailure(failure).message} Shown ${from} ${formatInstant(snapshot.readAt)}.`;
  }
  return snapshot.refreshObstacle && describeFailure(snapshot.refreshObstacle).message;
}

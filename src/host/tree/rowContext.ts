import type { TableView } from '../../sources/tableView.ts';
import type { ArrangedGroup } from './arrangeTables.ts';

/** What package.json's menus know of a table's row, as `key=value` behind its kind. */
export function tableContext(
  { freshness, lastAttemptFailed }: TableView,
  { pinned, addressKnown }: { readonly pinned: boolean; readonly addressKnown: boolean },
): string {
  return [
    'table',
    `state=${freshness}`,
    `pinned=${yesNo(pinned)}`,
    `address=${yesNo(addressKnown)}`,
    `failed=${yesNo(lastAttemptFailed)}`,
  ].join(';');
}

/** What package.json's menus know of a group's row. */
export function groupContext({ kind }: ArrangedGroup): string {
  return `group;kind=${kind}`;
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

import { singleLine } from '../../core/displayText.ts';
import { formatAddress, type TableAddress } from '../../core/tableAddress.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { TableModel } from '../../sources/tableModel.ts';

/** Longer than any name of BigQuery: a name is put into a query whole or not at all. */
const MAX_NAME = 4_000;

/** A name as BigQuery's SQL takes it, between backticks, on one line. */
export function quoteIdentifier(name: string): string {
  return `\`${singleLine(name, MAX_NAME).replaceAll(/[\\`]/g, '\\$&')}\``;
}

/** How a query names a table: by its place in BigQuery, or by its registered name where that is not known. */
export function quotedTableName(
  { name, id }: Pick<TableRegistration, 'name' | 'id'>,
  address: TableAddress | undefined,
): string {
  return quoteIdentifier(address === undefined ? name || id : formatAddress(address));
}

/** Names of tables as a query takes them, with commas between; tables that are not there any more are left out. */
export function quotedNames(model: TableModel, ids: readonly string[]): string {
  return ids
    .flatMap((id) => model.table(id) ?? [])
    .map(({ registration }) => quotedTableName(registration, model.source?.addressOf(registration)))
    .join(', ');
}

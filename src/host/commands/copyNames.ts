import * as vscode from 'vscode';
import { formatAddress } from '../../core/tableAddress.ts';
import type { TableModel } from '../../sources/tableModel.ts';

/** Copies the ids of tables as they are registered, one a line. */
export async function copyIds(tableIds: readonly string[]): Promise<void> {
  if (tableIds.length > 0) await vscode.env.clipboard.writeText(tableIds.join('\n'));
}

/** Copies `project.dataset.table` of tables, one a line; those whose place is not known are left out. */
export async function copyFullNames(model: TableModel, tableIds: readonly string[]): Promise<void> {
  const names = tableIds.flatMap((id) => {
    const view = model.table(id);
    const address = view && model.source?.addressOf(view.registration);
    return address === undefined ? [] : [formatAddress(address)];
  });
  if (names.length > 0) await vscode.env.clipboard.writeText(names.join('\n'));
}

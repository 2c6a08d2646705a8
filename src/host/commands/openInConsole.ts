import * as vscode from 'vscode';
import type { TableModel } from '../../sources/tableModel.ts';
import { consoleUrl } from '../consoleUrl.ts';

/** Opens the page of a table in BigQuery's web console; does nothing where its place is not known. */
export async function openInConsole(model: TableModel, tableId: string | undefined): Promise<void> {
  const view = tableId === undefined ? undefined : model.table(tableId);
  const address = view && model.source?.addressOf(view.registration);
  if (address !== undefined) await vscode.env.openExternal(vscode.Uri.parse(consoleUrl(address), true));
}

import * as vscode from 'vscode';
import type { TableModel } from '../../sources/tableModel.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { pickText } from '../pickText.ts';
import { datasetOf, stateAndDescription, tableLabel } from '../tree/tableTexts.ts';

/** Lets the user pick one table by name. @returns its id */
export async function pickTable(
  model: TableModel,
  title: string,
  placeHolder: string,
): Promise<string | undefined> {
  const now = model.now();
  const items = [...model.tables].map((view) => ({
    label: pickText(tableLabel(view)),
    description: pickText(datasetOf(view.registration)),
    detail: pickText(stateAndDescription(view, now)),
    iconPath: new vscode.ThemeIcon(FRESHNESS_LOOKS[view.freshness].icon),
    tableId: view.registration.id,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  return picked?.tableId;
}

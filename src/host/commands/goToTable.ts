import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { asFailure } from '../../core/failure.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS } from '../commandIds.ts';
import { notificationText } from '../notificationText.ts';
import type { TablesView } from '../tablesView.ts';
import type { KeptArrangement } from '../tree/keptArrangement.ts';
import { tableLabel } from '../tree/tableTexts.ts';
import { goToItems } from './goToItems.ts';

export interface GoToTableParts {
  readonly model: TableModel;
  readonly view: TablesView;
  readonly arrangement: KeptArrangement;
}

/** Lets the user find a table by name, id or description, and selects its row. */
export async function goToTable(parts: GoToTableParts): Promise<void> {
  const { model } = parts;
  if (model.source === undefined) {
    await vscode.commands.executeCommand(COMMANDS.connect);
    return;
  }
  const tableId = await pick(model);
  if (tableId !== undefined) await reveal(parts, tableId);
}

/** The list can be used while the descriptions are still on their way. */
function pick(model: TableModel): Promise<string | undefined> {
  const picker = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly tableId: string }>();
  const abort = new AbortController();
  const show = (descriptions: ReadonlyMap<string, string>): void => {
    const active = new Set(picker.activeItems.map(({ tableId }) => tableId));
    picker.items = goToItems(model.tables, descriptions).map(({ icon, ...item }) => ({
      ...item,
      iconPath: new vscode.ThemeIcon(icon),
    }));
    // With none at all VS Code would take no entry as the active one, not even the first.
    const stillActive = picker.items.filter(({ tableId }) => active.has(tableId));
    if (stillActive.length > 0) picker.activeItems = stillActive;
  };
  picker.title = l10n.t('Go to Table');
  picker.placeholder = l10n.t('Name, id or words of the description');
  picker.matchOnDescription = true;
  picker.matchOnDetail = true;
  picker.keepScrollPosition = true;
  picker.busy = true;
  show(new Map());
  const descriptions = model.source?.descriptions(abort.signal) ?? Promise.resolve(new Map<string, string>());
  void descriptions
    .then((known) => {
      if (!abort.signal.aborted && known.size > 0) show(known);
    })
    // Names and ids are there without them.
    .catch((error: unknown) => {
      if (!abort.signal.aborted) picker.title = l10n.t('Go to Table (descriptions could not be read)');
      return asFailure(error);
    })
    .finally(() => {
      if (!abort.signal.aborted) picker.busy = false;
    });
  return new Promise((resolve) => {
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.tableId);
      picker.hide();
    });
    picker.onDidHide(() => {
      abort.abort();
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}

async function reveal({ model, view, arrangement }: GoToTableParts, tableId: string): Promise<void> {
  if (await view.reveal(tableId)) return;
  const table = model.table(tableId);
  if (table === undefined) return;
  const clear = l10n.t('Clear Filter');
  const text = l10n.t('{0} is hidden by the filter.', notificationText(tableLabel(table)));
  if ((await vscode.window.showInformationMessage(text, clear)) !== clear) return;
  await arrangement.clearFilter();
  await view.reveal(tableId);
}

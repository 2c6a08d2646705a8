import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { TableModel } from '../../sources/tableModel.ts';
import { NO_FILTER, type TableFilter } from '../tree/arrangement.ts';
import type { KeptArrangement } from '../tree/keptArrangement.ts';
import { filterItems, filterOf, type FilterItem } from './filterItems.ts';

/** Lets the user say which tables are shown: a text to type, states and types to tick, all in one list. */
export async function filterTables(model: TableModel, arrangement: KeptArrangement): Promise<void> {
  const filter = await ask(model, arrangement.current.filter);
  if (filter !== undefined) await arrangement.change({ filter });
}

type Item = vscode.QuickPickItem & { readonly choice?: FilterItem['choice'] };

/** @returns `undefined` when the user leaves it as it is */
function ask(model: TableModel, current: TableFilter): Promise<TableFilter | undefined> {
  const { states, types } = filterItems(model.tables, current);
  const picker = vscode.window.createQuickPick<Item>();
  const toItem = ({ label, description, choice }: FilterItem): Item => ({
    label,
    description,
    choice,
    // What is typed is the filter's own text: it takes no entry away.
    alwaysShow: true,
  });
  const heading = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const stateItems = states.map(toItem);
  const typeItems = types.map(toItem);
  const clear: vscode.QuickInputButton = {
    iconPath: new vscode.ThemeIcon('clear-all'),
    tooltip: l10n.t('Clear Filter'),
  };
  picker.title = l10n.t('Filter Tables');
  picker.placeholder = l10n.t('Words in name, id, dataset or folder; tick states and types below');
  picker.canSelectMany = true;
  picker.items = [heading(l10n.t('Freshness')), ...stateItems, heading(l10n.t('Type')), ...typeItems];
  picker.selectedItems = [
    ...stateItems.filter((_, index) => states[index]?.isOn),
    ...typeItems.filter((_, index) => types[index]?.isOn),
  ];
  picker.value = current.text;
  picker.buttons = [clear];
  return new Promise((resolve) => {
    picker.onDidTriggerButton(() => {
      resolve(NO_FILTER);
      picker.hide();
    });
    picker.onDidAccept(() => {
      const ticked = picker.selectedItems.flatMap(({ choice }) => (choice === undefined ? [] : [{ choice }]));
      resolve(filterOf(picker.value, ticked));
      picker.hide();
    });
    picker.onDidHide(() => {
      resolve(undefined);
      picker.dispose();
    });
    picker.show();
  });
}

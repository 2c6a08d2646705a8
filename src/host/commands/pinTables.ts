import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { formatCount } from '../../core/humanize.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { MAX_PINS, type Pins } from '../tree/pins.ts';

/** Pins tables: they stand on top of the view. */
export async function pinTables(model: TableModel, pins: Pins, tableIds: readonly string[]): Promise<void> {
  const { source } = model;
  if (source === undefined || tableIds.length === 0) return;
  if (await pins.pin(source.id, tableIds, (id) => model.table(id) !== undefined)) return;
  void vscode.window.showInformationMessage(
    l10n.t('At most {0} tables can be pinned. Unpin some first.', formatCount(MAX_PINS)),
  );
}

/** Lets tables stand where the others stand again. */
export async function unpinTables(
  { source }: TableModel,
  pins: Pins,
  tableIds: readonly string[],
): Promise<void> {
  if (source !== undefined && tableIds.length > 0) await pins.unpin(source.id, tableIds);
}

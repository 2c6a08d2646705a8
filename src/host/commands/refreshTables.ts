import type { TableSelection } from '../../engine/refreshRun.ts';
import { runAndShow, type RefreshCommandParts } from './refreshRunCommands.ts';
import { refreshTable } from './refreshTable.ts';

/** Refreshes tables: one by itself, several as one run with one notification, and none is picked from a list. */
export async function refreshTables(parts: RefreshCommandParts, tableIds: readonly string[]): Promise<void> {
  const { model } = parts;
  if (tableIds.length < 2) {
    await refreshTable(model, tableIds[0]);
    return;
  }
  const wanted = new Set(tableIds);
  const selection: TableSelection = ({ registration }) => wanted.has(registration.id);
  await runAndShow(parts, { trigger: 'command', selection }, () => refreshTables(parts, tableIds));
}

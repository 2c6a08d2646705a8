import * as vscode from 'vscode';
import { singleLine } from '../../core/displayText.ts';
import { asFailure } from '../../core/failure.ts';
import { formatBytes, formatRows } from '../../core/humanize.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { WaitingFor } from '../../engine/refreshOneTable.ts';
import type { MetadataSource } from '../../sources/metadataSource.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS } from '../commandIds.ts';
import { showFailure } from '../failureNotice.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { notificationText } from '../notificationText.ts';
import { outcomeMessage } from '../outcomeTexts.ts';
import { datasetOf, stateAndDescription, tableLabel } from '../tree/tableTexts.ts';
import type { TreeNode } from '../tree/tablesTree.ts';

/** Tables, by source, whose refresh has a notification: a second click on the same row gets none of its own. */
const watched = new Set<string>();

/** Refreshes one table: the row's, the one named by id, or one picked from a list. */
export async function refreshTable(model: TableModel, target: unknown): Promise<void> {
  const { source } = model;
  if (source === undefined) {
    await vscode.commands.executeCommand(COMMANDS.connect);
    return;
  }
  const tableId = tableIdOfTarget(target) ?? (await pickTable(model));
  const key = `${source.id}\n${tableId ?? ''}`;
  if (tableId === undefined || watched.has(key)) return;
  const view = model.table(tableId);
  const name = notificationText(view === undefined ? singleLine(tableId, 120) : tableLabel(view));
  watched.add(key);
  try {
    const outcome = await watchRefresh(source, tableId, name);
    if ('stored' in outcome && outcome.stored === 'superseded') await model.load();
    void showOutcome(name, outcome);
  } catch (error) {
    const failure = asFailure(error);
    const retry = (): Thenable<unknown> => vscode.commands.executeCommand(COMMANDS.refreshTable, tableId);
    if (failure.reason !== 'cancelled') void showFailure(failure, retry);
  } finally {
    watched.delete(key);
  }
}

const WAITING_WORDS: Readonly<Record<WaitingFor, string>> = {
  run: 'waiting for the refresh that is running',
  other: 'waiting for another table',
  nothing: '',
};

function watchRefresh(source: MetadataSource, tableId: string, name: string): Thenable<RefreshOutcome> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Refreshing ${name}`, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => abort.abort());
      try {
        return await source.refreshTable(tableId, abort.signal, (what) =>
          progress.report({ message: WAITING_WORDS[what] }),
        );
      } finally {
        subscription.dispose();
      }
    },
  );
}

function tableIdOfTarget(target: unknown): string | undefined {
  if (typeof target === 'string') return target;
  const node = target as Partial<TreeNode> | null | undefined;
  return node?.kind === 'table' ? node.tableId : undefined;
}

async function pickTable(model: TableModel): Promise<string | undefined> {
  const now = model.now();
  const items = [...model.tables].map((view) => ({
    label: tableLabel(view),
    description: datasetOf(view.registration),
    detail: stateAndDescription(view, now),
    iconPath: new vscode.ThemeIcon(FRESHNESS_LOOKS[view.freshness].icon),
    tableId: view.registration.id,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Refresh Table',
    placeHolder: 'Table to refresh',
    matchOnDescription: true,
  });
  return picked?.tableId;
}

async function showOutcome(name: string, outcome: RefreshOutcome): Promise<void> {
  if (outcome.status === 'cancelled') return;
  if (outcome.status === 'ok' && (outcome.stored === 'stored' || outcome.stored === 'superseded')) {
    const { rows, sizeBytes, entityType } = outcome.metadata;
    const facts = [
      rows === null ? undefined : formatRows(rows),
      sizeBytes === null ? undefined : formatBytes(sizeBytes),
    ];
    const known = facts.filter((fact) => fact !== undefined);
    const text =
      known.length > 0 ? known.join(', ') : notificationText(singleLine(entityType ?? 'no numbers', 80));
    void vscode.window.showInformationMessage(`${name} is fresh: ${text}.`);
    return;
  }
  const chosen = await vscode.window.showWarningMessage(`${name}: ${outcomeMessage(outcome)}`, 'Show Log');
  if (chosen !== undefined) await vscode.commands.executeCommand(COMMANDS.showLog);
}

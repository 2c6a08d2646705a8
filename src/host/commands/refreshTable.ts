import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { singleLine } from '../../core/displayText.ts';
import { asFailure } from '../../core/failure.ts';
import { describeReason } from '../../core/failureTexts.ts';
import { formatBytes, formatRows } from '../../core/humanize.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { WaitingFor } from '../../engine/refreshOneTable.ts';
import type { MetadataSource } from '../../sources/metadataSource.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS } from '../commandIds.ts';
import { actionTitle } from '../failureActionTexts.ts';
import { performAction, showFailure } from '../failureNotice.ts';
import { notificationText } from '../notificationText.ts';
import { outcomeReason } from '../outcomeTexts.ts';
import { tableLabel } from '../tree/tableTexts.ts';
import { pickTable } from './pickTable.ts';

/** Tables, by source, whose refresh has a notification: a second click on the same row gets none of its own. */
const watched = new Set<string>();

/**
 * Refreshes one table and says what came of it.
 *
 * @param named its id; without one it is picked from a list
 */
export async function refreshTable(model: TableModel, named: string | undefined): Promise<void> {
  const { source } = model;
  if (source === undefined) {
    await vscode.commands.executeCommand(COMMANDS.connect);
    return;
  }
  const tableId = named ?? (await pickTable(model, l10n.t('Refresh Table'), l10n.t('Table to refresh')));
  const key = `${source.id}\n${tableId ?? ''}`;
  if (tableId === undefined || watched.has(key)) return;
  const view = model.table(tableId);
  const name = notificationText(view === undefined ? singleLine(tableId, 120) : tableLabel(view));
  const retry = (): Thenable<unknown> => vscode.commands.executeCommand(COMMANDS.refreshTable, tableId);
  watched.add(key);
  try {
    const outcome = await watchRefresh(source, tableId, name);
    if ('stored' in outcome && outcome.stored === 'superseded') await model.load();
    void showOutcome(name, outcome, retry);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.reason !== 'cancelled') void showFailure(failure, retry);
  } finally {
    watched.delete(key);
  }
}

function waitingText(what: WaitingFor): string {
  switch (what) {
    case 'run':
      return l10n.t('waiting for the refresh that is running');
    case 'other':
      return l10n.t('waiting for another table');
    case 'nothing':
      return '';
  }
}

function watchRefresh(source: MetadataSource, tableId: string, name: string): Thenable<RefreshOutcome> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Refreshing {0}', name),
      cancellable: true,
    },
    async (progress, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => abort.abort());
      try {
        return await source.refreshTable(tableId, abort.signal, (what) =>
          progress.report({ message: waitingText(what) }),
        );
      } finally {
        subscription.dispose();
      }
    },
  );
}

async function showOutcome(name: string, outcome: RefreshOutcome, retry: () => unknown): Promise<void> {
  if (outcome.status === 'cancelled') return;
  if (outcome.status === 'ok' && (outcome.stored === 'stored' || outcome.stored === 'superseded')) {
    const { rows, sizeBytes, entityType } = outcome.metadata;
    const facts = [
      rows === null ? undefined : formatRows(rows),
      sizeBytes === null ? undefined : formatBytes(sizeBytes),
    ];
    const known = facts.filter((fact) => fact !== undefined);
    const text =
      known.length > 0
        ? known.join(', ')
        : notificationText(singleLine(entityType ?? l10n.t('no numbers'), 80));
    void vscode.window.showInformationMessage(l10n.t('{0} is fresh: {1}.', name, text));
    return;
  }
  const { message, action } = describeReason(outcomeReason(outcome));
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('{0}: {1}', name, message),
    actionTitle(action),
  );
  if (chosen !== undefined) await performAction(action, retry);
}

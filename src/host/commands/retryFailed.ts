import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { formatCount } from '../../core/humanize.ts';
import type { RunRecord } from '../../core/runSummary.ts';
import type { TableSelection } from '../../engine/refreshRun.ts';
import { COMMANDS } from '../commandIds.ts';
import { isBounded, retriableTables, type RunsRow } from '../runs/runsRows.ts';
import { runAndShow, type RefreshCommandParts } from './refreshRunCommands.ts';

/**
 * Refreshes the tables that failed in a run and are still registered, as one run.
 *
 * @param target row of the view "Runs", or id of a run; from the palette it is the latest run in which tables failed
 */
export async function retryFailed(parts: RefreshCommandParts, target: unknown): Promise<void> {
  const { model } = parts;
  if (model.source === undefined) {
    await vscode.commands.executeCommand(COMMANDS.connect);
    return;
  }
  const record =
    recordOfTarget(target, model.runs) ?? model.runs.findLast(({ failures }) => failures.length > 0);
  if (record === undefined) {
    void vscode.window.showInformationMessage(l10n.t('No table failed in the runs that are known.'));
    return;
  }
  const wanted = retriableTables(record, (id) => model.table(id) !== undefined);
  if (wanted.size === 0) {
    void vscode.window.showInformationMessage(
      l10n.t('No table that failed in this run is registered any more.'),
    );
    return;
  }
  if (isBounded(record)) void tellBound(record);
  const selection: TableSelection = ({ registration }) => wanted.has(registration.id);
  await runAndShow(parts, { trigger: 'command', selection }, () => retryFailed(parts, target));
}

/** What is more than a record names can't be found by it; the tables themselves tell that their last attempt failed. */
async function tellBound({ summary, failures }: RunRecord): Promise<void> {
  const refreshStale = l10n.t('Refresh Stale');
  const text = l10n.t(
    'A run remembers {0} of its failed tables; this one had {1}. Refresh Stale takes them all.',
    formatCount(failures.length),
    formatCount(summary.noData + summary.failed),
  );
  const chosen = await vscode.window.showInformationMessage(text, refreshStale);
  if (chosen === refreshStale) await vscode.commands.executeCommand(COMMANDS.refreshStale);
}

function recordOfTarget(target: unknown, runs: readonly RunRecord[]): RunRecord | undefined {
  if (typeof target === 'string') return runs.findLast(({ summary }) => summary.runId === target);
  const row = target as Partial<RunsRow> | null | undefined;
  return row?.kind === 'run' ? row.record : undefined;
}

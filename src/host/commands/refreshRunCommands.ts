import * as vscode from 'vscode';
import { asFailure } from '../../core/failure.ts';
import type { RunOptions, TableSelection } from '../../engine/refreshRun.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS } from '../commandIds.ts';
import { showFailure } from '../failureNotice.ts';
import { showSummary, watchRun } from '../runNotice.ts';

/** Refreshes every table. */
export async function refreshAll(model: TableModel): Promise<void> {
  await runAndShow(model, { trigger: 'command' }, COMMANDS.refreshAll);
}

/** Refreshes what is not fresh, or failed at the last attempt. */
export async function refreshStale(model: TableModel): Promise<void> {
  const wanted = new Set<string>();
  for (const view of model.tables) {
    if (view.freshness !== 'fresh' || view.lastAttemptFailed) wanted.add(view.registration.id);
  }
  if (wanted.size === 0 && model.counts.total > 0) {
    void vscode.window.showInformationMessage('Every table is fresh.');
    return;
  }
  const selection: TableSelection = ({ registration }) => wanted.has(registration.id);
  await runAndShow(model, { trigger: 'command', selection }, COMMANDS.refreshStale);
}

async function runAndShow(model: TableModel, options: RunOptions, again: string): Promise<void> {
  const retry = (): Thenable<unknown> => vscode.commands.executeCommand(again);
  const { source } = model;
  if (source === undefined) {
    await vscode.commands.executeCommand(COMMANDS.chooseDatabase);
    return;
  }
  try {
    const { run, joined } = await source.startRun(options);
    const title = joined ? `Refresh ${run.runId} is already running` : 'Refreshing tables';
    const result = await watchRun(run, title);
    // The command is done when the run is; whether somebody reads the message is another matter.
    void showSummary(result, retry);
  } catch (error) {
    void showFailure(asFailure(error), retry);
  }
}

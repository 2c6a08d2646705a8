import * as vscode from 'vscode';
import { asFailure } from '../../core/failure.ts';
import type { RunOptions, RunResult, TableSelection } from '../../engine/refreshRun.ts';
import { formatAge } from '../../core/humanize.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WatchedRun } from '../../sources/metadataSource.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS } from '../commandIds.ts';
import { showFailure } from '../failureNotice.ts';
import { isWatched, showSummary, watchRun } from '../runNotice.ts';

export interface RefreshCommandParts {
  readonly model: TableModel;
  readonly clock: Clock;
}

/** Refreshes every table. */
export async function refreshAll(parts: RefreshCommandParts): Promise<void> {
  await runAndShow(parts, { trigger: 'command' }, COMMANDS.refreshAll);
}

/** Refreshes what is not fresh, or failed at the last attempt. */
export async function refreshStale(parts: RefreshCommandParts): Promise<void> {
  const { model } = parts;
  const wanted = new Set<string>();
  for (const view of model.tables) {
    if (view.freshness !== 'fresh' || view.lastAttemptFailed) wanted.add(view.registration.id);
  }
  if (wanted.size === 0 && model.counts.total > 0) {
    void vscode.window.showInformationMessage('Every table is fresh.');
    return;
  }
  const selection: TableSelection = ({ registration }) => wanted.has(registration.id);
  await runAndShow(parts, { trigger: 'command', selection }, COMMANDS.refreshStale);
}

async function runAndShow(
  { model, clock }: RefreshCommandParts,
  options: RunOptions,
  again: string,
): Promise<void> {
  const retry = (): Thenable<unknown> => vscode.commands.executeCommand(again);
  const { source } = model;
  if (source === undefined) {
    await vscode.commands.executeCommand(COMMANDS.chooseDatabase);
    return;
  }
  try {
    const { run, joined } = await source.startRun(options);
    if (!joined) {
      // The command is done when the run is; whether somebody reads the message is another matter.
      void showSummary(await watchRun(run, 'Refreshing tables'), retry);
      return;
    }
    const { summary } = await joinAndShow(run, clock, retry);
    // Who wanted everything has not got it from a run of a few tables; one that was cancelled or failed is answer enough.
    const wantsMore = options.selection === undefined && !run.coversAll && summary.endedBy === null;
    if (wantsMore && model.source === source) await runAndShow({ model, clock }, options, again);
  } catch (error) {
    void showFailure(asFailure(error), retry);
  }
}

/** Takes part in a run that is on. One that has its notification already gets no second one. */
async function joinAndShow(run: WatchedRun, clock: Clock, retry: () => unknown): Promise<RunResult> {
  if (isWatched(run)) return run.result;
  const title = `A refresh is already running, started ${formatAge(run.startedAt, clock.now())}`;
  const result = await watchRun(run, title);
  void showSummary(result, retry);
  return result;
}

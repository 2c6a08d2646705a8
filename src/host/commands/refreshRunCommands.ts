import * as vscode from 'vscode';
import { asFailure } from '../../core/failure.ts';
import type { RunOptions, TableSelection } from '../../engine/refreshRun.ts';
import type { RunResult, WatchedRun } from '../../engine/watchedRun.ts';
import { formatAge } from '../../core/humanize.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import type { StartedRun } from '../../engine/refreshEngine.ts';
import type { MetadataSource } from '../../sources/metadataSource.ts';
import { COMMANDS } from '../commandIds.ts';
import { showFailure } from '../failureNotice.ts';
import { isWatched, showSummary, tellItGoesOn, watchRun } from '../runNotice.ts';

/** What is waited for usually ends sooner. */
const SHOW_WAIT_MS = 1_000;

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

/** Cancels what this window has under way; another window's run can be cancelled there alone. */
export function cancelRefresh({ source }: TableModel): void {
  source?.cancel();
  if (source?.currentRun?.elsewhere !== undefined) tellItGoesOn();
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
    const { run, joined } = await startShowingWait(source, options, clock);
    if (!joined) {
      // The command is done when the run is; whether somebody reads the message is another matter.
      const result = await watchRun(run, 'Refreshing tables');
      if (result !== undefined) void showSummary(result, retry);
      return;
    }
    const result = await joinAndShow(run, clock, retry);
    if (result !== undefined && isToRepeat(result, run, options) && model.source === source) {
      await runAndShow({ model, clock }, options, again);
    }
  } catch (error) {
    const failure = asFailure(error);
    if (failure.reason !== 'cancelled') void showFailure(failure, retry);
  }
}

/** Another window may be at work on a single table, and is waited for: after a moment a notification says so. */
async function startShowingWait(
  source: MetadataSource,
  options: RunOptions,
  clock: Clock,
): Promise<StartedRun> {
  const starting = source.startRun(options);
  const showWait = (): void =>
    void vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: 'Waiting for another refresh to end',
        cancellable: true,
      },
      async (_progress, token) => {
        const cancellation = token.onCancellationRequested(() => source.cancel());
        await Promise.allSettled([starting]);
        cancellation.dispose();
      },
    );
  const cancelTimer = clock.after(SHOW_WAIT_MS, showWait);
  try {
    return await starting;
  } finally {
    cancelTimer();
  }
}

/**
 * Who wanted everything has not got it from a run of a few tables; one that was cancelled or failed is answer enough. And
 * when the window that was at it is gone, this one goes on at once.
 */
function isToRepeat({ summary }: RunResult, run: WatchedRun, { selection }: RunOptions): boolean {
  if (summary.endedBy === 'flightVanished') return true;
  return selection === undefined && !run.coversAll && summary.endedBy === null;
}

/**
 * Takes part in a run that is on. One that has its notification already gets no second one.
 *
 * @returns `undefined` when the user looks no more
 */
async function joinAndShow(
  run: WatchedRun,
  clock: Clock,
  retry: () => unknown,
): Promise<RunResult | undefined> {
  if (isWatched(run)) return run.result;
  const where = run.elsewhere === undefined ? 'A refresh' : 'Another window’s refresh';
  const title = `${where} is already running, started ${formatAge(run.startedAt, clock.now())}`;
  const result = await watchRun(run, title);
  if (result?.failure?.reason !== 'flightVanished' && result !== undefined) void showSummary(result, retry);
  return result;
}

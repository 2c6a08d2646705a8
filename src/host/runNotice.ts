import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RunPlace, RunResult, WatchedRun } from '../engine/watchedRun.ts';
import { COMMANDS, RUNS_VIEW, TABLES_VIEW } from './commandIds.ts';
import { formatCount } from '../core/humanize.ts';
import { showFailure } from './failureNotice.ts';
import { summaryText } from './runTexts.ts';
import { summaryHelp, summaryHelpTitle } from './summaryHelp.ts';

/** Runs that have a notification already: a second caller gets none of its own, for the progress or for the summary. */
const watched = new WeakSet<WatchedRun>();

/** Whether a run has its notification. */
export function isWatched(run: WatchedRun): boolean {
  return watched.has(run);
}

/**
 * Shows a run that a person asked for: a notification "n of m" with Cancel. Another window's run goes on when it is
 * cancelled here.
 *
 * @returns what the run came to; `undefined` when the user looks no more at another window's run
 */
export function watchRun(run: WatchedRun, title: string): Thenable<RunResult | undefined> {
  watched.add(run);
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const left = Promise.withResolvers<undefined>();
      const cancellation = token.onCancellationRequested(() => {
        run.cancel();
        if (run.place.kind === 'here') return;
        watched.delete(run);
        tellItGoesOn(run.place.kind);
        left.resolve(undefined);
      });
      let shown = 0;
      const report = (): void => {
        const { done, total } = run.progress;
        if (total === undefined || total === 0) return;
        const percent = Math.min(100, (done / total) * 100);
        const message = l10n.t('{0} of {1}', formatCount(done), formatCount(total));
        progress.report({ message, increment: percent - shown });
        shown = percent;
      };
      report();
      const subscription = run.onProgress(report);
      try {
        return await Promise.race([run.result, left.promise]);
      } finally {
        subscription.dispose();
        cancellation.dispose();
      }
    },
  );
}

/** Nobody but the window that runs it can cancel a run, and nobody at all one of the server. */
export function tellItGoesOn(where: Exclude<RunPlace['kind'], 'here'>): void {
  void vscode.window.showInformationMessage(
    where === 'server'
      ? l10n.t('The Agnes server goes on with the refresh. It can’t be stopped from here.')
      : l10n.t('The refresh goes on in the other window. Cancel it there.'),
  );
}

/** Shows a run of the timer: a quiet bar over the view, no notification. */
export function watchRunQuietly(run: WatchedRun): Thenable<RunResult> {
  return vscode.window.withProgress({ location: { viewId: TABLES_VIEW } }, () => run.result);
}

/** Ends a run that a person asked for: what came of it, with the one thing to do where something failed. */
export async function showSummary(
  { summary, causes, failure }: RunResult,
  retry: () => unknown,
): Promise<void> {
  if (failure !== undefined) {
    const done = summary.total === 0 ? '' : summaryText({ ...summary, endedBy: null }, causes);
    // What met a held file waits for it (engine/storing/lateOutcomes.ts).
    const waits = failure.reason === 'fileBusy' && summary.notStored > 0;
    const saved = l10n.t('They are saved when it is free.');
    await showFailure(failure, retry, { before: waits ? `${done} ${saved}` : done });
    return;
  }
  const failed = summary.noData + summary.failed > 0;
  const text = summaryText(summary, causes);
  if (!failed) {
    // Not awaited to its end by anybody: a message without buttons stays until it is closed.
    void vscode.window.showInformationMessage(text);
    return;
  }
  const help = summaryHelp({ summary, causes });
  const chosen = await vscode.window.showWarningMessage(text, summaryHelpTitle(help));
  if (chosen === undefined) return;
  if (help === 'retryFailed') await vscode.commands.executeCommand(COMMANDS.retryFailed, summary.runId);
  else await vscode.commands.executeCommand(`${RUNS_VIEW}.focus`);
}

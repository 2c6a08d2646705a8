import * as l10n from '@vscode/l10n';
import { describeReason } from '../core/failureTexts.ts';
import type { RunResult } from '../engine/watchedRun.ts';

/** The one thing to do about a run in which tables failed. */
export type SummaryHelp = 'retryFailed' | 'showRuns';

/** To try again, where that can help a table by itself; else to see which tables failed, and why. */
export function summaryHelp({ summary, causes }: Pick<RunResult, 'summary' | 'causes'>): SummaryHelp {
  const mayPass = summary.notStored > 0 || causes.some(({ reason }) => describeReason(reason).mayPass);
  return mayPass ? 'retryFailed' : 'showRuns';
}

/** What its button says. */
export function summaryHelpTitle(help: SummaryHelp): string {
  return help === 'retryFailed' ? l10n.t('Retry Failed') : l10n.t('Show Runs');
}

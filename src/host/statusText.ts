import { singleLine } from '../core/displayText.ts';
import { describeFailure } from '../core/failureTexts.ts';
import { FRESHNESS_STATES, worstFreshness } from '../core/freshness.ts';
import { formatAge, formatCount, formatInstant, formatTimeOfDay } from '../core/humanize.ts';
import type { RunRecord } from '../core/runSummary.ts';
import type { EpochMicros } from '../core/time.ts';
import type { WatchedRun } from '../engine/watchedRun.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { FRESHNESS_LOOKS } from './freshnessWords.ts';
import { nextRunText, type NextRun } from './nextRun.ts';
import { countTables, summaryText } from './runTexts.ts';

/** What the status item says; `undefined` hides it. */
export interface StatusText {
  readonly text: string;
  /** Lines of plain text. */
  readonly tooltip: readonly string[];
  readonly spoken: string;
}

/** Words of the status item for the model as it stands. */
export function statusText(model: TableModel, now: EpochMicros, nextRun: NextRun): StatusText | undefined {
  const { failure, source, label } = model;
  if (source === undefined && failure === undefined) return undefined;
  const { icon, words } = headline(model);
  const tooltip = [
    label === undefined ? 'Agnes Freshness' : `Agnes Freshness: ${label}`,
    ...(failure === undefined ? [] : [describeFailure(failure).message]),
    ...runLines(model, now),
    ...countLines(model),
    lastRunLine(model.lastRun, now),
    capitalized(nextRunText(nextRun, now)),
  ];
  return { text: `$(${icon}) Agnes: ${words}`, tooltip, spoken: `Agnes Freshness: ${words}` };
}

function headline(model: TableModel): { readonly icon: string; readonly words: string } {
  const { counts, failure, currentRun, snapshot, isRefreshing, lastRun } = model;
  if (currentRun !== undefined) {
    const { done, total } = currentRun.progress;
    const progress = total === undefined ? 'refreshing' : `${done} of ${total}`;
    // A person did not start it here: the bar says which one it is.
    const which = currentRun.elsewhere === undefined ? '' : ` (${runName(currentRun)})`;
    return { icon: 'sync~spin', words: `${progress}${which}` };
  }
  if (isRefreshing) return { icon: 'sync~spin', words: 'refreshing' };
  if (failure !== undefined) return { icon: 'warning', words: 'can’t read the database' };
  if (snapshot === undefined) return { icon: 'sync~spin', words: 'reading' };
  const worst = worstFreshness(counts);
  if (worst === undefined) return { icon: 'database', words: 'no tables' };
  const { icon, word } = FRESHNESS_LOOKS[worst];
  // A run that could not do its work is worth a look, whatever the colours still say.
  const endedBy = lastRun?.summary.endedBy ?? null;
  const interrupted = endedBy !== null && endedBy !== 'cancelled';
  return { icon: interrupted ? 'warning' : icon, words: `${formatCount(counts[worst])} ${word}` };
}

function runName({ runId, startedAt }: WatchedRun): string {
  return `run ${runId}, ${formatTimeOfDay(startedAt)}`;
}

function runLines({ currentRun }: TableModel, now: EpochMicros): string[] {
  if (currentRun === undefined) return [];
  const { elsewhere, startedAt, runId } = currentRun;
  const where =
    elsewhere === undefined ? 'in this window' : `in another window: ${singleLine(elsewhere, 80)}`;
  return [`Run ${runId}, started ${formatAge(startedAt, now)}, ${where}`];
}

function countLines({ counts, failure, snapshot }: TableModel): string[] {
  if (snapshot === undefined) return [];
  const states = FRESHNESS_STATES.map(
    (state) => `${formatCount(counts[state])} ${FRESHNESS_LOOKS[state].word}`,
  );
  const lines = [`${states.join(', ')} of ${countTables(counts.total)}`];
  if (counts.lastAttemptFailed > 0) {
    lines.push(`Last attempt failed for ${countTables(counts.lastAttemptFailed)}`);
  }
  if (failure !== undefined) {
    const from = snapshot.origin === 'serverSnapshot' ? 'From the server’s snapshot of' : 'As of';
    lines.push(`${from} ${formatInstant(snapshot.readAt)}`);
  }
  return lines;
}

function lastRunLine(record: RunRecord | undefined, now: EpochMicros): string {
  if (record === undefined) return 'Last run: none known';
  return `Last run: ${formatAge(record.endedAt, now)}. ${summaryText(record.summary)}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

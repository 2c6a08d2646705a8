import { describeFailure } from '../core/failureTexts.ts';
import { FRESHNESS_STATES, worstFreshness } from '../core/freshness.ts';
import { formatAge, formatCount, formatInstant } from '../core/humanize.ts';
import type { RunRecord } from '../core/runSummary.ts';
import type { EpochMicros } from '../core/time.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { FRESHNESS_LOOKS } from './freshnessWords.ts';
import { countTables, summaryText } from './runTexts.ts';

/** What the status item says; `undefined` hides it. */
export interface StatusText {
  readonly text: string;
  /** Lines of plain text. */
  readonly tooltip: readonly string[];
  readonly spoken: string;
}

/** Words of the status item for the model as it stands. */
export function statusText(
  model: TableModel,
  now: EpochMicros,
  nextRunAt: EpochMicros | undefined,
): StatusText | undefined {
  const { counts, failure, snapshot, source } = model;
  if (source === undefined && failure === undefined) return undefined;
  const head = headline(model);
  const tooltip = [source === undefined ? 'Agnes Freshness' : `Agnes Freshness: ${source.label}`];
  if (failure !== undefined) tooltip.push(describeFailure(failure).message);
  if (snapshot !== undefined) {
    const states = FRESHNESS_STATES.map(
      (state) => `${formatCount(counts[state])} ${FRESHNESS_LOOKS[state].word}`,
    );
    tooltip.push(`${states.join(', ')} of ${countTables(counts.total)}`);
    if (counts.lastAttemptFailed > 0)
      tooltip.push(`Last attempt failed for ${countTables(counts.lastAttemptFailed)}`);
    if (failure !== undefined) tooltip.push(`As of ${formatInstant(snapshot.readAt)}`);
  }
  tooltip.push(lastRunLine(model.lastRun, now), nextRunLine(nextRunAt));
  return { ...head, tooltip, spoken: `Agnes Freshness, ${head.spoken}` };
}

function headline({
  counts,
  failure,
  currentRun,
  snapshot,
  isRefreshing,
}: TableModel): Omit<StatusText, 'tooltip'> {
  if (currentRun !== undefined) {
    const { done, total } = currentRun.progress;
    const progress = total === undefined ? 'Refreshing' : `${done}/${total}`;
    const spoken = total === undefined ? 'refreshing' : `refreshing, ${done} of ${total}`;
    return { text: `$(sync~spin) ${progress}`, spoken };
  }
  if (isRefreshing) return { text: '$(sync~spin) Refreshing', spoken: 'refreshing' };
  if (failure !== undefined) return { text: '$(warning) Agnes', spoken: describeFailure(failure).message };
  if (snapshot === undefined) return { text: '$(sync~spin) Agnes', spoken: 'reading' };
  const worst = worstFreshness(counts);
  if (worst === undefined) return { text: '$(database) No tables', spoken: 'no tables' };
  const { icon, word } = FRESHNESS_LOOKS[worst];
  return {
    text: `$(${icon}) ${formatCount(counts[worst])} ${word}`,
    spoken: `${counts[worst]} of ${counts.total} ${word}`,
  };
}

function lastRunLine(record: RunRecord | undefined, now: EpochMicros): string {
  if (record === undefined) return 'Last run: none yet';
  return `Last run: ${formatAge(record.endedAt, now)}. ${summaryText(record.summary)}`;
}

function nextRunLine(at: EpochMicros | undefined): string {
  return at === undefined ? 'Background refresh is off' : `Next run: ${formatInstant(at)}`;
}

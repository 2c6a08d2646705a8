import * as l10n from '@vscode/l10n';
import { singleLine } from '../../core/displayText.ts';
import type { FailureReason } from '../../core/failure.ts';
import { describeReason } from '../../core/failureTexts.ts';
import { formatAge, formatCount, formatSpan } from '../../core/humanize.ts';
import {
  countChanged,
  recordedCauses,
  unrecordedFailures,
  type RunRecord,
  type RunSummary,
  type RunTrigger,
} from '../../core/runSummary.ts';
import type { TableChange } from '../../core/tableChange.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { WatchedRun } from '../../engine/watchedRun.ts';
import type { TableView } from '../../sources/tableView.ts';
import { changeSentences } from '../changeTexts.ts';
import { ageAndTime } from '../details/timeTexts.ts';
import { adviceText } from '../failureActionTexts.ts';
import { REFRESHING_ICON } from '../freshnessWords.ts';
import { countTables, placeText, summaryText } from '../runTexts.ts';
import { tableLabel } from '../tree/tableTexts.ts';
import type { UnrecordedRow } from './runsRows.ts';

const SEPARATOR = ' · ';
const SPOKEN_SEPARATOR = ', ';

/** How a row looks and reads, in plain text. */
export interface RowTexts {
  readonly label: string;
  readonly description: string;
  /** One line each. */
  readonly tooltip: readonly string[];
  readonly spoken: string;
  /** Id of a product icon. */
  readonly icon: string;
  /** Id of a theme colour; `undefined` for that of the text. */
  readonly color: string | undefined;
}

interface Look {
  readonly icon: string;
  readonly color: string;
}

const FRESH = 'agnesFreshness.freshForeground';
const STALE = 'agnesFreshness.staleForeground';
const ERROR = 'agnesFreshness.errorForeground';
const QUIET = 'agnesFreshness.neverFetchedForeground';

/** What a run came to: a shape and a colour, so that colour is never the only sign. */
export function runLook(summary: RunSummary): Look {
  const { succeeded, noData, failed, notAttempted, endedBy } = summary;
  if (endedBy === 'cancelled') return { icon: 'circle-slash', color: QUIET };
  const isWhole = endedBy === null && noData + failed + notAttempted === 0;
  if (isWhole) return { icon: 'pass', color: FRESH };
  return succeeded > 0 ? { icon: 'warning', color: STALE } : { icon: 'error', color: ERROR };
}

/** The run that is on. */
export function currentRunTexts(run: WatchedRun, now: EpochMicros): RowTexts {
  const { progress, place, trigger, startedAt, runId } = run;
  const { done, total } = progress;
  const label =
    total === undefined ? l10n.t('Refreshing') : l10n.t('{0} of {1}', formatCount(done), formatCount(total));
  const where = placeText(place);
  const tooltip = [
    runId === null ? l10n.t('A run is on.') : l10n.t('Run {0} is on.', runId),
    l10n.t('Started {0}', timeText(startedAt, now)),
    l10n.t('Started by: {0}', triggerText(trigger)),
    l10n.t('Where: {0}', where),
  ];
  return {
    label,
    description: [triggerText(trigger), where].join(SEPARATOR),
    tooltip,
    spoken:
      total === undefined
        ? l10n.t('Refreshing, {0}', where)
        : l10n.t('Refreshing, {0} of {1}, {2}', formatCount(done), formatCount(total), where),
    icon: REFRESHING_ICON,
    color: undefined,
  };
}

function timeText(at: EpochMicros, now: EpochMicros): string {
  return ageAndTime(at, { now, timeZone: undefined });
}

/** Where and when texts of an ended run are read. */
export interface RunTextsContext {
  readonly now: EpochMicros;
  /** Name of this window: only another one's is told. */
  readonly window: string;
}

/** An ended run. */
export function endedRunTexts(record: RunRecord, { now, window }: RunTextsContext): RowTexts {
  const { summary, endedAt } = record;
  const { icon, color } = runLook(summary);
  const label = runLabel(summary);
  const facts = [
    triggerText(summary.trigger),
    elapsedText(summary.durationMs),
    formatAge(endedAt, now),
    ...(isElsewhere(summary, window) ? [singleLine(summary.window, 80)] : []),
  ];
  return {
    label,
    description: facts.join(SEPARATOR),
    tooltip: runTooltip(record, now),
    spoken: [label, ...remaindersSpoken(record), ...facts].join(SPOKEN_SEPARATOR),
    icon,
    color,
  };
}

function runLabel({ total, succeeded, endedBy }: RunSummary): string {
  if (total === 0) return endedBy === null ? l10n.t('No table to refresh') : l10n.t('Nothing refreshed');
  const counts = [formatCount(succeeded), formatCount(total)] as const;
  return endedBy === 'cancelled'
    ? l10n.t('{0} of {1} refreshed, cancelled', ...counts)
    : l10n.t('{0} of {1} refreshed', ...counts);
}

function isElsewhere(summary: RunSummary, window: string): boolean {
  return summary.window !== '' && summary.window !== window;
}

/** What the icon tells those who see it. */
function remaindersSpoken(record: RunRecord): string[] {
  const { noData, failed, endedBy } = record.summary;
  const changed = countChanged(record);
  const spoken: string[] = [];
  if (noData + failed > 0) spoken.push(l10n.t('{0} failed', formatCount(noData + failed)));
  if (endedBy !== null && endedBy !== 'cancelled') spoken.push(describeReason(endedBy).message);
  if (changed > 0) spoken.push(l10n.t('{0} changed', formatCount(changed)));
  return spoken;
}

function runTooltip(record: RunRecord, now: EpochMicros): string[] {
  const { summary, endedAt, failures } = record;
  const [unrecorded, changed] = [unrecordedFailures(record), countChanged(record)];
  const lines = [
    summaryText(summary, recordedCauses(record)),
    // A server that tells counts alone has nothing that could be more.
    ...(unrecorded > 0 && failures.length > 0 ? [unrecordedFailedText(unrecorded)] : []),
    l10n.t('Run {0}, started by: {1}', summary.runId, triggerText(summary.trigger)),
    l10n.t('Started {0}', timeText(summary.startedAt, now)),
    l10n.t('Ended {0}, after {1}', timeText(endedAt, now), elapsedText(summary.durationMs)),
  ];
  if (summary.window !== '') lines.push(l10n.t('Window: {0}', singleLine(summary.window, 80)));
  if (!summary.coversAll) lines.push(l10n.t('It took a selection of the tables.'));
  if (changed > 0) lines.push(l10n.t('Found to be different: {0}', countTables(changed)));
  return lines;
}

function triggerText(trigger: RunTrigger): string {
  return trigger === 'timer' ? l10n.t('timer') : l10n.t('command');
}

/** `840 ms`, `3.2 s`, `12 min 3 s`. */
export function elapsedText(durationMs: number): string {
  if (durationMs < 1_000) return l10n.t('{0} ms', formatCount(Math.round(durationMs)));
  // 59,950 ms would be "60.0 s".
  if (durationMs < 59_950) return l10n.t('{0} s', (durationMs / 1_000).toFixed(1));
  return formatSpan(BigInt(Math.round(durationMs / 1_000)));
}

/** Why a run ended before it was done, and what to do about it. */
export function endReasonTexts(reason: FailureReason): RowTexts {
  const { message, action } = describeReason(reason);
  const advice = adviceText(action);
  return {
    ...{ label: message, description: '', tooltip: [message, advice] },
    spoken: [message, advice].join(' '),
    ...{ icon: 'warning', color: STALE },
  };
}

/** Tables that failed for one reason. */
export function causeTexts(reason: FailureReason, count: number): RowTexts {
  const { message, action } = describeReason(reason);
  const tables = countTables(count);
  return {
    ...{ label: message, description: tables, tooltip: [message, tables, adviceText(action)] },
    ...{ spoken: [message, tables].join(SPOKEN_SEPARATOR), icon: 'error', color: ERROR },
  };
}

/**
 * A table that failed.
 *
 * @param view the table as it is now; `undefined` when it is not registered any more
 * @param isGrouped its reason stands above it
 */
export function failedTableTexts(
  tableId: string,
  view: TableView | undefined,
  reason: FailureReason,
  isGrouped: boolean,
): RowTexts {
  const { message, action } = describeReason(reason);
  const label = nameOf(tableId, view);
  const gone = view === undefined ? [l10n.t('not registered any more')] : [];
  return {
    label,
    description: [...(isGrouped ? [] : [message]), ...gone].join(SEPARATOR),
    tooltip: [
      message,
      ...(view === undefined ? [] : [adviceText(action)]),
      l10n.t('Table {0}', singleLine(tableId)),
      ...goneSentence(view),
    ],
    spoken: [label, message, ...gone].join(SPOKEN_SEPARATOR),
    icon: 'error',
    color: ERROR,
  };
}

/** Failed or changed tables that are not named. */
export function unrecordedTexts({ what, count }: Pick<UnrecordedRow, 'what' | 'count'>): RowTexts {
  const text = what === 'failed' ? unrecordedFailedText(count) : unrecordedChangedText(count);
  return {
    ...{ label: text, description: '', tooltip: [text], spoken: text },
    ...{ icon: 'info', color: undefined },
  };
}

function unrecordedFailedText(count: number): string {
  return count === 1
    ? l10n.t('1 more failed table was not recorded.')
    : l10n.t('{0} more failed tables were not recorded.', formatCount(count));
}

function unrecordedChangedText(count: number): string {
  return count === 1
    ? l10n.t('1 more changed table was not recorded.')
    : l10n.t('{0} more changed tables were not recorded.', formatCount(count));
}

/**
 * A table that a run found to be different.
 *
 * @param columnsHidden column-level facts are not for this user (decisions, "Policied rows")
 */
export function changedTableTexts(
  tableId: string,
  view: TableView | undefined,
  change: TableChange,
  columnsHidden: boolean,
): RowTexts {
  const label = nameOf(tableId, view);
  const sentences = changeSentences(change, columnsHidden);
  return {
    label,
    description: sentences.join(' '),
    tooltip: [...sentences, l10n.t('Table {0}', singleLine(tableId)), ...goneSentence(view)],
    spoken: [label, l10n.t('changed'), ...sentences].join(SPOKEN_SEPARATOR),
    icon: 'diff-modified',
    color: STALE,
  };
}

function nameOf(tableId: string, view: TableView | undefined): string {
  return view === undefined ? singleLine(tableId, 120) || l10n.t('(no name)') : tableLabel(view);
}

function goneSentence(view: TableView | undefined): string[] {
  return view === undefined ? [l10n.t('This table is not registered any more.')] : [];
}

import * as l10n from '@vscode/l10n';
import { singleLine } from '../core/displayText.ts';
import type { AgnesFailure } from '../core/failure.ts';
import { describeFailure } from '../core/failureTexts.ts';
import { FRESHNESS_STATES, worstFreshness } from '../core/freshness.ts';
import {
  formatAge,
  formatCount,
  formatDuration,
  formatInstant,
  formatSpan,
  formatTimeOfDay,
} from '../core/humanize.ts';
import type { RunRecord } from '../core/runSummary.ts';
import { MICROS_PER_SECOND, type EpochMicros } from '../core/time.ts';
import type { WatchedRun } from '../engine/watchedRun.ts';
import type { TableModel } from '../sources/tableModel.ts';
import type { CountedTables } from './attention.ts';
import { countInState, FRESHNESS_LOOKS } from './freshnessWords.ts';
import { expiryText } from './server/expiryTexts.ts';
import { nextRunText, type NextRun } from './nextRun.ts';
import { placeText, summaryText } from './runTexts.ts';
import { narrowedText } from './viewTexts.ts';

/** A difference of clocks below this is that of any two machines. */
const CLOCK_SECONDS_SAID = 60n;

/** What the status item says; `undefined` hides it. */
export interface StatusText {
  readonly text: string;
  /** Lines of plain text. */
  readonly tooltip: readonly string[];
  readonly spoken: string;
}

/**
 * Words of the status item for the model as it stands.
 *
 * @param counted the tables that its number is of
 */
export function statusText(
  model: TableModel,
  now: EpochMicros,
  nextRun: NextRun,
  counted: Pick<CountedTables, 'counts' | 'pinnedOnly'> = { counts: model.counts, pinnedOnly: false },
): StatusText | undefined {
  const { failure, source, label } = model;
  if (source === undefined && failure === undefined) return undefined;
  const { icon, words } = headline(model, counted);
  const tooltip = [
    label === undefined ? l10n.t('Agnes Freshness') : l10n.t('Agnes Freshness: {0}', label),
    ...(failure === undefined ? [] : [describeFailure(failure).message]),
    ...runLines(model, now),
    ...countLines(model),
    ...(counted.pinnedOnly ? [l10n.t('The number is of the pinned tables alone')] : []),
    ...serverLines(model, now),
    lastRunLine(model.lastRun, now),
    capitalized(nextRunText(nextRun, now)),
  ];
  const text = `$(${icon}) ${l10n.t('Agnes: {0}', words)}`;
  return { text, tooltip, spoken: l10n.t('Agnes Freshness: {0}', words) };
}

function headline(
  model: TableModel,
  { counts, pinnedOnly }: Pick<CountedTables, 'counts' | 'pinnedOnly'>,
): { readonly icon: string; readonly words: string } {
  const { failure, currentRun, snapshot, isRefreshing, lastRun } = model;
  if (currentRun !== undefined) {
    const { done, total } = currentRun.progress;
    const progress =
      total === undefined
        ? l10n.t('refreshing')
        : l10n.t('{0} of {1}', formatCount(done), formatCount(total));
    // A person did not start it here: the bar says which one it is.
    const which = currentRun.place.kind === 'here' ? '' : ` (${runName(currentRun)})`;
    return { icon: 'sync~spin', words: `${progress}${which}` };
  }
  if (isRefreshing) return { icon: 'sync~spin', words: l10n.t('refreshing') };
  if (failure !== undefined) return { icon: 'warning', words: failedWords(failure) };
  if (snapshot === undefined) return { icon: 'sync~spin', words: l10n.t('reading') };
  const worst = worstFreshness(counts);
  if (worst === undefined) return { icon: 'database', words: l10n.t('no tables') };
  const { icon } = FRESHNESS_LOOKS[worst];
  // A run that could not do its work is worth a look, whatever the colours still say.
  const endedBy = lastRun?.summary.endedBy ?? null;
  const interrupted = endedBy !== null && endedBy !== 'cancelled';
  const words = countInState(worst, counts[worst]);
  return {
    icon: interrupted ? 'warning' : icon,
    words: pinnedOnly ? l10n.t('{0} pinned', words) : words,
  };
}

function runName({ runId, startedAt }: WatchedRun): string {
  const time = formatTimeOfDay(startedAt);
  return runId === null ? l10n.t('since {0}', time) : l10n.t('run {0}, {1}', runId, time);
}

function runLines({ currentRun }: TableModel, now: EpochMicros): string[] {
  if (currentRun === undefined) return [];
  const { place, startedAt, runId } = currentRun;
  const age = formatAge(startedAt, now);
  return [
    runId === null
      ? l10n.t('Run, started {0}, {1}', age, placeText(place))
      : l10n.t('Run {0}, started {1}, {2}', runId, age, placeText(place)),
  ];
}

function countLines({ counts, failure, snapshot }: TableModel): string[] {
  if (snapshot === undefined) return [];
  const { total, lastAttemptFailed } = counts;
  const states = FRESHNESS_STATES.map((state) => countInState(state, counts[state])).join(', ');
  const lines = [
    total === 1 ? l10n.t('{0} of 1 table', states) : l10n.t('{0} of {1} tables', states, formatCount(total)),
  ];
  if (lastAttemptFailed > 0) {
    lines.push(
      lastAttemptFailed === 1
        ? l10n.t('Last attempt failed for 1 table')
        : l10n.t('Last attempt failed for {0} tables', formatCount(lastAttemptFailed)),
    );
  }
  if (failure !== undefined) {
    const time = formatInstant(snapshot.readAt);
    lines.push(
      snapshot.origin === 'serverSnapshot'
        ? l10n.t('From the server’s snapshot of {0}', time)
        : l10n.t('As of {0}', time),
    );
  }
  return lines;
}

/** Few words for the bar; its tooltip has the sentence. */
function failedWords(failure: AgnesFailure): string {
  const { action } = describeFailure(failure);
  if (action.kind === 'signIn') return l10n.t('sign in');
  return failure.reason.startsWith('server')
    ? l10n.t('can’t read the server')
    : l10n.t('can’t read the database');
}

/** By whose rule and clock the colours are, and who is signed in. */
function serverLines({ source, snapshot, label }: TableModel, now: EpochMicros): string[] {
  if (source?.server === undefined) return [];
  const { account, version } = source.server;
  const narrowed = snapshot && narrowedText(source.server, snapshot.rows.length);
  const lines: string[] = narrowed === undefined ? [] : [narrowed];
  const { decidedBy, intervalSeconds, thresholdSeconds, clockOffset } = source.policy();
  if (decidedBy === 'server' && snapshot !== undefined) {
    const [interval, threshold] = [formatSpan(intervalSeconds), formatSpan(thresholdSeconds)];
    lines.push(
      l10n.t('By the server’s rule: refreshed every {0}, stale after {1}', interval, threshold),
      ...clockLines(clockOffset / MICROS_PER_SECOND),
    );
  }
  if (account !== undefined) {
    const { email } = account;
    lines.push(email === undefined ? l10n.t('Signed in') : l10n.t('Signed in as {0}', singleLine(email, 80)));
    const expiry = expiryText(account, now, label ?? '');
    if (expiry !== undefined) lines.push(expiry);
  }
  if (version !== undefined) lines.push(l10n.t('Agnes {0}', singleLine(version, 40)));
  return lines;
}

function clockLines(aheadSeconds: bigint): string[] {
  const ahead = aheadSeconds >= 0n;
  const seconds = ahead ? aheadSeconds : -aheadSeconds;
  if (seconds < CLOCK_SECONDS_SAID) return [];
  const difference = formatDuration(seconds);
  return [
    ahead
      ? l10n.t('By the server’s clock, {0} ahead of this one', difference)
      : l10n.t('By the server’s clock, {0} behind this one', difference),
  ];
}

function lastRunLine(record: RunRecord | undefined, now: EpochMicros): string {
  if (record === undefined) return l10n.t('Last run: none known');
  const age = l10n.t('Last run: {0}.', formatAge(record.endedAt, now));
  return `${age} ${summaryText(record.summary)}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

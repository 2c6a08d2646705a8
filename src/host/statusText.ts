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
import type { RunPlace, WatchedRun } from '../engine/watchedRun.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { FRESHNESS_LOOKS } from './freshnessWords.ts';
import { expiryText } from './server/expiryTexts.ts';
import { nextRunText, type NextRun } from './nextRun.ts';
import { countTables, summaryText } from './runTexts.ts';
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
    ...serverLines(model, now),
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
    const which = currentRun.place.kind === 'here' ? '' : ` (${runName(currentRun)})`;
    return { icon: 'sync~spin', words: `${progress}${which}` };
  }
  if (isRefreshing) return { icon: 'sync~spin', words: 'refreshing' };
  if (failure !== undefined) return { icon: 'warning', words: failedWords(failure) };
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
  const time = formatTimeOfDay(startedAt);
  return runId === null ? `since ${time}` : `run ${runId}, ${time}`;
}

function runLines({ currentRun }: TableModel, now: EpochMicros): string[] {
  if (currentRun === undefined) return [];
  const { place, startedAt, runId } = currentRun;
  const name = runId === null ? 'Run' : `Run ${runId}`;
  return [`${name}, started ${formatAge(startedAt, now)}, ${placeText(place)}`];
}

function placeText(place: RunPlace): string {
  switch (place.kind) {
    case 'here':
      return 'in this window';
    case 'otherWindow':
      return `in another window: ${singleLine(place.name, 80)}`;
    case 'server':
      return 'on the Agnes server';
  }
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

/** Few words for the bar; its tooltip has the sentence. */
function failedWords(failure: AgnesFailure): string {
  const { action } = describeFailure(failure);
  if (action.kind === 'signIn') return 'sign in';
  return failure.reason.startsWith('server') ? 'can’t read the server' : 'can’t read the database';
}

/** By whose rule and clock the colours are, and who is signed in. */
function serverLines({ source, snapshot, label }: TableModel, now: EpochMicros): string[] {
  if (source?.server === undefined) return [];
  const { account, version } = source.server;
  const narrowed = snapshot && narrowedText(source.server, snapshot.rows.length);
  const lines: string[] = narrowed === undefined ? [] : [narrowed];
  const { decidedBy, intervalSeconds, thresholdSeconds, clockOffset } = source.policy();
  if (decidedBy === 'server' && snapshot !== undefined) {
    const stale = `stale after ${formatSpan(thresholdSeconds)}`;
    lines.push(
      `By the server’s rule: refreshed every ${formatSpan(intervalSeconds)}, ${stale}`,
      ...clockLines(clockOffset / MICROS_PER_SECOND),
    );
  }
  if (account !== undefined) {
    lines.push(account.email === undefined ? 'Signed in' : `Signed in as ${singleLine(account.email, 80)}`);
    const expiry = expiryText(account, now, label ?? '');
    if (expiry !== undefined) lines.push(expiry);
  }
  if (version !== undefined) lines.push(`Agnes ${singleLine(version, 40)}`);
  return lines;
}

function clockLines(aheadSeconds: bigint): string[] {
  const ahead = aheadSeconds >= 0n;
  const seconds = ahead ? aheadSeconds : -aheadSeconds;
  if (seconds < CLOCK_SECONDS_SAID) return [];
  return [`By the server’s clock, ${formatDuration(seconds)} ${ahead ? 'ahead of' : 'behind'} this one`];
}

function lastRunLine(record: RunRecord | undefined, now: EpochMicros): string {
  if (record === undefined) return 'Last run: none known';
  return `Last run: ${formatAge(record.endedAt, now)}. ${summaryText(record.summary)}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

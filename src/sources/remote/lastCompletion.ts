import { lastLookAt } from '../../core/freshness.ts';
import { isCompleted, type RunRecord } from '../../core/runSummary.ts';
import { MICROS_PER_SECOND, type EpochMicros } from '../../core/time.ts';
import type { FreshnessPolicy } from '../metadataSource.ts';
import type { ShownTable } from './joinAnswers.ts';

export interface CompletionClock extends Pick<FreshnessPolicy, 'clockOffset' | 'intervalSeconds'> {
  /** By this machine's clock. */
  readonly now: EpochMicros;
  /** End of the last run that the server took from here, whatever came of it, by this machine's clock. */
  readonly lastTakenAt: EpochMicros | undefined;
}

/**
 * When every table was last refreshed, or tried: by the last run of ours that was completed, by the last one that was
 * watched here, or by the oldest look at any of them, whoever looked. Whichever is latest.
 *
 * @param records times by the server's clock
 * @returns by this machine's clock, and not after now: an estimated clock is a little off, and a run that ended a little in
 *   the future would be no reason to wait for the next one. What is further ahead than an interval is of a wrong clock
 */
export function lastCompletion(
  records: readonly RunRecord[],
  tables: Iterable<ShownTable>,
  { now, lastTakenAt, clockOffset, intervalSeconds }: CompletionClock,
): EpochMicros | undefined {
  const completedAt = records.findLast(({ summary }) => isCompleted(summary))?.endedAt;
  const furthest = now + intervalSeconds * MICROS_PER_SECOND;
  const byServer = [completedAt, oldestLook(tables)].map((at) => (at === undefined ? at : at - clockOffset));
  const candidates = [lastTakenAt, ...byServer]
    .filter((at) => at !== undefined)
    .filter((at) => at <= furthest);
  const last = candidates.reduce<EpochMicros | undefined>(
    (a, b) => (a === undefined || b > a ? b : a),
    undefined,
  );
  return last === undefined || last <= now ? last : now;
}

/** `undefined` where a table was never looked at, or where there is none. */
function oldestLook(tables: Iterable<ShownTable>): EpochMicros | undefined {
  let oldest: EpochMicros | undefined;
  for (const { row } of tables) {
    const { cached } = row;
    if (cached === null || (cached.refreshedAt === null && cached.errorAt === null)) return undefined;
    const look = lastLookAt(cached);
    if (oldest === undefined || look < oldest) oldest = look;
  }
  return oldest;
}

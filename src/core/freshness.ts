import type { CachedMetadata } from './cachedMetadata.ts';
import { MICROS_PER_SECOND, type EpochMicros } from './time.ts';

/** How old our knowledge of a table is, in the four words of the Agnes API. */
export type Freshness = 'fresh' | 'stale' | 'error' | 'never_fetched';

/** Worst first: the order of counts, groups and of the status bar's colour. */
export const FRESHNESS_STATES = ['error', 'stale', 'never_fetched', 'fresh'] as const satisfies Freshness[];

/** The two times that freshness rests on. */
export type FreshnessTimes = Pick<CachedMetadata, 'refreshedAt' | 'errorAt'>;

/**
 * Agnes's rule (contract, 4.6): the threshold is inclusive, a time in the future is fresh, and a failure after a success
 * changes nothing here. Any threshold is an answer, also one that overflows Python's dates.
 *
 * @param cached the cache row's times, or `null` where there is no row
 */
export function computeFreshness(
  cached: FreshnessTimes | null,
  now: EpochMicros,
  thresholdSeconds: bigint,
): Freshness {
  if (cached === null) return 'never_fetched';
  if (cached.refreshedAt === null) return cached.errorAt === null ? 'never_fetched' : 'error';
  return cached.refreshedAt >= now - thresholdSeconds * MICROS_PER_SECOND ? 'fresh' : 'stale';
}

/** The first instant at which a fresh row is stale, or `undefined` where time alone changes nothing. */
export function turnsStaleAt(
  cached: FreshnessTimes | null,
  thresholdSeconds: bigint,
): EpochMicros | undefined {
  const refreshedAt = cached?.refreshedAt ?? null;
  if (refreshedAt === null) return undefined;
  return refreshedAt + thresholdSeconds * MICROS_PER_SECOND + 1n;
}

/** The numbers are the last good ones and the latest attempt failed: said even while the row is fresh. */
export function lastAttemptFailed(cached: FreshnessTimes | null): boolean {
  if (typeof cached?.errorAt !== 'bigint') return false;
  return cached.refreshedAt === null || cached.errorAt > cached.refreshedAt;
}

/** The later of last success and last failure; before all times where there is neither. */
export function lastLookAt(cached: FreshnessTimes | null): EpochMicros {
  const refreshedAt = cached?.refreshedAt ?? NEVER;
  const errorAt = cached?.errorAt ?? NEVER;
  return refreshedAt > errorAt ? refreshedAt : errorAt;
}

const NEVER: EpochMicros = -(2n ** 63n);

/** How many tables are in each state, and how many of them failed at the last attempt. */
export type FreshnessCounts = Readonly<Record<Freshness, number>> & {
  readonly total: number;
  readonly lastAttemptFailed: number;
};

/** Counts rows by state. */
export function countFreshness(
  rows: Iterable<{ readonly freshness: Freshness; readonly lastAttemptFailed: boolean }>,
): FreshnessCounts {
  const counts = { fresh: 0, stale: 0, error: 0, never_fetched: 0, total: 0, lastAttemptFailed: 0 };
  for (const row of rows) {
    counts[row.freshness] += 1;
    counts.total += 1;
    if (row.lastAttemptFailed) counts.lastAttemptFailed += 1;
  }
  return counts;
}

/** The state that most needs a person, or `undefined` when there is no table. */
export function worstFreshness(counts: FreshnessCounts): Freshness | undefined {
  return FRESHNESS_STATES.find((state) => counts[state] > 0);
}

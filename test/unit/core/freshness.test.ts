import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  computeFreshness,
  countFreshness,
  lastAttemptFailed,
  turnsStaleAt,
  worstFreshness,
  type Freshness,
} from '../../../src/core/freshness.ts';
import { parseTimestamp, type EpochMicros } from '../../../src/core/time.ts';
import { differenceOf } from '../../fixtures/deliberateDifferences.ts';
import { readVectors } from '../../fixtures/vectors.ts';

interface FreshnessVector {
  readonly group: string;
  readonly cache_row: { readonly refreshed_at: string | null; readonly error_at: string | null } | null;
  readonly now: string;
  readonly fresh_threshold: number | bigint | null;
  readonly expected: Freshness | null;
}

const DEFAULT_THRESHOLD = 28_800n;

describe('freshness rule', () => {
  for (const vector of readVectors<FreshnessVector>('freshness')) {
    const difference = differenceOf(vector.id);
    it(`${vector.id} ${vector.group}${difference === undefined ? '' : ' (deliberate difference)'}`, () => {
      const row = vector.cache_row && {
        refreshedAt: instant(vector.cache_row.refreshed_at),
        errorAt: instant(vector.cache_row.error_at),
      };
      const threshold = vector.fresh_threshold === null ? DEFAULT_THRESHOLD : BigInt(vector.fresh_threshold);
      const actual = computeFreshness(row, instant(vector.now) ?? 0n, threshold);
      assert.equal(actual, difference === undefined ? vector.expected : 'fresh');
    });
  }

  it('turns stale at the very microsecond that turnsStaleAt names', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 52n), fc.bigInt(0n, 10n ** 9n), (refreshedAt, threshold) => {
        const row = { refreshedAt, errorAt: null };
        const staleAt = turnsStaleAt(row, threshold) ?? 0n;
        assert.equal(computeFreshness(row, staleAt - 1n, threshold), 'fresh');
        assert.equal(computeFreshness(row, staleAt, threshold), 'stale');
      }),
    );
  });

  it('says that the last attempt failed, also while the row is fresh', () => {
    assert.equal(lastAttemptFailed({ refreshedAt: 10n, errorAt: 11n }), true);
    assert.equal(lastAttemptFailed({ refreshedAt: null, errorAt: 11n }), true);
    assert.equal(lastAttemptFailed({ refreshedAt: 11n, errorAt: 11n }), false);
    assert.equal(lastAttemptFailed({ refreshedAt: 11n, errorAt: null }), false);
    assert.equal(lastAttemptFailed(null), false);
  });

  it('counts by state and names the worst', () => {
    const counts = countFreshness([
      { freshness: 'fresh', lastAttemptFailed: true },
      { freshness: 'stale', lastAttemptFailed: false },
      { freshness: 'stale', lastAttemptFailed: false },
    ]);
    assert.deepEqual(counts, {
      fresh: 1,
      stale: 2,
      error: 0,
      never_fetched: 0,
      total: 3,
      lastAttemptFailed: 1,
    });
    assert.equal(worstFreshness(counts), 'stale');
    assert.equal(worstFreshness(countFreshness([])), undefined);
  });
});

function instant(text: string | null | undefined): EpochMicros | null {
  return text == null ? null : (parseTimestamp(text) ?? assert.fail(`unreadable: ${text}`));
}

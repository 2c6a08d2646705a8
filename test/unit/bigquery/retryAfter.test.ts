import assert from 'node:assert/strict';

import { MAX_RETRY_AFTER_MS, parseRetryAfter } from '../../../src/adapters/bigquery/retryAfter.ts';
import { parseTimestamp } from '../../../src/core/time.ts';

describe('Retry-After', () => {
  const now = parseTimestamp('2026-03-01T12:00:00Z') ?? 0n;
  const cases: readonly (readonly [string | null, number | null])[] = [
    [null, null],
    ['', null],
    ['7', 7_000],
    ['0', 0],
    [' 2 ', 2_000],
    ['86400', MAX_RETRY_AFTER_MS],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['99999999999999999999', null],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sun, 01 Mar 2026 11:59:00 GMT', 0],
    ['Mon, 02 Mar 2026 12:00:00 GMT', MAX_RETRY_AFTER_MS],
    ['Sun, 99 Mar 2026 12:00:00 GMT', null],
    ['2026-03-01T12:00:30Z', null],
  ];
  for (const [header, expected] of cases) {
    it(`${String(header)} is ${String(expected)}`, () =>
      assert.equal(parseRetryAfter(header, now), expected));
  }
});

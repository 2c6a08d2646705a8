import * as v from 'valibot';

import { hasDate, MICROS_PER_MS, type EpochMicros } from '../../core/time.ts';

const MAX_INT64 = 2n ** 63n - 1n;

/** A count. They are strings in Google's JSON; some emulators send numbers. */
export const count = v.pipe(
  v.union([v.pipe(v.string(), v.regex(/^\d{1,19}$/)), v.pipe(v.number(), v.safeInteger(), v.minValue(0))]),
  v.transform((value) => BigInt(value)),
  v.maxValue(MAX_INT64),
);

/** A count that nothing else depends on: `null` for absent and for anything unreadable. */
export function readCount(value: unknown): bigint | null {
  const result = v.safeParse(count, value);
  return result.success ? result.output : null;
}

/**
 * Milliseconds since the epoch, which are counts in Google's JSON too. `null` for absent, for anything unreadable or without
 * a date, and for zero: that is how emulators say that they don't know.
 */
export function readEpochMs(value: unknown): EpochMicros | null {
  const ms = readCount(value);
  if (ms === null || ms === 0n) return null;
  const micros = ms * MICROS_PER_MS;
  return hasDate(micros) ? micros : null;
}

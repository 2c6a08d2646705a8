import { toEpochMs, type EpochMicros } from '../../core/time.ts';

/** Nothing that a server says makes us wait longer: beyond it, a later run is the better answer. */
export const MAX_RETRY_AFTER_MS = 300_000;

const HTTP_DATE = /^[A-Za-z]{3}, \d{2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Reads a Retry-After header: seconds, or an HTTP date (RFC 9110, 10.2.3).
 *
 * @returns milliseconds from `now`, at most `MAX_RETRY_AFTER_MS`; 0 for `0` and for a date in the past, which is no promise
 *   that at once is early enough (the engine has a least wait of its own); `null` for none and for anything else
 */
export function parseRetryAfter(header: string | null, now: EpochMicros): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS);
  if (!HTTP_DATE.test(text)) return null;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return null;
  return Math.min(Math.max(until - toEpochMs(now), 0), MAX_RETRY_AFTER_MS);
}

/**
 * Instants are epoch microseconds in UTC, as `bigint`: the shared file keeps microseconds, and the boundary of the
 * freshness rule is inclusive, so the three digits that a JavaScript `Date` drops decide (contract, section 3).
 */
export type EpochMicros = bigint;

export const MICROS_PER_MS = 1_000n;
export const MICROS_PER_SECOND = 1_000_000n;

const ISO_TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * Reads an ISO 8601 timestamp. One without an offset is UTC, never local time (contract, section 3).
 *
 * @returns epoch microseconds (further digits are dropped), or `undefined` for anything else
 */
export function parseTimestamp(text: string): EpochMicros | undefined {
  const match = ISO_TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '0', fraction = '', zone] =
    match;
  const date = new Date(0);
  date.setUTCFullYear(+year, +month - 1, +day); // Date.UTC takes the years 0 to 99 for 1900 to 1999
  const ms = date.setUTCHours(+hour, +minute, +second);
  if (date.getUTCMonth() !== +month - 1 || date.getUTCDate() !== +day || date.getUTCHours() !== +hour) {
    return undefined; // 30 February and 24:00 roll over
  }
  const micros = BigInt(ms) * MICROS_PER_MS + BigInt(fraction.padEnd(6, '0').slice(0, 6));
  return micros - offsetMicros(zone);
}

function offsetMicros(zone: string | undefined): bigint {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0n;
  const minutes = +zone.slice(1, 3) * 60 + +(zone.slice(3).replace(':', '') || '0');
  return BigInt((zone.startsWith('-') ? -1 : 1) * minutes * 60) * MICROS_PER_SECOND;
}

/** 0001-01-01 and 9999-12-31: what can be printed as ISO 8601 with four digits. */
const EARLIEST: EpochMicros = -62_135_596_800_000_000n;
const LATEST: EpochMicros = 253_402_300_799_999_999n;

/** Whether an instant has a date that can be shown; files that something else wrote hold others too. */
export function hasDate(micros: EpochMicros): boolean {
  return micros >= EARLIEST && micros <= LATEST;
}

/** Milliseconds of an instant, rounded down: for `Date` and `Intl`, never for comparisons. */
export function toEpochMs(micros: EpochMicros): number {
  const ms = micros / MICROS_PER_MS;
  return Number(micros < 0n && micros % MICROS_PER_MS !== 0n ? ms - 1n : ms);
}

/** ISO 8601 text in UTC with six decimals and the offset `+00:00`, the shape of Agnes's own `started_at`. */
export function formatTimestamp(micros: EpochMicros): string {
  const fraction = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND;
  const seconds = (micros - fraction) / MICROS_PER_MS;
  return `${new Date(Number(seconds)).toISOString().slice(0, 19)}.${String(fraction).padStart(6, '0')}+00:00`;
}

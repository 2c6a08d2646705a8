import { MICROS_PER_SECOND, toEpochMs, type EpochMicros } from './time.ts';

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const grouped = new Intl.NumberFormat('en');

/** `1.2M rows`, `1 row`. */
export function formatRows(rows: bigint): string {
  return `${compact.format(rows)} ${rows === 1n ? 'row' : 'rows'}`;
}

/** All digits, grouped: `1,234,567`. */
export function formatCount(count: bigint | number): string {
  return grouped.format(count);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** Binary units with three digits that matter: `1.36 GiB`. */
export function formatBytes(bytes: bigint): string {
  let unit = 0;
  let value = Number(bytes);
  // 999.5 and not 1,024: "1,010 KiB" would be four digits.
  while (Math.abs(value) >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  return `${grouped.format(Number(value.toFixed(digits)))} ${BYTE_UNITS[unit] ?? ''}`;
}

/** `45 s`, `12 min`, `3 h`, `5 d`: the largest unit, rounded down, so that nothing looks younger or older than it is. */
export function formatDuration(seconds: bigint): string {
  if (seconds < 60n) return `${seconds} s`;
  if (seconds < 3_600n) return `${seconds / 60n} min`;
  if (seconds < 172_800n) return `${seconds / 3_600n} h`;
  return `${formatCount(seconds / 86_400n)} d`;
}

const SPAN_UNITS = [
  ['d', 86_400n],
  ['h', 3_600n],
  ['min', 60n],
  ['s', 1n],
] as const;

/** A duration that somebody set, to the second: `8 h`, `1 h 30 min`. */
export function formatSpan(seconds: bigint): string {
  let rest = seconds;
  const parts: string[] = [];
  for (const [unit, size] of SPAN_UNITS) {
    if (rest >= size) parts.push(`${formatCount(rest / size)} ${unit}`);
    rest %= size;
  }
  return parts.join(' ') || '0 s';
}

/** `just now`, `3 h ago`; a time in the future is said as such, for clocks differ. */
export function formatAge(then: EpochMicros, now: EpochMicros): string {
  const seconds = (now - then) / MICROS_PER_SECOND;
  if (seconds <= -60n) return `${formatDuration(-seconds)} ahead`;
  return seconds < 60n ? 'just now' : `${formatDuration(seconds)} ago`;
}

/** `10:42`, the time of day in a zone: for what began today. */
export function formatTimeOfDay(instant: EpochMicros, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', ...zone }).format(toEpochMs(instant));
}

/** Date and time of day in a zone, with the zone's name. */
export function formatInstant(instant: EpochMicros, timeZone?: string): string {
  const ms = toEpochMs(instant);
  // Beyond what a Date can hold Intl throws; such times are in files that something else wrote.
  if (Math.abs(ms) > 8.64e15) return 'an unknown time';
  return new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'medium',
    timeStyle: 'long',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(ms);
}

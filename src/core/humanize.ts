import * as l10n from '@vscode/l10n';
import { MICROS_PER_SECOND, toEpochMs, type EpochMicros } from './time.ts';

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const grouped = new Intl.NumberFormat('en');

/** `1.2M rows`, `1 row`. */
export function formatRows(rows: bigint): string {
  return rows === 1n ? l10n.t('1 row') : l10n.t('{0} rows', compact.format(rows));
}

/** All digits, grouped: `1,234,567`. */
export function formatCount(count: bigint | number): string {
  return grouped.format(count);
}

const BYTE_UNITS: readonly ((count: string) => string)[] = [
  (count) => l10n.t('{0} B', count),
  (count) => l10n.t('{0} KiB', count),
  (count) => l10n.t('{0} MiB', count),
  (count) => l10n.t('{0} GiB', count),
  (count) => l10n.t('{0} TiB', count),
  (count) => l10n.t('{0} PiB', count),
  (count) => l10n.t('{0} EiB', count),
];

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
  const count = grouped.format(Number(value.toFixed(digits)));
  return BYTE_UNITS[unit]?.(count) ?? count;
}

/** `45 s`, `12 min`, `3 h`, `5 d`: the largest unit, rounded down, so that nothing looks younger or older than it is. */
export function formatDuration(seconds: bigint): string {
  if (seconds < 60n) return inSeconds(seconds);
  if (seconds < 3_600n) return inMinutes(seconds / 60n);
  if (seconds < 172_800n) return inHours(seconds / 3_600n);
  return inDays(seconds / 86_400n);
}

const inSeconds = (count: bigint): string => l10n.t('{0} s', formatCount(count));
const inMinutes = (count: bigint): string => l10n.t('{0} min', formatCount(count));
const inHours = (count: bigint): string => l10n.t('{0} h', formatCount(count));
const inDays = (count: bigint): string => l10n.t('{0} d', formatCount(count));

const SPAN_UNITS = [
  [inDays, 86_400n],
  [inHours, 3_600n],
  [inMinutes, 60n],
  [inSeconds, 1n],
] as const;

/** A duration that somebody set, to the second: `8 h`, `1 h 30 min`. */
export function formatSpan(seconds: bigint): string {
  let rest = seconds;
  const parts: string[] = [];
  for (const [inUnits, size] of SPAN_UNITS) {
    if (rest >= size) parts.push(inUnits(rest / size));
    rest %= size;
  }
  return parts.join(' ') || inSeconds(0n);
}

/** `just now`, `3 h ago`; a time in the future is said as such, for clocks differ. */
export function formatAge(then: EpochMicros, now: EpochMicros): string {
  const seconds = (now - then) / MICROS_PER_SECOND;
  if (seconds <= -60n) return l10n.t('{0} ahead', formatDuration(-seconds));
  return seconds < 60n ? l10n.t('just now') : l10n.t('{0} ago', formatDuration(seconds));
}

/** `10:42`, the time of day in a zone: for what began today. */
export function formatTimeOfDay(instant: EpochMicros, timeZone?: string): string {
  return dateFormat('timeOfDay', timeZone).format(toEpochMs(instant));
}

/** Date and time of day in a zone, with the zone's name. */
export function formatInstant(instant: EpochMicros, timeZone?: string): string {
  const ms = toEpochMs(instant);
  // Beyond what a Date can hold Intl throws; such times are in files that something else wrote.
  if (Math.abs(ms) > 8.64e15) return l10n.t('an unknown time');
  return dateFormat('instant', timeZone).format(ms);
}

const DATE_STYLES = {
  timeOfDay: { timeStyle: 'short' },
  instant: { dateStyle: 'medium', timeStyle: 'long' },
} as const;

/** More than one window ever needs; a server names zones, and none of them may fill the memory. */
const MAX_DATE_FORMATS = 16;

/** By style and zone: making one takes a hundred times as long as using it. */
const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** @param timeZone `undefined` for this machine's own */
function dateFormat(style: keyof typeof DATE_STYLES, timeZone: string | undefined): Intl.DateTimeFormat {
  const key = `${style} ${timeZone ?? ''}`;
  const known = dateFormats.get(key);
  if (known !== undefined) return known;
  const zone = timeZone === undefined ? {} : { timeZone };
  const made = new Intl.DateTimeFormat('en-GB', { ...DATE_STYLES[style], ...zone });
  if (dateFormats.size >= MAX_DATE_FORMATS) dateFormats.clear();
  dateFormats.set(key, made);
  return made;
}

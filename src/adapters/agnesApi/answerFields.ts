import * as v from 'valibot';

import { hasDate, parseTimestamp, type EpochMicros } from '../../core/time.ts';

/** A number that may be beyond 2^53: `parseExactJson` gives those as `bigint`. */
export const count = v.pipe(
  v.union([v.number(), v.bigint()]),
  v.check(isCount, 'whole number of 0 or more'),
  v.transform((value) => BigInt(value)),
);

function isCount(value: number | bigint): boolean {
  return typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && value >= 0;
}

/** A number of tables or milliseconds. */
export const smallCount = v.pipe(
  v.number(),
  v.check((value) => Number.isSafeInteger(value) && value >= 0, 'whole number of 0 or more'),
);

/** Empty and absent are both not known: the server writes either. */
export const textOrNone = v.pipe(
  v.nullish(v.string(), null),
  v.transform((text) => (text === '' ? null : text)),
);

/** Text for people that nothing depends on: one of another shape counts as not known, and hides no table. */
export const proseOrNone = v.fallback(textOrNone, null);

/** Looked at as a whole: item by item, the columns of many tables make most of the work of reading an answer. */
export const names = v.nullish(v.custom<readonly string[]>(isStringList, 'list of strings'), []);

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** The id of a run that nothing depends on: it is shown and logged, so one of another look counts as not told. */
export const runIdOrNone = v.fallback(v.nullable(v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/))), null);

/** The id of a run that is over, as far as it can be shown and logged: the run is kept whatever its id is. */
export const shownRunId = v.pipe(
  v.string(),
  v.transform((id) => id.replace(/[^\w-]/g, '').slice(0, 64) || 'unknown'),
);

/** A time of one table. One that can't be read is `undefined`: it must not hide all the other tables. */
export const timeOrNone = v.nullable(v.pipe(v.string(), v.transform(readTime)));

/** A time that nothing can be told without. */
export const time = v.pipe(
  v.string(),
  v.check((text) => readTime(text) !== undefined, 'time'),
  v.transform((text) => readTime(text) ?? 0n),
);

/** Times without an offset are UTC (contract, 6.4). */
export function readTime(text: string): EpochMicros | undefined {
  const micros = parseTimestamp(text);
  return micros !== undefined && hasDate(micros) ? micros : undefined;
}

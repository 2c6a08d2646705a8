import * as v from 'valibot';

/** A count in a JSON file of ours. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Epoch microseconds, which JSON holds as text. */
export const micros = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,20}$/),
  v.transform((text) => BigInt(text)),
);

/** Eight hexadecimal digits. */
export const runIdText = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/));

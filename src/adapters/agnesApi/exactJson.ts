/**
 * A text without a number of sixteen digits has none beyond 2^53: it is read without a reviver, many times faster. The digits of
 * a name don't make it slow, but for those right behind a comma, a colon or a bracket in it.
 */
const LONG_NUMBER = /(?:^|[:,[])\s*-?\d{16}/;

/** Bounded, as in Python: making a `bigint` of very many digits takes time that grows with their square. */
const WHOLE_NUMBER = /^-?\d{16,4300}$/;

/**
 * `JSON.parse` that keeps every digit: whole numbers beyond 2^53 become `bigint`, everything else is as usual.
 *
 * @throws SyntaxError as `JSON.parse`
 */
export function parseExactJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as unknown;
  return JSON.parse(text, reviveExactly as (key: string, value: unknown) => unknown) as unknown;
}

/** With the third argument of ES2026, which the types of `JSON.parse` don't know yet. */
type ExactReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

const reviveExactly: ExactReviver = (_key, value, { source }) =>
  typeof value === 'number' &&
  !Number.isSafeInteger(value) &&
  source !== undefined &&
  WHOLE_NUMBER.test(source)
    ? BigInt(source)
    : value;

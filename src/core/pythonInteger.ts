const MAX_DIGITS = 4300;
const ASCII_SPACE = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g;
// Python's isspace() for text that is not ASCII alone: without BOM and zero-width space, with the four ASCII separators.
const UNICODE_SPACE =
  // eslint-disable-next-line no-control-regex -- Python counts these four control characters as white space
  /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;
const INTEGER = /^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u;
const DECIMAL_DIGIT = /^\p{Nd}$/u;

/**
 * Reads an integer as Python's `int(text)` does, since Agnes reads the same environment variables with it (contract,
 * 4.7): white space around it, a sign, leading zeros, single underscores between digits, any Unicode decimal digit.
 *
 * @returns `undefined` where Python raises `ValueError`
 */
export function parsePythonInteger(text: string): bigint | undefined {
  // eslint-disable-next-line no-control-regex -- asks whether the text is ASCII
  const trimmed = text.replace(/^[\x00-\x7f]*$/.test(text) ? ASCII_SPACE : UNICODE_SPACE, '');
  if (!INTEGER.test(trimmed)) return undefined;
  const digits = Array.from(trimmed.replace(/[+_-]/g, ''), digitValue).join('');
  if (digits.length > MAX_DIGITS) return undefined;
  return trimmed.startsWith('-') ? -BigInt(digits) : BigInt(digits);
}

/** Unicode lays decimal digits out in runs that start with a zero; the mathematical ones are five runs in a row. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (DECIMAL_DIGIT.test(String.fromCodePoint(code - before - 1))) before += 1;
  return before % 10;
}

import assert from 'node:assert/strict';
import { mock } from 'node:test';
import fc from 'fast-check';
import { parseExactJson } from '../../../src/adapters/agnesApi/exactJson.ts';

/** Beside it everything is read in the exact way. */
const LONG_NUMBER = '1234567890123456';

const DIGITS = '1'.repeat(4_300);

describe('JSON with exact numbers', () => {
  it('keeps every digit of whole numbers beyond 2^53', () => {
    const numbers: readonly (readonly [string, number | bigint])[] = [
      ['9007199254740991', 9_007_199_254_740_991],
      ['9007199254740992', 9_007_199_254_740_992n],
      ['9007199254740993', 9_007_199_254_740_993n],
      ['-9007199254740991', -9_007_199_254_740_991],
      ['-9007199254740993', -9_007_199_254_740_993n],
      ['9223372036854775807', 9_223_372_036_854_775_807n],
      ['-9223372036854775808', -9_223_372_036_854_775_808n],
      ['123456789012345678901234567890', 123_456_789_012_345_678_901_234_567_890n],
    ];
    for (const [text, value] of numbers) {
      assert.equal(parseExactJson(text), value);
      assert.deepEqual(parseExactJson(`{"a":[{"b":${text}}]}`), { a: [{ b: value }] });
    }
  });

  it('is exact over the whole range, and gives numbers where they are exact', () => {
    const number = fc.oneof(
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
      fc.bigInt({ min: 2n ** 53n - 9n, max: 2n ** 53n + 9n }),
      fc.maxSafeInteger().map(BigInt),
    );
    fc.assert(
      fc.property(number, (value) => {
        const isExact = Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value;
        const expected = isExact ? Number(value) : value;
        assert.equal(parseExactJson(String(value)), expected);
        assert.deepEqual(parseExactJson(`[${value}, 1]`), [expected, 1]);
      }),
    );
  });

  it('leaves fractions, exponents and texts as they are', () => {
    for (const text of [
      '1234567890123456.5',
      '0.1234567890123456789',
      '12345678901234567e3',
      '1234567890123456789E-2',
      '1e400',
      '"9007199254740993"',
      '{"9007199254740993": 1}',
    ]) {
      const both = `[${text},${LONG_NUMBER}]`;
      assert.deepEqual(parseExactJson(text), JSON.parse(text), text);
      assert.deepEqual(parseExactJson(both), JSON.parse(both), text);
    }
  });

  it('makes no bigint of more digits than Python would', () => {
    assert.equal(parseExactJson(DIGITS), BigInt(DIGITS));
    assert.equal(parseExactJson(`${DIGITS}1`), Infinity);
  });

  it('reads everything else as JSON.parse does, with and without long numbers', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // a number may be long by itself
        const hasLong = /\d{16}/.test(text);
        fc.pre(!hasLong);
        assert.deepEqual(parseExactJson(text), JSON.parse(text));
        assert.deepEqual(parseExactJson(`[${text},${LONG_NUMBER}]`), JSON.parse(`[${text},${LONG_NUMBER}]`));
      }),
    );
  });

  it('takes a key such as __proto__ as a key', () => {
    const value = parseExactJson(
      '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"n":9007199254740993}',
    ) as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor', 'n']);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal('admin' in value, false);
    assert.equal('admin' in {}, false);
    assert.equal(value['n'], 9_007_199_254_740_993n);
  });

  it('refuses what JSON.parse refuses', () => {
    const texts = ['', 'no', '{', '[1,]', "{'a':1}", 'NaN', '01', '[9007199254740993', '9007199254740993n'];
    for (const text of texts) assert.throws(() => parseExactJson(text), SyntaxError, text);
  });

  describe('goes over the values one by one only where a number may be long', () => {
    const texts: readonly (readonly [string, boolean])[] = [
      ['[123456789012345, 1.5, "x"]', false],
      ['[1234567890123456]', true],
      ['[1, 1234567890123456]', true],
      ['{"a":1234567890123456}', true],
      ['{"a" :\n\t\r -1234567890123456}', true],
      ['1234567890123456', true],
      [' -1234567890123456', true],
      // of names and texts
      ['["1234567890123456"]', false],
      ['{"table_1234567890123456":"column_1234567890123456"}', false],
      ['{"1234567890123456":1}', false],
      ['["at 1234567890123456"]', false],
      // may do so for nothing
      ['["a, 1234567890123456"]', true],
      // beyond the point nothing is exact anyhow
      ['[0.1234567890123456789]', false],
    ];
    for (const [text, isSlow] of texts) {
      it(text, () => {
        const parse = mock.method(JSON, 'parse');
        try {
          parseExactJson(text);
          assert.deepEqual(
            parse.mock.calls.map((call) => call.arguments.length),
            [isSlow ? 2 : 1],
          );
        } finally {
          parse.mock.restore();
        }
      });
    }
  });

  it('looks for them in no more time than the text is long', () => {
    for (const part of [', ', '[', ' ', '[-', '123456789012345,', ',  \n\t']) {
      const startedMs = performance.now();
      assert.throws(() => parseExactJson(part.repeat(5_000_000 / part.length)), SyntaxError);
      assert.ok(performance.now() - startedMs < 1_000, part);
    }
  });
});

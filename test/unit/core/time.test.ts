import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatTimestamp, parseTimestamp, toEpochMs } from '../../../src/core/time.ts';

describe('timestamps', () => {
  it('reads a text without an offset as UTC, in any zone of the machine', () => {
    assert.equal(parseTimestamp('1970-01-01T00:00:01'), 1_000_000n);
    assert.equal(parseTimestamp('1970-01-01 00:00:01.000002'), 1_000_002n);
  });

  it('honours offsets', () => {
    assert.equal(parseTimestamp('1970-01-01T02:00:00+02:00'), 0n);
    assert.equal(parseTimestamp('1969-12-31T19:30:00-0430'), 0n);
    assert.equal(parseTimestamp('1970-01-01T00:00:00Z'), 0n);
  });

  it('refuses what is not a timestamp', () => {
    for (const text of ['', 'now', '2026-02-30T00:00:00', '2026-13-01T00:00:00', '2026-01-01', 'infinity']) {
      assert.equal(parseTimestamp(text), undefined, text);
    }
  });

  it('writes what it reads, to the microsecond', () => {
    fc.assert(
      fc.property(fc.bigInt(-62_135_596_800_000_000n, 253_402_300_799_999_999n), (micros) => {
        const text = formatTimestamp(micros);
        assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
        assert.equal(parseTimestamp(text), micros);
      }),
    );
  });

  it('rounds milliseconds down, before 1970 too', () => {
    assert.equal(toEpochMs(1_999n), 1);
    assert.equal(toEpochMs(-1n), -1);
  });
});

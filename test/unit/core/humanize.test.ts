import assert from 'node:assert/strict';
import { singleLine, truncateCodePoints } from '../../../src/core/displayText.ts';
import {
  formatAge,
  formatBytes,
  formatDuration,
  formatInstant,
  formatRows,
  formatSpan,
  formatTimeOfDay,
} from '../../../src/core/humanize.ts';

describe('numbers and times for people', () => {
  it('writes rows and bytes short', () => {
    assert.equal(formatRows(1n), '1 row');
    assert.equal(formatRows(0n), '0 rows');
    assert.equal(formatRows(1_234_567n), '1.23M rows');
    assert.equal(formatBytes(0n), '0 B');
    assert.equal(formatBytes(1_023n), '1 KiB');
    assert.equal(formatBytes(1_459_617_792n), '1.36 GiB');
    assert.equal(formatBytes(2n ** 63n - 1n), '8 EiB');
  });

  it('rounds ages down, and says when a clock runs ahead', () => {
    const hour = 3_600_000_000n;
    assert.equal(formatAge(0n, 59_999_999n), 'just now');
    assert.equal(formatAge(0n, 2n * hour - 1n), '1 h ago');
    assert.equal(formatAge(0n, 49n * hour), '2 d ago');
    assert.equal(formatAge(hour, 0n), '1 h ahead');
    assert.equal(formatDuration(28_800n), '8 h');
  });

  it('writes a threshold to the second', () => {
    assert.equal(formatSpan(5_400n), '1 h 30 min');
    assert.equal(formatSpan(216_001n), '2 d 12 h 1 s');
    assert.equal(formatSpan(0n), '0 s');
  });

  it('names the zone of a time, and survives one that no Date can hold', () => {
    assert.match(formatInstant(0n, 'UTC'), /^1 Jan 1970.*00:00:00 UTC$/);
    assert.equal(formatInstant(2n ** 63n), 'an unknown time');
  });

  it('keeps styles and zones apart, however many there are', () => {
    const zones = Intl.supportedValuesOf('timeZone').slice(0, 40);
    for (const timeZone of [...zones, ...zones]) {
      const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long', timeZone });
      assert.equal(formatInstant(0n, timeZone), date.format(0));
      const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone });
      assert.equal(formatTimeOfDay(0n, timeZone), time.format(0));
    }
  });
});

describe('text from outside', () => {
  it('is one line without controls or direction marks', () => {
    assert.equal(singleLine('a\u0000b\nc\u202Ed\u200Be'), 'a b c d e');
  });

  it('is cut at code points, never inside one', () => {
    assert.equal(truncateCodePoints('😀'.repeat(600), 512), '😀'.repeat(512));
    assert.equal(truncateCodePoints('é'.repeat(512), 512), 'é'.repeat(512));
    assert.equal(singleLine('abcdef', 4), 'abc…');
  });
});

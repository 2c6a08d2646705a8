import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeGotchas, MAX_GOTCHA_CODE_POINTS, MAX_GOTCHAS } from '../../../src/core/gotchas.ts';

describe('gotchas of a table', () => {
  it('are read in their order, the important ones marked', () => {
    const stored = '[{"body":"Late by a day","key":false},{"key":true,"body":"Net of tax"}]';
    assert.deepEqual(decodeGotchas(stored), [
      { text: 'Late by a day', isKey: false },
      { text: 'Net of tax', isKey: true },
    ]);
  });

  for (const stored of [null, '', '{', 'null', '{"key":true,"body":"x"}', '"text"', '7', '[', '[]']) {
    it(`are none where the cell holds ${stored ?? 'nothing'}`, () => {
      assert.deepEqual(decodeGotchas(stored), []);
    });
  }

  it('leave out entries that are none, and keep the others', () => {
    const stored = '[null, 1, "x", [], {}, {"body": 5}, {"body": " \\n"}, {"key": "true", "body": "kept"}]';
    assert.deepEqual(decodeGotchas(stored), [{ text: 'kept', isKey: false }]);
  });

  it('are bounded, in number and in length, by whole characters', () => {
    const many = Array.from({ length: MAX_GOTCHAS + 5 }, () => ({ key: true, body: '😀'.repeat(5_000) }));
    const gotchas = decodeGotchas(JSON.stringify(many));
    assert.equal(gotchas.length, MAX_GOTCHAS);
    assert.equal(gotchas[0]?.text, '😀'.repeat(MAX_GOTCHA_CODE_POINTS));
  });

  it('are read from any text without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (stored) => {
        for (const { text } of decodeGotchas(stored)) assert.notEqual(text.trim(), '');
      }),
    );
  });
});

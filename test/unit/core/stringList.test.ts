import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeStringList, encodeStringList } from '../../../src/core/stringList.ts';
import { differenceOf } from '../../fixtures/deliberateDifferences.ts';
import { readVectors } from '../../fixtures/vectors.ts';

interface StringListVector {
  readonly stored: unknown;
  readonly expected: readonly string[] | null;
}

describe('stored lists of names', () => {
  for (const vector of readVectors<StringListVector>('string_list_decode')) {
    it(`${vector.id} ${JSON.stringify(vector.stored)}`, () => {
      // The column is read as text; a value that Python's driver hands over decoded is its text here.
      const text = typeof vector.stored === 'string' ? vector.stored : JSON.stringify(vector.stored);
      assert.deepEqual(
        decodeStringList(text),
        differenceOf(vector.id) === undefined ? vector.expected : null,
      );
    });
  }

  it('keeps NULL apart from an empty list, and every name as it is', () => {
    assert.equal(encodeStringList(null), null);
    assert.equal(encodeStringList([]), '[]');
    assert.equal(decodeStringList(null), null);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (names) => {
        assert.deepEqual(decodeStringList(encodeStringList(names)), names);
      }),
    );
  });

  it('reads elements that are not text as Python writes them', () => {
    assert.deepEqual(decodeStringList('[12345678901234567890, 2.50, {"k": "it\'s"}]'), [
      '12345678901234567890',
      '2.5',
      "{'k': 'it\\'s'}",
    ]);
  });
});

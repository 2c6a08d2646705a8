import assert from 'node:assert/strict';

import { TABLE_FIELDS } from '../../../src/adapters/bigquery/tableRequest.ts';
import { mapTable } from '../../../src/adapters/bigquery/tableMapping.ts';
import { applyFieldsMask, parseFieldsMask } from '../../../src/sample/fieldsMask.ts';
import { SAMPLE_TABLES } from '../../../src/sample/sampleTables.ts';

function masked(value: unknown, mask: string): unknown {
  const parsed = parseFieldsMask(mask);
  assert.ok(parsed !== undefined);
  return applyFieldsMask(value, parsed);
}

describe('fields mask', () => {
  const value = { a: 1, b: { c: 2, d: { e: 3, f: 4 } }, list: [{ x: 1, y: 2 }, { y: 3 }] };

  it('keeps what it names', () => {
    assert.deepEqual(masked(value, 'a'), { a: 1 });
    assert.deepEqual(masked(value, 'b'), { b: value.b });
    assert.deepEqual(masked(value, 'b/d/e'), { b: { d: { e: 3 } } });
    assert.deepEqual(masked(value, 'b(c,d/f),a'), { a: 1, b: { c: 2, d: { f: 4 } } });
    assert.deepEqual(masked(value, 'b(*)'), { b: value.b });
  });
  it('masks lists item by item', () => assert.deepEqual(masked(value, 'list(x)'), { list: [{ x: 1 }, {}] }));
  it('leaves nothing of an object without what is named', () =>
    assert.deepEqual(masked(value, 'b(zzz)'), {}));

  for (const text of ['', ',', 'a,', 'a(', 'a(b', 'a)', 'a()', 'a//b', 'a b', 'a(b))']) {
    it(`${JSON.stringify(text)} is malformed`, () => assert.equal(parseFieldsMask(text), undefined));
  }

  it('the mask of a request takes nothing away that is mapped', () => {
    for (const { id, resource } of SAMPLE_TABLES) {
      if (resource === null) continue;
      const whole = { kind: 'bigquery#table', ...resource };
      assert.deepEqual(mapTable(masked(whole, TABLE_FIELDS)), mapTable(whole), id);
    }
  });
});

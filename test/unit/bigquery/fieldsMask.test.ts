import assert from 'node:assert/strict';

import { mapInspection } from '../../../src/adapters/bigquery/inspectionMapping.ts';
import { INSPECTION_FIELDS, TABLE_FIELDS } from '../../../src/adapters/bigquery/tableRequest.ts';
import { mapTable } from '../../../src/adapters/bigquery/tableMapping.ts';
import { applyFieldsMask, parseFieldsMask } from '../../../src/sample/fieldsMask.ts';
import { sampleStandInTables } from '../../../src/sample/sampleCatalog.ts';

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
    for (const [name, { resource }] of sampleStandInTables(1_780_000_000_000_000n)) {
      const whole = { kind: 'bigquery#table', ...resource };
      assert.deepEqual(mapTable(masked(whole, TABLE_FIELDS)), mapTable(whole), name);
      assert.deepEqual(mapInspection(masked(whole, INSPECTION_FIELDS)), mapInspection(whole), name);
    }
  });

  it('the mask of a refresh leaves out what only an inspection needs', () => {
    const fields = [{ name: 'a', type: 'STRING', description: 'long', fields: [{ name: 'b' }] }];
    const resource = { numRows: '1', description: 'long', location: 'EU', schema: { fields } };
    assert.deepEqual(masked(resource, TABLE_FIELDS), { numRows: '1', schema: { fields: [{ name: 'a' }] } });
  });

  it('the mask of an inspection leaves out what is in nobody’s interest', () => {
    const field = { name: 'a', type: 'STRING', mode: 'NULLABLE', description: 'd', fields: [] };
    const fields = [{ ...field, policyTags: { names: ['t'] }, defaultValueExpression: '1' }];
    const resource = { location: 'EU', view: { query: 'SELECT 1' }, numRows: '1', schema: { fields } };
    assert.deepEqual(masked(resource, INSPECTION_FIELDS), { location: 'EU', schema: { fields: [field] } });
  });
});

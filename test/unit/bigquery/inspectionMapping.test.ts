import assert from 'node:assert/strict';
import fc from 'fast-check';

import {
  mapInspection,
  MAX_COLUMNS,
  MAX_RECORD_DEPTH,
} from '../../../src/adapters/bigquery/inspectionMapping.ts';
import type { TableInspection } from '../../../src/core/cachedMetadata.ts';
import type { TableResource } from '../../../src/sample/tableResource.ts';

type Fields = NonNullable<NonNullable<TableResource['schema']>['fields']>;

function map(resource: TableResource): Omit<TableInspection, 'observedAt'> {
  const mapping = mapInspection({ kind: 'bigquery#table', ...resource });
  assert.ok(mapping.kind === 'mapped');
  return mapping.inspection;
}

function columnsOf(fields: Fields): TableInspection['columns'] {
  return map({ schema: { fields } }).columns;
}

describe('mapping of an inspection', () => {
  it('of a table that says nothing is all unknown', () => {
    assert.deepEqual(map({}), {
      columns: [],
      streamingBuffer: null,
      lastModified: null,
      createdAt: null,
      expiresAt: null,
      location: null,
    });
  });

  describe('columns', () => {
    it('have path, type in SQL, mode and description, in order, each before its fields', () => {
      const fields: Fields = [
        { name: 'z', type: 'INTEGER', mode: 'REQUIRED', description: 'The key' },
        {
          name: 'r',
          type: 'RECORD',
          mode: 'REPEATED',
          fields: [{ name: 's', type: 'STRUCT', fields: [{ name: 'x', type: 'FLOAT' }] }],
        },
        { name: 'a', type: 'BOOLEAN' },
      ];
      assert.deepEqual(columnsOf(fields), [
        { path: ['z'], type: 'INT64', mode: 'REQUIRED', description: 'The key' },
        { path: ['r'], type: 'STRUCT', mode: 'REPEATED', description: null },
        { path: ['r', 's'], type: 'STRUCT', mode: 'NULLABLE', description: null },
        { path: ['r', 's', 'x'], type: 'FLOAT64', mode: 'NULLABLE', description: null },
        { path: ['a'], type: 'BOOL', mode: 'NULLABLE', description: null },
      ]);
    });

    it('keep words that are SQL’s already, and words that are new', () => {
      const types = ['STRING', 'INT64', 'BIGNUMERIC', 'JSON', 'GEOGRAPHY', 'SOMETHING_NEW', 'RANGE'];
      const fields = types.map((type) => ({ name: 'c', type }));
      assert.deepEqual(
        columnsOf(fields).map(({ type }) => type),
        types,
      );
    });

    it('say what a range is of', () => {
      const fields = [{ name: 'c', type: 'RANGE', rangeElementType: { type: 'DATE' } }];
      assert.equal(columnsOf(fields)[0]?.type, 'RANGE<DATE>');
    });

    it('have a mode also where the service says none, or one that is new', () => {
      const fields = ['NULLABLE', '', 'SOMETHING_NEW'].map((mode) => ({ name: 'c', type: 'DATE', mode }));
      assert.ok(columnsOf(fields).every(({ mode }) => mode === 'NULLABLE'));
    });

    it('are all there of the widest table', () => {
      const fields = Array.from({ length: MAX_COLUMNS }, (_, n) => ({ name: `c${n}`, type: 'STRING' }));
      assert.equal(columnsOf(fields).length, 10_000);
    });

    it('end with BigQuery’s limit, nested ones counted', () => {
      const inner = Array.from({ length: 200 }, (_, n) => ({ name: `i${n}`, type: 'STRING' }));
      const fields = Array.from({ length: 100 }, (_, n) => ({
        name: `r${n}`,
        type: 'RECORD',
        fields: inner,
      }));
      assert.equal(columnsOf(fields).length, 10_000);
    });

    it('end with fifteen levels of records', () => {
      const nest = (depth: number): Fields =>
        depth === 0
          ? [{ name: 'leaf', type: 'STRING' }]
          : [{ name: `r${depth}`, type: 'RECORD', fields: nest(depth - 1) }];
      assert.deepEqual(columnsOf(nest(MAX_RECORD_DEPTH)).at(-1)?.path.at(-1), 'leaf');
      const deeper = columnsOf(nest(MAX_RECORD_DEPTH + 10));
      assert.equal(deeper.length, 16);
      assert.equal(deeper.at(-1)?.path.length, 16);
    });

    it('have names, types and descriptions of bounded length', () => {
      const long = '😀'.repeat(5_000);
      const [column] = columnsOf([{ name: long, type: long, description: long }]);
      assert.equal(Array.from(column?.path[0] ?? '').length, 300);
      assert.equal(Array.from(column?.type ?? '').length, 100);
      assert.equal(column?.description, '😀'.repeat(1_024));
    });

    for (const [path, schema] of [
      ['schema', 'text'],
      ['schema', []],
      ['schema.fields', { fields: {} }],
      ['schema.fields', { fields: [null] }],
      ['schema.fields', { fields: [{ type: 'STRING' }] }],
      ['schema.fields', { fields: [{ name: 5, type: 'STRING' }] }],
      ['schema.fields', { fields: [{ name: 'a' }] }],
      ['schema.fields', { fields: [{ name: 'a', type: 'RECORD', fields: 'b' }] }],
      ['schema.fields', { fields: [{ name: 'a', type: 'RECORD', fields: [{}] }] }],
    ] as const) {
      it(`that can’t be read make it invalid: ${JSON.stringify(schema)}`, () => {
        assert.deepEqual(mapInspection({ kind: 'bigquery#table', schema }), { kind: 'invalid', path });
      });
    }
  });

  it('has the streaming buffer apart from what is counted', () => {
    const streamingBuffer = {
      estimatedRows: '48210',
      estimatedBytes: '9007199254740993',
      oldestEntryTime: '1780000000123',
    };
    assert.deepEqual(map({ streamingBuffer }).streamingBuffer, {
      estimatedRows: 48_210n,
      estimatedBytes: 9_007_199_254_740_993n,
      oldestEntryAt: 1_780_000_000_123_000n,
    });
    assert.deepEqual(map({ streamingBuffer: {} }).streamingBuffer, {
      estimatedRows: null,
      estimatedBytes: null,
      oldestEntryAt: null,
    });
  });

  it('has times and place', () => {
    const inspection = map({
      type: 'TABLE',
      creationTime: '1000',
      lastModifiedTime: '2000',
      expirationTime: '3000',
      location: 'europe-west3',
    });
    const { createdAt, lastModified, expiresAt, location } = inspection;
    assert.deepEqual(
      [createdAt, lastModified, expiresAt, location],
      [1_000_000n, 2_000_000n, 3_000_000n, 'europe-west3'],
    );
  });

  it('has no time of data for what has no data of its own, and yet the time of its creation', () => {
    for (const type of ['VIEW', 'MATERIALIZED_VIEW', 'EXTERNAL']) {
      const { createdAt, lastModified } = map({ type, creationTime: '1000', lastModifiedTime: '2000' });
      assert.deepEqual([createdAt, lastModified], [1_000_000n, null]);
    }
  });

  it('does not know what it can’t read', () => {
    const mapping = mapInspection({
      kind: 'bigquery#table',
      creationTime: 'soon',
      expirationTime: -1,
      lastModifiedTime: {},
      location: 5,
      streamingBuffer: { estimatedRows: 'many', oldestEntryTime: [] },
      schema: { fields: [{ name: 'a', type: 'STRING', description: 5 }] },
    });
    assert.ok(mapping.kind === 'mapped');
    const { columns, streamingBuffer, ...rest } = mapping.inspection;
    assert.deepEqual(Object.values(rest), [null, null, null, null]);
    assert.deepEqual(Object.values(streamingBuffer ?? {}), [null, null, null]);
    assert.deepEqual(columns, [{ path: ['a'], type: 'STRING', mode: 'NULLABLE', description: null }]);
  });

  it('tells anything apart that is not a table resource', () => {
    for (const other of [undefined, null, 'text', 5, [], {}, { kind: 'bigquery#tableList' }]) {
      assert.deepEqual(mapInspection(other), { kind: 'notATable' });
    }
  });

  describe('never throws, and is bounded', () => {
    const names = [
      'type',
      'schema',
      'streamingBuffer',
      'creationTime',
      'lastModifiedTime',
      'expirationTime',
      'location',
    ];
    const { field } = fc.letrec<{ field: unknown; leaf: unknown }>((tie) => ({
      leaf: fc.jsonValue(),
      field: fc.oneof(
        { maxDepth: 20 },
        tie('leaf'),
        fc.record(
          {
            name: fc.oneof(fc.string(), fc.jsonValue()),
            type: fc.oneof(fc.constantFrom('RECORD', 'INTEGER', 'RANGE'), fc.jsonValue()),
            mode: fc.jsonValue(),
            rangeElementType: fc.jsonValue(),
            fields: fc.oneof(fc.array(tie('field'), { maxLength: 3 }), fc.jsonValue()),
          },
          { requiredKeys: [] },
        ),
      ),
    }));

    it('on any JSON', () => {
      fc.assert(
        fc.property(
          fc.dictionary(fc.constantFrom(...names), fc.jsonValue()),
          fc.array(field),
          fc.boolean(),
          (parts, fields, hasSchema) => {
            const schema = hasSchema ? { schema: { fields } } : {};
            const mapping = mapInspection({ ...parts, ...schema, kind: 'bigquery#table' });
            if (mapping.kind !== 'mapped') {
              assert.equal(mapping.kind, 'invalid');
              return;
            }
            for (const { path, type } of mapping.inspection.columns) {
              assert.ok(path.length > 0 && path.length <= MAX_RECORD_DEPTH + 1 && type !== '');
            }
          },
        ),
      );
    });

    it('on JSON that is nested without end', () => {
      const levels = 200_000;
      const open = '{"name":"r","type":"RECORD","fields":[';
      const nested = `${open.repeat(levels)}${']}'.repeat(levels)}`;
      const text = `{"kind":"bigquery#table","schema":{"fields":[${nested}]}}`;
      const mapping = mapInspection(JSON.parse(text));
      assert.ok(mapping.kind === 'mapped');
      assert.equal(mapping.inspection.columns.length, MAX_RECORD_DEPTH + 1);
      const range = `${'{"type":"RANGE","rangeElementType":'.repeat(levels)}{}${'}'.repeat(levels)}`;
      const column = `{"name":"c","type":"RANGE","rangeElementType":${range}}`;
      const ranges = mapInspection(JSON.parse(`{"kind":"bigquery#table","schema":{"fields":[${column}]}}`));
      assert.equal(ranges.kind, 'mapped');
    });
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';

import type { TableMetadata } from '../../../src/core/cachedMetadata.ts';
import { hasDate } from '../../../src/core/time.ts';
import { mapTable } from '../../../src/adapters/bigquery/tableMapping.ts';
import type { TableResource } from '../../../src/sample/tableResource.ts';

function map(resource: TableResource): TableMetadata {
  const mapping = mapTable({ kind: 'bigquery#table', ...resource });
  assert.equal(mapping.kind, 'mapped');
  assert.ok('metadata' in mapping);
  return mapping.metadata;
}

const counted: TableResource = { type: 'TABLE', numRows: '5', numBytes: '6' };

describe('table mapping', () => {
  describe('entity type', () => {
    const cases: readonly (readonly [TableResource, string | null])[] = [
      [{ type: 'TABLE' }, 'BASE TABLE'],
      [{ type: 'TABLE', cloneDefinition: { cloneTime: '2026-01-01T00:00:00Z' } }, 'CLONE'],
      [{ type: 'VIEW' }, 'VIEW'],
      [{ type: 'MATERIALIZED_VIEW' }, 'MATERIALIZED VIEW'],
      [{ type: 'EXTERNAL' }, 'EXTERNAL'],
      [{ type: 'SNAPSHOT' }, 'SNAPSHOT'],
      [{ type: 'MODEL' }, 'MODEL'],
      [{}, null],
    ];
    for (const [resource, expected] of cases) {
      it(`${JSON.stringify(resource)} is ${String(expected)}`, () => {
        assert.equal(map(resource).entityType, expected);
      });
    }
  });

  describe('rows and bytes', () => {
    for (const type of ['TABLE', 'SNAPSHOT', 'SOMETHING_NEW']) {
      it(`are those of a ${type}`, () => {
        const { rows, sizeBytes } = map({ ...counted, type });
        assert.deepEqual([rows, sizeBytes], [5n, 6n]);
      });
    }
    for (const type of ['VIEW', 'MATERIALIZED_VIEW', 'EXTERNAL']) {
      it(`are unknown for a ${type}, whatever the service says`, () => {
        const { rows, sizeBytes } = map({ ...counted, type, numTotalLogicalBytes: '7' });
        assert.deepEqual([rows, sizeBytes], [null, null]);
      });
    }
    it('zero is a number', () => {
      const { rows, sizeBytes } = map({ type: 'TABLE', numRows: '0', numBytes: '0' });
      assert.deepEqual([rows, sizeBytes], [0n, 0n]);
    });
    it('absent is unknown', () => {
      const { rows, sizeBytes } = map({ type: 'TABLE' });
      assert.deepEqual([rows, sizeBytes], [null, null]);
    });
    it('total logical bytes win, and long-term bytes are never added', () => {
      assert.equal(map({ ...counted, numTotalLogicalBytes: '9', numLongTermBytes: '4' }).sizeBytes, 9n);
      assert.equal(map({ ...counted, numLongTermBytes: '4' }).sizeBytes, 6n);
    });
    it('are exact over the whole range of the column', () => {
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (count) => {
          const table = map({ type: 'TABLE', numRows: String(count), numBytes: String(count) });
          assert.deepEqual([table.rows, table.sizeBytes], [count, count]);
        }),
      );
    });
  });

  describe('time of the last change', () => {
    const lastModifiedTime = '1780000000123';
    for (const type of ['TABLE', 'SNAPSHOT', 'SOMETHING_NEW', undefined]) {
      it(`is that of the data of ${type ?? 'what has no type'}`, () => {
        const resource = type === undefined ? {} : { type };
        assert.equal(map({ ...resource, lastModifiedTime }).lastModified, 1_780_000_000_123_000n);
      });
    }
    for (const type of ['VIEW', 'MATERIALIZED_VIEW', 'EXTERNAL']) {
      it(`is unknown for a ${type}, whose time is that of its definition`, () => {
        assert.equal(map({ type, lastModifiedTime }).lastModified, null);
      });
    }
    it('may come as a number', () => {
      const mapping = mapTable({ kind: 'bigquery#table', ...counted, lastModifiedTime: 1_780_000_000_123 });
      assert.ok(mapping.kind === 'mapped');
      assert.equal(mapping.metadata.lastModified, 1_780_000_000_123_000n);
    });
    for (const unreadable of [
      undefined,
      null,
      '',
      '0',
      'now',
      '-5',
      '1.5',
      1.5,
      '99999999999999999999',
      {},
    ]) {
      it(`${unreadable === undefined ? 'absent' : JSON.stringify(unreadable)} is unknown, and costs no numbers`, () => {
        const mapping = mapTable({ kind: 'bigquery#table', ...counted, lastModifiedTime: unreadable });
        assert.ok(mapping.kind === 'mapped');
        const { lastModified, rows, sizeBytes } = mapping.metadata;
        assert.deepEqual([lastModified, rows, sizeBytes], [null, 5n, 6n]);
      });
    }
    it('has a date, however large the number', () => {
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n }), (ms) => {
          const { lastModified } = map({ ...counted, lastModifiedTime: String(ms) });
          assert.ok(lastModified === null || hasDate(lastModified));
        }),
      );
    });
  });

  describe('partitioning', () => {
    const cases: readonly (readonly [string, TableResource, string | null])[] = [
      ['column', { timePartitioning: { type: 'DAY', field: 'd' } }, 'd'],
      ['time of ingestion', { timePartitioning: { type: 'HOUR' } }, '_PARTITIONTIME'],
      ['range', { rangePartitioning: { field: 'n' } }, 'n'],
      ['definition', { partitionDefinition: { partitionedColumn: [{ field: 'p' }, { field: 'q' }] } }, 'p'],
      ['empty definition', { partitionDefinition: { partitionedColumn: [] } }, null],
      ['none', {}, null],
    ];
    for (const [name, resource, expected] of cases) {
      it(name, () => assert.equal(map(resource).partitionBy, expected));
    }
  });

  describe('clustering and columns', () => {
    it('keeps the order of clustering', () => {
      assert.deepEqual(map({ clustering: { fields: ['b', 'a'] } }).clusteredBy, ['b', 'a']);
    });
    it('no clustering is an empty list, not unknown', () => assert.deepEqual(map({}).clusteredBy, []));
    it('names top-level columns alone, in order', () => {
      const fields = [{ name: 'z', fields: [{ name: 'inner' }] }, { name: 'a' }];
      assert.deepEqual(map({ schema: { fields } }).knownColumns, ['z', 'a']);
    });
    it('no columns are unknown columns', () => {
      assert.equal(map({}).knownColumns, null);
      assert.equal(map({ schema: {} }).knownColumns, null);
      assert.equal(map({ schema: { fields: [] } }).knownColumns, null);
    });
  });

  describe('an answer that breaks its rules is invalid as a whole', () => {
    const cases: readonly (readonly [string, object])[] = [
      ['numRows', { numRows: 'abc' }],
      ['numRows', { numRows: '-1' }],
      ['numRows', { numRows: '1.5' }],
      ['numRows', { numRows: 1.5 }],
      ['numRows', { numRows: 2 ** 53 }],
      ['numBytes', { numBytes: '9223372036854775808' }],
      ['numTotalLogicalBytes', { numTotalLogicalBytes: '' }],
      ['type', { type: 42 }],
      ['timePartitioning', { timePartitioning: 'DAY' }],
      ['clustering.fields.1', { clustering: { fields: ['a', 1] } }],
      ['schema.fields', { schema: { fields: [{ name: null }] } }],
      ['schema.fields', { schema: { fields: {} } }],
    ];
    for (const [path, part] of cases) {
      it(JSON.stringify(part), () => {
        const mapping = mapTable({ kind: 'bigquery#table', type: 'TABLE', ...part });
        assert.deepEqual(mapping, { kind: 'invalid', path });
      });
    }
  });

  it('anything that is not a table resource is told apart', () => {
    for (const other of [undefined, null, 'text', 5, [], {}, { kind: 'bigquery#tableList' }]) {
      assert.deepEqual(mapTable(other), { kind: 'notATable' });
    }
  });

  it('never throws on any JSON', () => {
    const names = [
      'type',
      'numRows',
      'numBytes',
      'schema',
      'clustering',
      'timePartitioning',
      'cloneDefinition',
      'lastModifiedTime',
    ];
    const resource = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
    fc.assert(
      fc.property(resource, (parts) => {
        const { kind } = mapTable({ ...parts, kind: 'bigquery#table' });
        assert.ok(kind === 'mapped' || kind === 'invalid');
      }),
    );
  });
});

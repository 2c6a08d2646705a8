import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  compareShapes,
  MAX_CHANGE_TEXT,
  MAX_NAMED_COLUMNS,
  type TableChange,
  type TableShape,
} from '../../../src/core/tableChange.ts';

const SHAPE: TableShape = {
  rows: 1_000n,
  entityType: 'BASE TABLE',
  partitionBy: 'day',
  knownColumns: ['id', 'day', 'country'],
};
const NO_CHANGE: TableChange = { columns: null, entityType: null, partitionBy: null, rows: null };

const change = (before: Partial<TableShape>, after: Partial<TableShape>): TableChange | undefined =>
  compareShapes({ ...SHAPE, ...before }, { ...SHAPE, ...after });

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 290, maxLength: 700 }));
const shapes = fc.record<TableShape>({
  rows: fc.option(fc.bigInt(0n, 2n ** 63n - 1n)),
  entityType: fc.option(fc.oneof(fc.constantFrom('BASE TABLE', 'VIEW'), text)),
  partitionBy: fc.option(text),
  knownColumns: fc.option(fc.uniqueArray(fc.oneof(fc.constantFrom('a', 'b', 'c'), text), { maxLength: 60 })),
});

describe('what became different between two refreshes', () => {
  it('is nothing for one and the same shape, in whatever order its columns are', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        assert.equal(compareShapes(shape, shape), undefined);
        const knownColumns = shape.knownColumns?.toReversed() ?? null;
        assert.equal(compareShapes(shape, { ...shape, knownColumns }), undefined);
      }),
    );
  });

  it('is nothing for pseudo columns, which a server lists and BigQuery itself does not', () => {
    const real = ['id', '_partly', '_table', '_change_type_id', 'x_PARTITIONTIME'];
    const pseudo = [
      ...[
        '_PARTITIONTIME',
        '_PARTITIONDATE',
        '_partitiontime',
        '_TABLE_SUFFIX',
        '_FILE_NAME',
        '_ROW_TIMESTAMP',
      ],
      ...['_CHANGE_TYPE', '_CHANGE_TIMESTAMP', '_CHANGE_SEQUENCE_NUMBER', '_COLIDENTIFIER_1', '__ROOT__x'],
    ];
    for (const name of pseudo) {
      assert.equal(change({ knownColumns: [name, ...real] }, { knownColumns: real }), undefined, name);
      assert.equal(change({ knownColumns: real }, { knownColumns: [name, ...real] }), undefined, name);
    }
    for (const name of real) {
      const others = real.filter((each) => each !== name);
      const found = change({ knownColumns: [...pseudo, ...real] }, { knownColumns: others });
      assert.deepEqual(found?.columns, { added: [], removed: [name], addedCount: 0, removedCount: 1 });
    }
  });

  it('says backwards what it says forwards, but for rows that came back', () => {
    fc.assert(
      fc.property(shapes, shapes, (one, other) => {
        const there = compareShapes(one, other) ?? NO_CHANGE;
        const back = compareShapes(other, one) ?? NO_CHANGE;
        assert.deepEqual(back.entityType, reversed(there.entityType));
        assert.deepEqual(back.partitionBy, reversed(there.partitionBy));
        assert.deepEqual(
          back.columns && {
            added: back.columns.removed,
            removed: back.columns.added,
            addedCount: back.columns.removedCount,
            removedCount: back.columns.addedCount,
          },
          there.columns,
        );
        assert.ok(there.rows === null || back.rows === null);
      }),
    );
  });

  it('says something where it is there, of texts and lists that have an end', () => {
    fc.assert(
      fc.property(shapes, shapes, (one, other) => {
        const found = compareShapes(one, other);
        if (found === undefined) return;
        assert.ok(Object.values(found).some((difference) => difference !== null));
        const { columns, entityType, partitionBy } = found;
        for (const names of [columns?.added ?? [], columns?.removed ?? []]) {
          assert.ok(names.length <= MAX_NAMED_COLUMNS);
        }
        const texts = [
          ...(columns?.added ?? []),
          ...(columns?.removed ?? []),
          ...[entityType?.before, entityType?.after, partitionBy?.before, partitionBy?.after].flatMap(
            (each) => each ?? [],
          ),
        ];
        for (const each of texts) assert.ok(Array.from(each).length <= MAX_CHANGE_TEXT);
      }),
    );
  });

  it('counts the columns that it does not name', () => {
    const many = Array.from({ length: 25 }, (_, i) => `c${i}`);
    assert.deepEqual(change({ knownColumns: ['old'] }, { knownColumns: many })?.columns, {
      added: many.slice(0, 20),
      removed: ['old'],
      addedCount: 25,
      removedCount: 1,
    });
  });

  it('counts a column once that a file names twice', () => {
    const columns = change({ knownColumns: ['a'] }, { knownColumns: ['a', 'b', 'b'] })?.columns;
    assert.deepEqual([columns?.added, columns?.addedCount], [['b'], 1]);
  });

  it('does not take for different what is not known', () => {
    assert.equal(change({ knownColumns: null }, {}), undefined);
    assert.equal(change({}, { knownColumns: null }), undefined);
    assert.equal(change({ entityType: null }, {}), undefined);
    assert.equal(change({ rows: null }, { rows: 0n }), undefined);
    assert.equal(change({}, { rows: null }), undefined);
  });

  it('tells partitioning that came, went or is another one', () => {
    const told = (before: string | null, after: string | null): unknown =>
      change({ partitionBy: before }, { partitionBy: after });
    assert.deepEqual(told(null, 'day'), { ...NO_CHANGE, partitionBy: { before: null, after: 'day' } });
    assert.deepEqual(told('day', null), { ...NO_CHANGE, partitionBy: { before: 'day', after: null } });
    assert.deepEqual(told('day', 'hour'), { ...NO_CHANGE, partitionBy: { before: 'day', after: 'hour' } });
  });

  it('does not take partitioning for gone where a server was told neither it nor the columns', () => {
    const unanswered = { partitionBy: null, knownColumns: null };
    assert.equal(change({}, unanswered), undefined);
    assert.equal(change(unanswered, {}), undefined);
  });

  it('tells of what became a view that it did, not that its partitioning is gone', () => {
    assert.deepEqual(change({}, { entityType: 'VIEW', partitionBy: null, rows: null }), {
      ...NO_CHANGE,
      entityType: { before: 'BASE TABLE', after: 'VIEW' },
    });
  });

  for (const [before, after, isTold] of [
    [1n, 0n, true],
    [99n, 1n, false],
    [100n, 50n, false],
    [100n, 49n, true],
    [101n, 50n, true],
    [2n ** 62n, 2n ** 61n - 1n, true],
    [0n, 0n, false],
    [0n, 5n, false],
    [1_000n, 999n, false],
  ] as const) {
    it(`${isTold ? 'tells' : 'does not tell'} of ${before} rows that became ${after}`, () => {
      const expected = isTold ? { ...NO_CHANGE, rows: { before, after } } : undefined;
      assert.deepEqual(change({ rows: before }, { rows: after }), expected);
    });
  }
});

function reversed<T>(difference: { before: T; after: T } | null): { before: T; after: T } | null {
  return difference === null ? null : { before: difference.after, after: difference.before };
}

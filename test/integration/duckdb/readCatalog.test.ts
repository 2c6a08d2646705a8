import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import type { CatalogRow } from '../../../src/ports/tableStore.ts';
import {
  INELIGIBLE_REGISTRATIONS,
  eligibleRegistrations,
  withPlainDuckDb,
  writeAgnesFile,
  type AgnesEra,
  type AgnesFileContents,
} from '../../fixtures/agnesFile.ts';
import { Bench, NOW } from './harness.ts';

const LAYOUTS: readonly { readonly era: AgnesEra; readonly upgraded: boolean }[] = [
  { era: '0.52', upgraded: false },
  { era: '0.52', upgraded: true },
  { era: 'current', upgraded: false },
  { era: 'current', upgraded: true },
];

const ids = (rows: readonly CatalogRow[]): string[] => rows.map(({ registration }) => registration.id);

describe('reading the shared file', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.dispose());

  const write = (contents: AgnesFileContents): Promise<void> => writeAgnesFile(bench.path(), contents);

  for (const layout of LAYOUTS) {
    it(`reads a file of ${layout.era}, ${layout.upgraded ? 'upgraded' : 'fresh'}`, async () => {
      await write({
        ...layout,
        registrations: [
          { id: 'b', name: 'Beta', bucket: 'sales', bqFqn: 'project-1.real.b', accessPolicySql: 'true' },
          { id: 'a', name: 'Zeta', bucket: 'sales', sourceTable: 'orders', folder: 'f', description: 'd' },
          ...INELIGIBLE_REGISTRATIONS,
        ],
        cached: [
          {
            tableId: 'a',
            rows: 9_007_199_254_740_993n,
            sizeBytes: 0n,
            partitionBy: 'day',
            clusteredBy: '["x", "\\u65e5"]',
            entityType: 'BASE TABLE',
            knownColumns: '["x"]',
            refreshedAt: NOW - 1n,
            errorAt: NOW,
            errorMsg: 'no',
          },
          { tableId: 'orphan', rows: 1n },
        ],
      });
      const { rows, readAt, writeObstacle } = await bench.store().readCatalog();
      const current = layout.era === 'current';
      assert.equal(writeObstacle, undefined);
      assert.equal(readAt, NOW);
      assert.deepEqual(rows, [
        {
          registration: {
            id: 'b',
            name: 'Beta',
            sourceType: 'bigquery',
            queryMode: 'remote',
            bucket: 'sales',
            sourceTable: null,
            bqFqn: current ? 'project-1.real.b' : null,
            hasAccessPolicy: current,
            folder: null,
          },
          cached: null,
        },
        {
          registration: {
            id: 'a',
            name: 'Zeta',
            sourceType: 'bigquery',
            queryMode: 'remote',
            bucket: 'sales',
            sourceTable: 'orders',
            bqFqn: null,
            hasAccessPolicy: false,
            folder: 'f',
          },
          cached: {
            rows: 9_007_199_254_740_993n,
            sizeBytes: 0n,
            partitionBy: 'day',
            clusteredBy: ['x', '日'],
            entityType: 'BASE TABLE',
            refreshedAt: NOW - 1n,
            errorAt: NOW,
            errorMessage: 'no',
          },
        },
      ]);
    });
  }

  it('reads one table, eligible or not, and null for one that is not registered', async () => {
    await write({
      era: 'current',
      registrations: [...eligibleRegistrations(3), ...INELIGIBLE_REGISTRATIONS],
      cached: [{ tableId: 'table_0001', rows: 5n }, { tableId: 'orphan' }],
    });
    const store = bench.store();
    assert.equal((await store.readTable('table_0001')).row?.cached?.rows, 5n);
    assert.equal((await store.readTable('x_local')).row?.registration.queryMode, 'local');
    assert.deepEqual(await store.readTable('orphan'), { row: null, writeObstacle: undefined });
    assert.equal((await store.readTable("' OR true --")).row, null);
  });

  it('takes a folder without a name for none, and one that the file has no column for', async () => {
    await write({
      era: 'current',
      registrations: [
        { id: 'a', folder: ' ' },
        { id: 'b', folder: '' },
      ],
    });
    const folders = async (path: string): Promise<unknown> =>
      (await bench.store(path).readCatalog()).rows.map(({ registration }) => registration.folder);
    assert.deepEqual(await folders(bench.path()), [null, null]);
    await writeAgnesFile(bench.path('old'), {
      era: '0.52',
      registrations: [{ id: 'a', folder: 'Finance' }],
      extraSql: ['DROP TABLE table_notes', 'ALTER TABLE table_registry DROP COLUMN folder'],
    });
    assert.deepEqual(await folders(bench.path('old')), [null]);
  });

  it('reads 10,000 columns of one table and 1,000 tables', async () => {
    const columns = Array.from({ length: 10_000 }, (_, index) => `column_${index}`);
    await write({
      era: 'current',
      registrations: eligibleRegistrations(1_000),
      cached: [{ tableId: 'table_0000', knownColumns: JSON.stringify(columns) }],
    });
    const store = bench.store();
    assert.equal((await store.readCatalog()).rows.length, 1_000);
    assert.deepEqual((await store.readDetails('table_0000'))?.knownColumns, columns);
  });

  it('knows a policy by its text: an empty one is none', async () => {
    await write({
      era: 'current',
      registrations: [
        { id: 'a', accessPolicySql: '' },
        { id: 'b', accessPolicySql: "region = 'EU'" },
      ],
    });
    const { rows } = await bench.store().readCatalog();
    assert.deepEqual(
      rows.map(({ registration }) => registration.hasAccessPolicy),
      [false, true],
    );
  });

  it('shows times that no calendar has as not known', async () => {
    await write({
      era: 'current',
      registrations: [{ id: 'a' }, { id: 'b' }],
      extraSql: [
        "INSERT INTO bq_metadata_cache (table_id, refreshed_at, error_at) VALUES ('a', 'infinity', '-infinity')",
        "INSERT INTO bq_metadata_cache (table_id, refreshed_at, error_at) VALUES ('b', '290000-01-01', '0044-03-15 (BC)')",
      ],
    });
    for (const { cached } of (await bench.store().readCatalog()).rows) {
      assert.deepEqual([cached?.refreshedAt, cached?.errorAt], [null, null]);
    }
  });

  it('shows every table as never fetched where there is no cache table, and writes nothing', async () => {
    await write({
      era: '0.52',
      registrations: eligibleRegistrations(2),
      extraSql: ['DROP TABLE bq_metadata_cache'],
    });
    const { rows, writeObstacle } = await bench.store().readCatalog();
    assert.deepEqual(
      rows.map(({ cached }) => cached),
      [null, null],
    );
    assert.equal(writeObstacle?.reason, 'fileTooOldToWrite');
  });

  it('reads a cache of early 0.52 servers and says that it is too old to write', async () => {
    await write({
      era: '0.52',
      registrations: eligibleRegistrations(1),
      cached: [{ tableId: 'table_0000', rows: 7n }],
      extraSql: [
        'ALTER TABLE bq_metadata_cache DROP COLUMN entity_type',
        'ALTER TABLE bq_metadata_cache DROP COLUMN known_columns',
      ],
    });
    const { rows, writeObstacle } = await bench.store().readCatalog();
    assert.deepEqual([rows[0]?.cached?.rows, rows[0]?.cached?.entityType], [7n, null]);
    assert.equal(writeObstacle?.reason, 'fileTooOldToWrite');
    assert.deepEqual((await bench.store().readDetails('table_0000'))?.knownColumns, null);
  });

  it('reads malformed rows: no id, one id twice, no name, columns of other types', async () => {
    await withPlainDuckDb(bench.path(), async (connection) => {
      await connection.run(`CREATE TABLE table_registry (query_mode VARCHAR, "ID" VARCHAR, source_type VARCHAR,
        name VARCHAR, bucket INTEGER, source_table INTEGER[])`);
      await connection.run(`INSERT INTO table_registry VALUES
        ('remote', NULL, 'bigquery', 'no id', 1, NULL),
        ('remote', 'twice', 'bigquery', 'first', 1, NULL),
        ('remote', 'twice', 'bigquery', 'a second', 2, NULL),
        ('remote', 'nameless', 'bigquery', NULL, 3, [1]),
        ('remote', '', 'bigquery', 'empty id', 4, NULL)`);
      await connection.run(`CREATE TABLE bq_metadata_cache (table_id VARCHAR, rows HUGEINT, size_bytes VARCHAR,
        partition_by INTEGER, clustered_by VARCHAR, entity_type BOOLEAN, refreshed_at VARCHAR,
        error_at TIMESTAMPTZ, error_msg BLOB)`);
      await connection.run(`INSERT INTO bq_metadata_cache VALUES
        ('twice', 170141183460469231731687303715884105727, '12', 5, '["a"', true, '2026-05-04 10:00:00.123456',
          '2026-05-04 12:00:00.123456+02:00', '\\xFF'),
        ('twice', 1, '1', 1, '[]', true, NULL, NULL, NULL),
        (NULL, 1, '1', 1, '[]', true, NULL, NULL, NULL),
        ('nameless', 3, 'many', NULL, '{}', NULL, 'soon', NULL, NULL)`);
    });
    const { rows, writeObstacle } = await bench.store().readCatalog();
    assert.equal(writeObstacle?.reason, 'fileTooOldToWrite');
    assert.deepEqual(ids(rows), ['', 'twice', 'nameless']);
    assert.deepEqual(
      rows.map(({ registration }) => [registration.name, registration.bucket, registration.sourceTable]),
      [
        ['empty id', '4', null],
        ['first', '1', null],
        ['nameless', '3', '[1]'],
      ],
    );
    assert.deepEqual(rows[1]?.cached, {
      rows: null,
      sizeBytes: 12n,
      partitionBy: '5',
      clusteredBy: null,
      entityType: 'true',
      refreshedAt: NOW,
      errorAt: NOW,
      errorMessage: '\\xFF',
    });
    assert.deepEqual(
      [rows[2]?.cached?.rows, rows[2]?.cached?.sizeBytes, rows[2]?.cached?.refreshedAt],
      [3n, null, null],
    );
  });

  it('takes a view of the name for no table', async () => {
    await write({
      era: 'current',
      registrations: eligibleRegistrations(1),
      extraSql: [
        'DROP TABLE bq_metadata_cache',
        "CREATE VIEW bq_metadata_cache AS SELECT 'table_0000' AS table_id, 1::BIGINT AS rows",
      ],
    });
    const { rows, writeObstacle } = await bench.store().readCatalog();
    assert.equal(rows[0]?.cached, null);
    assert.equal(writeObstacle?.reason, 'fileTooOldToWrite');
  });

  it('opens a path with quotes, spaces and other scripts in it', async () => {
    await write({ era: 'current', registrations: eligibleRegistrations(1) });
    const odd = bench.path('it\'s a "file" – データ.duckdb');
    await rename(bench.path(), odd);
    assert.deepEqual(ids((await bench.store(odd).readCatalog()).rows), ['table_0000']);
  });
});

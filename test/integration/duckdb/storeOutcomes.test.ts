import assert from 'node:assert/strict';
import { access, readdir } from 'node:fs/promises';
import { DuckDbTableStore } from '../../../src/adapters/duckdb/duckDbTableStore.ts';
import { eligibleRegistrations, writeAgnesFile, type AgnesEra } from '../../fixtures/agnesFile.ts';
import { patchStorageVersion, readMainHeader, readStorageVersion } from '../../fixtures/agnesFileHeader.ts';
import { leaveLogBehind, readElsewhere, type PrintedRow } from '../../fixtures/agnesFileProcesses.ts';
import { Bench, HOUR, NOW, assertReason, failure, registeredAs, resultsOf, success } from './harness.ts';

const FAR_WEST = { TZ: 'America/New_York' };
const NOW_TEXT = '2026-05-04 10:00:00.123456';

const CACHE_ROW = `SELECT table_id, rows::VARCHAR, size_bytes::VARCHAR, partition_by, clustered_by::VARCHAR, entity_type,
  known_columns::VARCHAR, refreshed_at::VARCHAR, error_at::VARCHAR, error_msg FROM bq_metadata_cache ORDER BY table_id`;

describe('storing outcomes', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.dispose());

  const cacheRows = (): Promise<PrintedRow[]> => readElsewhere(bench.path(), CACHE_ROW, FAR_WEST);

  for (const [era, upgraded] of [
    ['0.52', false],
    ['0.52', true],
    ['current', false],
    ['current', true],
  ] satisfies [AgnesEra, boolean][]) {
    it(`writes what a plain DuckDB in another zone reads: ${era}, ${upgraded ? 'upgraded' : 'fresh'}`, async () => {
      await writeAgnesFile(bench.path(), { era, upgraded, registrations: eligibleRegistrations(3) });
      const answers = await bench.store().storeOutcomes([
        success('table_0000', {
          rows: 2n ** 63n - 1n,
          sizeBytes: 9_007_199_254_740_993n,
          partitionBy: 'day',
          clusteredBy: ['a', '日'],
          entityType: 'BASE TABLE',
          knownColumns: ['a', 'b"'],
        }),
        failure('table_0001', 'Access denied'),
      ]);
      assert.deepEqual(answers, [{ result: 'stored' }, { result: 'stored' }]);
      assert.deepEqual(await cacheRows(), [
        [
          'table_0000',
          '9223372036854775807',
          '9007199254740993',
          'day',
          '["a","日"]',
          'BASE TABLE',
          '["a","b\\""]',
          NOW_TEXT,
          null,
          null,
        ],
        ['table_0001', null, null, null, null, null, null, null, NOW_TEXT, 'Access denied'],
      ]);
    });
  }

  it('keeps the numbers when a refresh fails, and clears the error when one succeeds', async () => {
    await writeAgnesFile(bench.path(), {
      era: 'current',
      registrations: eligibleRegistrations(2),
      cached: [
        {
          tableId: 'table_0000',
          rows: 5n,
          sizeBytes: 6n,
          partitionBy: 'p',
          clusteredBy: '["c"]',
          entityType: 'VIEW',
          knownColumns: '["k"]',
          refreshedAt: NOW - HOUR,
        },
        { tableId: 'table_0001', rows: 1n, refreshedAt: NOW - HOUR, errorAt: NOW - 1n, errorMsg: 'old' },
      ],
    });
    await bench.store().storeOutcomes([failure('table_0000', 'gone'), success('table_0001', { rows: 2n })]);
    assert.deepEqual(await cacheRows(), [
      ['table_0000', '5', '6', 'p', '["c"]', 'VIEW', '["k"]', '2026-05-04 09:00:00.123456', NOW_TEXT, 'gone'],
      ['table_0001', '2', null, null, null, null, null, NOW_TEXT, null, null],
    ]);
  });

  it('keeps an unknown list apart from an empty one, and null apart from zero', async () => {
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(2) });
    const store = bench.store();
    await store.storeOutcomes([
      success('table_0000', { rows: 0n, clusteredBy: [], knownColumns: [] }),
      success('table_0001'),
    ]);
    assert.deepEqual(
      await readElsewhere(
        bench.path(),
        'SELECT rows::VARCHAR, clustered_by::VARCHAR, known_columns::VARCHAR FROM bq_metadata_cache ORDER BY table_id',
      ),
      [
        ['0', '[]', '[]'],
        [null, null, null],
      ],
    );
    const { rows } = await store.readCatalog();
    assert.deepEqual(
      rows.map(({ cached }) => cached?.clusteredBy),
      [[], null],
    );
  });

  it('cuts an error after 512 code points, not in the middle of a character', async () => {
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(1) });
    const store = bench.store();
    await store.storeOutcomes([failure('table_0000', `${'😀'.repeat(511)}ab`)]);
    const { rows } = await store.readCatalog();
    assert.equal(rows[0]?.cached?.errorMessage, `${'😀'.repeat(511)}a`);
    assert.deepEqual(
      await readElsewhere(bench.path(), 'SELECT length(error_msg)::INTEGER FROM bq_metadata_cache'),
      [[512]],
    );
  });

  it('stores a count that the column can’t hold as not known', async () => {
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(1) });
    const store = bench.store();
    await store.storeOutcomes([success('table_0000', { rows: 2n ** 63n, sizeBytes: -(2n ** 63n) })]);
    const { rows } = await store.readCatalog();
    assert.deepEqual([rows[0]?.cached?.rows, rows[0]?.cached?.sizeBytes], [null, -(2n ** 63n)]);
  });

  it('stores 10,000 columns, and names that are no valid text', async () => {
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(2) });
    const store = bench.store();
    const columns = Array.from({ length: 10_000 }, (_, index) => `column_${index}`);
    await store.storeOutcomes([
      success('table_0000', { knownColumns: columns }),
      success('table_0001', { rows: 1n, knownColumns: ['\ud800'], partitionBy: '\ud800' }),
    ]);
    assert.deepEqual((await store.readDetails('table_0000'))?.knownColumns, columns);
    const { rows } = await store.readCatalog();
    assert.equal(rows[1]?.cached?.rows, 1n);
  });

  it('stores 1,000 outcomes in one call', async () => {
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(1_000) });
    const store = bench.store();
    const outcomes = eligibleRegistrations(1_000).map(({ id }, index) =>
      success(id ?? '', { rows: BigInt(index) }),
    );
    assert.deepEqual(new Set(await resultsOf(store.storeOutcomes(outcomes))), new Set(['stored']));
    const { rows } = await store.readCatalog();
    assert.deepEqual(
      rows.map(({ cached }) => cached?.rows),
      outcomes.map((_, index) => BigInt(index)),
    );
  });

  it('takes the latest of two observations of one table', async () => {
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(1) });
    const results = await resultsOf(
      bench
        .store()
        .storeOutcomes([
          success('table_0000', { rows: 1n }, { observedAt: NOW - 2n }),
          success('table_0000', { rows: 2n }, { observedAt: NOW }),
          failure('table_0000', 'late', { observedAt: NOW - 1n }),
        ]),
    );
    assert.deepEqual(results, ['superseded', 'stored', 'superseded']);
    assert.deepEqual(
      (await cacheRows()).map((row) => row[1]),
      ['2'],
    );
  });

  it('leaves nothing beside the file, and the file as it was laid out', async () => {
    await writeAgnesFile(bench.path(), {
      era: '0.52',
      upgraded: true,
      registrations: eligibleRegistrations(1),
    });
    await patchStorageVersion(bench.path(), 64n); // what the oldest servers can read
    const header = await readMainHeader(bench.path());
    const layout = 'SELECT sql FROM duckdb_tables() ORDER BY table_name';
    const tables = await readElsewhere(bench.path(), layout);
    await bench.store().storeOutcomes([success('table_0000', { rows: 1n })]);
    assert.deepEqual(await readdir(bench.folder), ['system.duckdb']);
    assert.equal(await readStorageVersion(bench.path()), 64n);
    assert.deepEqual(await readMainHeader(bench.path()), header);
    assert.deepEqual(await readElsewhere(bench.path(), layout), tables);
  });

  it('replays and removes the log that a crash left', async () => {
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(1) });
    await leaveLogBehind(bench.path());
    const store = bench.store();
    assert.equal((await store.readCatalog()).rows.length, 2);
    assert.deepEqual(
      await resultsOf(
        store.storeOutcomes([
          success('zz', {}, { registeredAs: registeredAs('zz', { bucket: null, sourceTable: null }) }),
        ]),
      ),
      ['stored'],
    );
    await assert.rejects(access(`${bench.path()}.wal`));
    assert.equal((await store.readCatalog()).rows.length, 2);
  });

  it('opens nothing for no outcomes', async () => {
    await writeAgnesFile(bench.path(), { era: 'current' });
    const worker = bench.worker();
    const store = new DuckDbTableStore(bench.path(), worker, bench.clock);
    assert.deepEqual(await store.storeOutcomes([]), []);
    assert.equal(worker.pid, undefined);
  });

  it('does not write to a file without the tables, or with the tables of early 0.52', async () => {
    await writeAgnesFile(bench.path('a'), { era: 'current', extraSql: ['DROP TABLE bq_metadata_cache'] });
    await writeAgnesFile(bench.path('b'), {
      era: '0.52',
      extraSql: ['ALTER TABLE bq_metadata_cache DROP COLUMN known_columns'],
    });
    await writeAgnesFile(bench.path('c'), {
      era: '0.52',
      extraSql: [
        'CREATE TABLE copy AS FROM bq_metadata_cache',
        'DROP TABLE bq_metadata_cache',
        'ALTER TABLE copy RENAME TO bq_metadata_cache',
      ],
    });
    await assertReason(bench.store(bench.path('a')).storeOutcomes([success('x')]), 'fileTooOldToWrite');
    await assertReason(bench.store(bench.path('b')).storeOutcomes([success('x')]), 'fileTooOldToWrite');
    await assertReason(bench.store(bench.path('c')).storeOutcomes([success('x')]), 'fileTooOldToWrite');
    assert.deepEqual((await readdir(bench.folder)).sort(), ['a', 'b', 'c']);
  });
});

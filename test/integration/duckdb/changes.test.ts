import assert from 'node:assert/strict';
import type { TableMetadata } from '../../../src/core/cachedMetadata.ts';
import type { StoreAnswer } from '../../../src/core/refreshOutcome.ts';
import type { TableChange } from '../../../src/core/tableChange.ts';
import {
  eligibleRegistrations,
  writeAgnesFile,
  type AgnesEra,
  type FixtureCacheRow,
} from '../../fixtures/agnesFile.ts';
import { Bench, HOUR, NOW, failure, registeredAs, success } from './harness.ts';

const LAYOUTS: readonly { readonly era: AgnesEra; readonly upgraded: boolean }[] = [
  { era: '0.52', upgraded: false },
  { era: '0.52', upgraded: true },
  { era: 'current', upgraded: false },
  { era: 'current', upgraded: true },
];

/** A row as a server writes it: with spaces in its lists. */
const BEFORE: FixtureCacheRow = {
  tableId: 'table_0000',
  rows: 1_000n,
  sizeBytes: 10n,
  partitionBy: 'day',
  clusteredBy: '["id"]',
  entityType: 'BASE TABLE',
  knownColumns: '["id", "day", "caf\\u00e9"]',
  refreshedAt: NOW - HOUR,
};
const SAME: Partial<TableMetadata> = {
  rows: 1_000n,
  sizeBytes: 10n,
  partitionBy: 'day',
  clusteredBy: ['id'],
  entityType: 'BASE TABLE',
  knownColumns: ['id', 'day', 'café'],
};
const NO_CHANGE: TableChange = { columns: null, entityType: null, partitionBy: null, rows: null };
const GONE_AND_COME = { added: ['city'], removed: ['day'], addedCount: 1, removedCount: 1 };

describe('what a store finds to be different from the row that it replaces', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.dispose());

  const write = (cached: readonly FixtureCacheRow[], more: object = {}): Promise<void> =>
    writeAgnesFile(bench.path(), {
      era: 'current',
      registrations: eligibleRegistrations(6),
      cached,
      ...more,
    });
  async function storeOver(
    before: Partial<FixtureCacheRow>,
    after: Partial<TableMetadata>,
  ): Promise<StoreAnswer | undefined> {
    await write([{ ...BEFORE, ...before }]);
    const [answer] = await bench.store().storeOutcomes([success('table_0000', { ...SAME, ...after })]);
    return answer;
  }

  for (const layout of LAYOUTS) {
    it(`is told of each table apart: ${layout.era}, ${layout.upgraded ? 'upgraded' : 'fresh'}`, async () => {
      const ids = [0, 1, 2, 3, 4, 5].map((index) => `table_000${index}`);
      await write(
        ids.map((tableId) => ({ ...BEFORE, tableId })),
        layout,
      );
      const store = bench.store();
      const afters: readonly Partial<TableMetadata>[] = [
        {},
        { knownColumns: ['café', 'id', 'city'] },
        { entityType: 'CLONE' },
        { partitionBy: null },
        { rows: 499n },
        { rows: 0n, partitionBy: 'hour' },
      ];
      const answers = await store.storeOutcomes(
        ids.map((id, index) => success(id, { ...SAME, ...afters[index] })),
      );
      assert.deepEqual(
        answers.map(({ result, change }) => [result, change]),
        [
          ['stored', undefined],
          ['stored', { ...NO_CHANGE, columns: GONE_AND_COME }],
          ['stored', { ...NO_CHANGE, entityType: { before: 'BASE TABLE', after: 'CLONE' } }],
          ['stored', { ...NO_CHANGE, partitionBy: { before: 'day', after: null } }],
          ['stored', { ...NO_CHANGE, rows: { before: 1_000n, after: 499n } }],
          [
            'stored',
            {
              ...NO_CHANGE,
              partitionBy: { before: 'day', after: 'hour' },
              rows: { before: 1_000n, after: 0n },
            },
          ],
        ],
      );
      // What was told is stored, so the next refresh of the same tells nothing.
      const again = await store.storeOutcomes(
        ids.map((id, index) => success(id, { ...SAME, ...afters[index] }, { observedAt: NOW + 1n })),
      );
      assert.deepEqual(
        again,
        ids.map(() => ({ result: 'stored' })),
      );
    });
  }

  it('is nothing where a table grows, loses a few rows, or has its columns in another order', async () => {
    await write(['table_0000', 'table_0001', 'table_0002'].map((tableId) => ({ ...BEFORE, tableId })));
    const answers = await bench
      .store()
      .storeOutcomes([
        success('table_0000', { ...SAME, rows: 2n ** 63n - 1n, sizeBytes: 0n, clusteredBy: [] }),
        success('table_0001', { ...SAME, rows: 500n }),
        success('table_0002', { ...SAME, knownColumns: ['café', 'day', 'id'] }),
      ]);
    assert.deepEqual(answers, [{ result: 'stored' }, { result: 'stored' }, { result: 'stored' }]);
  });

  it('is nothing at a first fetch, nor after errors alone, at infinity, or for a failure', async () => {
    await write(
      [
        { ...BEFORE, tableId: 'table_0001', refreshedAt: null, errorAt: NOW - HOUR, errorMsg: 'no' },
        { ...BEFORE, tableId: 'table_0003' },
      ],
      {
        extraSql: [
          `INSERT INTO bq_metadata_cache (table_id, rows, entity_type, refreshed_at)
           VALUES ('table_0002', 1000, 'VIEW', 'infinity')`,
        ],
      },
    );
    const other = { rows: 0n, entityType: 'CLONE', knownColumns: ['x'] };
    const answers = await bench
      .store()
      .storeOutcomes([
        success('table_0000', other),
        success('table_0001', other),
        success('table_0002', other),
        failure('table_0003', 'gone'),
      ]);
    assert.deepEqual(
      answers,
      answers.map(() => ({ result: 'stored' })),
    );
  });

  it('is told of a row whose latest attempt failed: it is compared with its last success', async () => {
    const answer = await storeOver({ errorAt: NOW - 1n, errorMsg: 'no' }, { rows: 0n });
    assert.deepEqual(answer?.change, { ...NO_CHANGE, rows: { before: 1_000n, after: 0n } });
  });

  it('is nothing for what is not stored: superseded, re-pointed, or not the latest of its table', async () => {
    await write([
      { ...BEFORE, refreshedAt: NOW },
      { ...BEFORE, tableId: 'table_0001' },
      {
        ...BEFORE,
        tableId: 'table_0002',
      },
    ]);
    const other = { ...SAME, rows: 0n };
    const answers = await bench
      .store()
      .storeOutcomes([
        success('table_0000', other),
        success('table_0001', other, { registeredAs: registeredAs('table_0001', { bucket: 'elsewhere' }) }),
        success('table_0002', { ...SAME, entityType: 'VIEW' }, { observedAt: NOW - 1n }),
        success('table_0002', other),
      ]);
    assert.deepEqual(answers, [
      { result: 'superseded' },
      { result: 'registrationChanged' },
      { result: 'superseded' },
      { result: 'stored', change: { ...NO_CHANGE, rows: { before: 1_000n, after: 0n } } },
    ]);
  });

  it('is told where a registration was re-pointed since, and of a table with an access policy', async () => {
    await write([BEFORE], {
      registrations: [
        { id: 'table_0000', bucket: 'moved', sourceTable: 'other', accessPolicySql: "region = 'EU'" },
      ],
    });
    const as = { registeredAs: { bucket: 'moved', sourceTable: 'other', bqFqn: null } };
    const after = { ...SAME, knownColumns: ['city', 'id', 'café'] };
    const [answer] = await bench.store().storeOutcomes([success('table_0000', after, as)]);
    assert.deepEqual(answer?.change, { ...NO_CHANGE, columns: GONE_AND_COME });
  });

  it('does not take for different what the row or the answer does not know', async () => {
    await write([
      { ...BEFORE, knownColumns: null, partitionBy: null },
      { ...BEFORE, tableId: 'table_0001', knownColumns: '{"not": "a list"}' },
      { ...BEFORE, tableId: 'table_0002' },
    ]);
    const answers = await bench
      .store()
      .storeOutcomes([
        success('table_0000', SAME),
        success('table_0001', SAME),
        success('table_0002', { ...SAME, knownColumns: null, rows: 2n ** 64n }),
      ]);
    assert.deepEqual(
      answers,
      answers.map(() => ({ result: 'stored' })),
    );
  });

  it('compares what is written, also of names that are no valid text', async () => {
    const odd = { knownColumns: ['\ud800'] };
    assert.deepEqual(await storeOver({}, odd), { result: 'stored' });
    const again = success('table_0000', { ...SAME, ...odd }, { observedAt: NOW + 1n });
    assert.deepEqual(await bench.store().storeOutcomes([again]), [{ result: 'stored' }]);
  });

  it('is told of a cache whose lists are plain text, and of counts beyond 64 bits nothing', async () => {
    await write([], {
      extraSql: [
        'DROP TABLE bq_metadata_cache',
        `CREATE TABLE bq_metadata_cache (table_id VARCHAR PRIMARY KEY, rows HUGEINT, size_bytes HUGEINT,
          partition_by VARCHAR, clustered_by VARCHAR, entity_type VARCHAR, known_columns VARCHAR,
          refreshed_at TIMESTAMP, error_at TIMESTAMP, error_msg VARCHAR)`,
        `INSERT INTO bq_metadata_cache (table_id, rows, partition_by, known_columns, refreshed_at) VALUES
          ('table_0000', 170141183460469231731687303715884105727, 'day', '["id", "day", "café"]', '2026-01-01'),
          ('table_0001', 1000, 'day', 'no list', '2026-01-01'),
          ('table_0002', 1000, 'day', '["id","city","café"]', '2026-01-01')`,
      ],
    });
    const answers = await bench
      .store()
      .storeOutcomes(['table_0000', 'table_0001', 'table_0002'].map((id) => success(id, SAME)));
    assert.deepEqual(
      answers.map(({ change }) => change),
      [
        undefined,
        undefined,
        { ...NO_CHANGE, columns: { added: ['day'], removed: ['city'], addedCount: 1, removedCount: 1 } },
      ],
    );
  });

  it('stores all the same, and tells of no columns, where a row holds more of them than any table has', async () => {
    await write([BEFORE], {
      extraSql: [
        `UPDATE bq_metadata_cache SET known_columns = '["' || repeat('x', 20000000) || '"]'`,
        `INSERT INTO bq_metadata_cache BY NAME SELECT * REPLACE ('table_0001' AS table_id, '["a"]' AS known_columns)
         FROM bq_metadata_cache`,
      ],
    });
    const answers = await bench
      .store()
      .storeOutcomes([success('table_0000', { ...SAME, rows: 0n }), success('table_0001', SAME)]);
    assert.deepEqual(answers[0], {
      result: 'stored',
      change: { ...NO_CHANGE, rows: { before: 1_000n, after: 0n } },
    });
    assert.deepEqual(answers[1]?.change?.columns?.removed, ['a']);
  });

  it('stores all the same where there are too many of the longest lists to be compared', async () => {
    const ids = eligibleRegistrations(20).map(({ id }) => id ?? '');
    await write(
      ids.map((tableId) => ({ ...BEFORE, tableId })),
      {
        registrations: eligibleRegistrations(20),
        extraSql: [`UPDATE bq_metadata_cache SET known_columns = '["' || repeat('x', 3900000) || '"]'`],
      },
    );
    const answers = await bench
      .store()
      .storeOutcomes(ids.map((id) => success(id, { ...SAME, rows: 7n, entityType: 'VIEW' })));
    assert.deepEqual(new Set(answers.map(({ result }) => result)), new Set(['stored']));
    const { rows } = await bench.store().readCatalog();
    assert.deepEqual(new Set(rows.map(({ cached }) => cached?.rows)), new Set([7n]));
  });
});

import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import type { SampleRow } from '../../../src/core/sampleRow.ts';
import { writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { readElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { Bench, NOW, success } from './harness.ts';

const LAYOUT = `SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns
  WHERE table_name IN ('table_registry', 'bq_metadata_cache', 'schema_version') ORDER BY table_name, ordinal_position`;

const REGISTRATION: SampleRow['registration'] = {
  id: 'orders',
  name: 'orders',
  sourceType: 'bigquery',
  queryMode: 'remote',
  bucket: 'shop',
  sourceTable: 'orders',
  bqFqn: null,
  hasAccessPolicy: true,
  folder: 'Shop',
  description: 'Every order',
  grain: 'One row per order',
  gotchas: [
    { text: 'Cancelled orders are in it; see "status".', isKey: true },
    { text: 'řádky ☂', isKey: false },
  ],
  thingsToKnow: 'Loaded\nevery night',
};

const ROWS: readonly SampleRow[] = [
  {
    registration: REGISTRATION,
    cached: {
      rows: 9_007_199_254_740_993n,
      sizeBytes: 1n,
      partitionBy: 'day',
      clusteredBy: ['customer'],
      entityType: 'BASE TABLE',
      knownColumns: ['id', 'day'],
      refreshedAt: NOW - 1n,
      errorAt: null,
      errorMessage: null,
    },
  },
  { registration: { ...REGISTRATION, id: 'visits', name: 'visits', hasAccessPolicy: false }, cached: null },
];

describe('the file of the sample catalog', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.dispose());

  it('is read and written like a shared file', async () => {
    assert.equal(await bench.worker().call('createSampleFile', { path: bench.path(), rows: ROWS }), true);
    const store = bench.store();
    const { rows, writeObstacle } = await store.readCatalog();
    assert.equal(writeObstacle, undefined);
    assert.deepEqual(
      rows.map(({ registration, cached }) => [registration.id, registration.hasAccessPolicy, cached?.rows]),
      [
        ['orders', true, 9_007_199_254_740_993n],
        ['visits', false, undefined],
      ],
    );
    assert.equal(rows[0]?.cached?.refreshedAt, NOW - 1n);
    assert.deepEqual(await store.readDetails('orders'), {
      knownColumns: ['id', 'day'],
      description: 'Every order',
      folder: 'Shop',
      grain: REGISTRATION.grain,
      gotchas: REGISTRATION.gotchas,
      thingsToKnow: REGISTRATION.thingsToKnow,
    });
    const registeredAs = { bucket: 'shop', sourceTable: 'orders', bqFqn: null };
    const [answer] = await store.storeOutcomes([success('visits', {}, { registeredAs })]);
    assert.equal(answer?.result, 'stored');
  });

  it('is laid out as a current server lays it out', async () => {
    await bench.worker().call('createSampleFile', { path: bench.path(), rows: [] });
    await writeAgnesFile(bench.path('server'), { era: 'current' });
    const layout = await readElsewhere(bench.path(), LAYOUT);
    assert.equal(layout.length, 50);
    assert.deepEqual(layout, await readElsewhere(bench.path('server'), LAYOUT));
  });

  it('is made with its folder, and leaves nothing else', async () => {
    await bench.worker().call('createSampleFile', { path: bench.path('a/b/sample.duckdb'), rows: ROWS });
    assert.deepEqual(await readdir(bench.path('a/b')), ['sample.duckdb']);
  });

  it('does not replace what is there', async () => {
    await writeFile(bench.path(), 'mine');
    assert.equal(await bench.worker().call('createSampleFile', { path: bench.path(), rows: ROWS }), false);
    assert.equal(await readFile(bench.path(), 'utf8'), 'mine');
    assert.deepEqual(await readdir(bench.folder), ['system.duckdb']);
  });
});

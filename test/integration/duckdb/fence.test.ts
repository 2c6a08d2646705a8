import assert from 'node:assert/strict';
import type { StorableOutcome } from '../../../src/core/refreshOutcome.ts';
import { writeAgnesFile, type FixtureCacheRow } from '../../fixtures/agnesFile.ts';
import { readElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { Bench, HOUR, NOW, SECOND, failure, registeredAs, success } from './harness.ts';

describe('the fence', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.dispose());

  const REGISTERED = registeredAs('t');

  /** Stores one outcome over one row: its result, and the row count that stands afterwards. */
  async function storeOver(
    row: Partial<FixtureCacheRow>,
    outcome: StorableOutcome,
  ): Promise<[result: string | undefined, rows: unknown]> {
    await writeAgnesFile(bench.path(), {
      era: 'current',
      registrations: [{ id: 't', bucket: 'dataset', sourceTable: 't' }],
      cached: [{ tableId: 't', rows: 1n, ...row }],
    });
    const [result] = await bench.store().storeOutcomes([outcome]);
    const [printed] = await readElsewhere(bench.path(), 'SELECT rows::VARCHAR FROM bq_metadata_cache');
    return [result, printed?.[0]];
  }

  const fresh = (observedAt: bigint): StorableOutcome => success('t', { rows: 2n }, { observedAt });

  it('stores what was observed one microsecond after the row', async () => {
    assert.deepEqual(await storeOver({ refreshedAt: NOW - 1n, errorAt: NOW - 1n }, fresh(NOW)), [
      'stored',
      '2',
    ]);
  });

  it('keeps a row that was refreshed at the same instant', async () => {
    assert.deepEqual(await storeOver({ refreshedAt: NOW }, fresh(NOW)), ['superseded', '1']);
  });

  it('keeps a row whose later attempt failed', async () => {
    assert.deepEqual(await storeOver({ refreshedAt: NOW - HOUR, errorAt: NOW }, fresh(NOW - 1n)), [
      'superseded',
      '1',
    ]);
  });

  it('keeps a later success when an earlier failure arrives', async () => {
    const late = failure('t', 'late', { observedAt: NOW - 1n });
    assert.deepEqual(await storeOver({ refreshedAt: NOW }, late), ['superseded', '1']);
    assert.deepEqual(await readElsewhere(bench.path(), 'SELECT error_at, error_msg FROM bq_metadata_cache'), [
      [null, null],
    ]);
  });

  it('believes a row five minutes ahead of the clock, and no further: servers of 0.52 wrote local time', async () => {
    assert.deepEqual(await storeOver({ refreshedAt: NOW + 300n * SECOND }, fresh(NOW)), ['superseded', '1']);
  });

  it('overwrites a row that lies hours ahead', async () => {
    assert.deepEqual(await storeOver({ refreshedAt: NOW + 14n * HOUR }, fresh(NOW)), ['stored', '2']);
  });

  it('overwrites a row that lies at infinity', async () => {
    await writeAgnesFile(bench.path(), {
      era: 'current',
      registrations: [{ id: 't', bucket: 'dataset', sourceTable: 't' }],
      extraSql: ["INSERT INTO bq_metadata_cache (table_id, refreshed_at) VALUES ('t', 'infinity')"],
    });
    assert.deepEqual(await bench.store().storeOutcomes([fresh(NOW)]), ['stored']);
  });

  for (const [what, over] of [
    ['dataset', { bucket: 'other' }],
    ['table', { sourceTable: null }],
    ['fully-qualified name', { bqFqn: 'project-1.d.t' }],
  ] as const) {
    it(`stores nothing when the registration has another ${what} than was asked for`, async () => {
      const outcome = { ...fresh(NOW), registeredAs: { ...REGISTERED, ...over } };
      assert.deepEqual(await storeOver({}, outcome), ['registrationChanged', '1']);
    });
  }

  it('stores nothing for what is not registered, or not eligible any more', async () => {
    await writeAgnesFile(bench.path(), {
      era: 'current',
      registrations: [
        { id: 'local', queryMode: 'local', bucket: 'dataset', sourceTable: 'local' },
        { id: 'keboola', sourceType: 'keboola', bucket: 'dataset', sourceTable: 'keboola' },
        { id: 'good', bucket: 'dataset', sourceTable: 'good' },
      ],
    });
    const outcomes = ['local', 'keboola', 'good', 'gone'].map((id) => success(id));
    assert.deepEqual(await bench.store().storeOutcomes(outcomes), [
      'registrationChanged',
      'registrationChanged',
      'stored',
      'registrationChanged',
    ]);
    assert.deepEqual(await readElsewhere(bench.path(), 'SELECT table_id FROM bq_metadata_cache'), [['good']]);
  });

  it('takes a column that the file does not have for null', async () => {
    await writeAgnesFile(bench.path(), { era: '0.52', registrations: [{ id: 't' }, { id: 'u' }] });
    const nothing = { bucket: null, sourceTable: null, bqFqn: null };
    assert.deepEqual(
      await bench
        .store()
        .storeOutcomes([
          success('t', {}, { registeredAs: nothing }),
          success('u', {}, { registeredAs: { ...nothing, bqFqn: 'project-1.d.u' } }),
        ]),
      ['stored', 'registrationChanged'],
    );
  });
});

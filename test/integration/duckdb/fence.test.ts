import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import type { StorableOutcome } from '../../../src/core/refreshOutcome.ts';
import { writeAgnesFile, type FixtureCacheRow } from '../../fixtures/agnesFile.ts';
import { readElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { Bench, HOUR, NOW, SECOND, failure, registeredAs, resultsOf, success } from './harness.ts';

/** What the fence judges by, and what it guards. */
interface ExpectedRow {
  readonly refreshedAt: bigint | null;
  readonly errorAt: bigint | null;
  readonly rows: bigint | null;
}

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
    const [result] = await resultsOf(bench.store().storeOutcomes([outcome]));
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
    assert.deepEqual(await resultsOf(bench.store().storeOutcomes([fresh(NOW)])), ['stored']);
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
    assert.deepEqual(await resultsOf(bench.store().storeOutcomes(outcomes)), [
      'registrationChanged',
      'registrationChanged',
      'stored',
      'registrationChanged',
    ]);
    assert.deepEqual(await readElsewhere(bench.path(), 'SELECT table_id FROM bq_metadata_cache'), [['good']]);
  });

  it('lets the later observation stand and leaves all else alone, for any rows and any batches', async () => {
    const ids = ['a', 'b', 'c'];
    const at = fc.integer({ min: 1, max: 9 }).map((step) => NOW - HOUR + BigInt(step));
    const row = fc.record({
      refreshedAt: fc.option(at),
      errorAt: fc.option(at),
      rows: fc.option(fc.bigInt(0n, 9n)),
    });
    const observed = fc.record({
      id: fc.constantFrom(...ids, 'gone'),
      observedAt: at,
      rows: fc.bigInt(10n, 99n),
      ok: fc.boolean(),
      registered: fc.boolean(),
    });
    const store = bench.store();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(row), { minLength: ids.length, maxLength: ids.length }),
        fc.array(fc.array(observed, { maxLength: 6 }), { maxLength: 3 }),
        async (before, batches) => {
          await rm(bench.path(), { force: true });
          const cached = ids.flatMap((id, i) => (before[i] == null ? [] : [{ tableId: id, ...before[i] }]));
          await writeAgnesFile(bench.path(), {
            era: 'current',
            registrations: ids.map((id) => ({ id, bucket: 'dataset', sourceTable: id })),
            cached,
          });
          const expected = new Map<string, ExpectedRow>(
            cached.map(({ tableId, ...rest }) => [tableId, rest]),
          );
          for (const batch of batches) {
            const outcomes = batch.map(({ id, observedAt, rows, ok, registered }) => {
              const as = registeredAs(id, registered ? {} : { bucket: 'elsewhere' });
              const over = { observedAt, registeredAs: as };
              return ok ? success(id, { rows }, over) : failure(id, 'failed', over);
            });
            const results = await resultsOf(store.storeOutcomes(outcomes));
            // Of several for one table the latest is taken, the last one of two at the same instant.
            for (const id of ids) {
              const own = batch.flatMap((each, i) =>
                each.id === id ? [{ ...each, result: results[i] }] : [],
              );
              const taken = own.toSorted((x, y) => (x.observedAt < y.observedAt ? -1 : 1)).at(-1);
              if (taken === undefined) continue;
              const stands = expected.get(id);
              const isLater =
                taken.observedAt > (stands?.refreshedAt ?? 0n) && taken.observedAt > (stands?.errorAt ?? 0n);
              const wanted = !taken.registered ? 'registrationChanged' : isLater ? 'stored' : 'superseded';
              assert.equal(taken.result, wanted);
              if (wanted !== 'stored') continue;
              expected.set(
                id,
                taken.ok
                  ? { refreshedAt: taken.observedAt, errorAt: null, rows: taken.rows }
                  : { refreshedAt: null, rows: null, ...stands, errorAt: taken.observedAt },
              );
            }
          }
          const printed = await store.readCatalog();
          const found = printed.rows.flatMap(({ registration, cached: row }) =>
            row === null
              ? []
              : [
                  [
                    registration.id,
                    { refreshedAt: row.refreshedAt, errorAt: row.errorAt, rows: row.rows },
                  ] as const,
                ],
          );
          assert.deepEqual(new Map(found), new Map([...expected].toSorted()));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('takes a column that the file does not have for null', async () => {
    await writeAgnesFile(bench.path(), { era: '0.52', registrations: [{ id: 't' }, { id: 'u' }] });
    const nothing = { bucket: null, sourceTable: null, bqFqn: null };
    assert.deepEqual(
      await resultsOf(
        bench
          .store()
          .storeOutcomes([
            success('t', {}, { registeredAs: nothing }),
            success('u', {}, { registeredAs: { ...nothing, bqFqn: 'project-1.d.u' } }),
          ]),
      ),
      ['stored', 'registrationChanged'],
    );
  });
});

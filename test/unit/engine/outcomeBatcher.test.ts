import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../src/core/failure.ts';
import type { StorableOutcome } from '../../../src/core/refreshOutcome.ts';
import { MAX_BATCH, MAX_BATCH_AGE_MS, OutcomeBatcher } from '../../../src/engine/outcomeBatcher.ts';
import { FakeStore, METADATA } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

interface Scene {
  readonly clock: FakeClock;
  readonly store: FakeStore;
  readonly batcher: OutcomeBatcher;
  readonly failures: AgnesFailure[];
  /** What is handed over for when the file is free. */
  readonly late: StorableOutcome[];
}

describe('batches of outcomes', () => {
  it('hold no more than the limit, and none is older than a second', async () => {
    const { batcher, store, clock } = makeScene();
    for (let i = 0; i < MAX_BATCH + 3; i += 1) void batcher.add(outcome(`t${i}`));
    await clock.advance(MAX_BATCH_AGE_MS);
    assert.deepEqual(
      store.batches.map(({ length }) => length),
      [MAX_BATCH, 3],
    );
  });

  it('are cut by the number of column names, so that they fit into memory', async () => {
    const { batcher, store } = makeScene();
    for (let i = 0; i < 120; i += 1) void batcher.add(outcome(`t${i}`, 10_000));
    await batcher.finish();
    assert.deepEqual(
      store.batches.map(({ length }) => length),
      [50, 50, 20],
    );
  });

  it('wait for a busy file, and go with the next one', async () => {
    const { batcher, store, clock, failures } = makeScene();
    store.storeFailures.push(new AgnesFailure('fileBusy'));
    const result = batcher.add(outcome('a'));
    await clock.advance(2 * MAX_BATCH_AGE_MS);
    assert.equal(await result, 'stored');
    assert.deepEqual(failures, []);
  });

  it('end in bounded time while somebody else keeps the file, however many wait', async () => {
    const { batcher, store, late } = makeScene();
    const busy = (): AgnesFailure => new AgnesFailure('fileBusy');
    store.storeFailures.push(...Array.from({ length: 10_000 }, busy));
    const results = Array.from({ length: 4 * MAX_BATCH }, (_, i) => batcher.add(outcome(`t${i}`)));
    await batcher.finish();
    assert.deepEqual(new Set(await Promise.all(results)), new Set(['notStored']));
    assert.ok(10_000 - store.storeFailures.length <= 2);
    assert.equal(late.length, 4 * MAX_BATCH);
  });

  it('end for good with the store: what comes later is not written', async () => {
    const { batcher, store, failures, late } = makeScene();
    store.storeFailures.push(new AgnesFailure('diskFull'));
    const first = batcher.add(outcome('a'));
    await batcher.finish();
    assert.equal(await first, 'notStored');
    const later = batcher.add(outcome('b'));
    await batcher.finish();
    assert.equal(await later, 'notStored');
    assert.deepEqual(store.stored, []);
    assert.equal(failures.length, 1);
    assert.deepEqual(late, []);
  });
});

function makeScene(): Scene {
  const clock = new FakeClock();
  const store = new FakeStore(clock, []);
  const failures: AgnesFailure[] = [];
  const late: StorableOutcome[] = [];
  return {
    clock,
    store,
    failures,
    late,
    batcher: new OutcomeBatcher({
      store: (outcomes) => store.storeOutcomes(outcomes),
      clock,
      onFailure: (failure) => failures.push(failure),
      onHeldFile: (outcomes) => late.push(...outcomes),
    }),
  };
}

function outcome(tableId: string, columns = 1): StorableOutcome {
  const knownColumns = Array.from({ length: columns }, (_, i) => `c${i}`);
  return {
    tableId,
    observedAt: 0n,
    observation: { kind: 'ok', metadata: { ...METADATA, knownColumns } },
    registeredAs: { bucket: null, sourceTable: null, bqFqn: null },
  };
}

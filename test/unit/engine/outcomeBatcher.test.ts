import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { storableMetadata, type StorableOutcome } from '../../../src/core/refreshOutcome.ts';
import {
  FULL_PATIENCE_MS,
  MAX_BATCH,
  MAX_BATCH_AGE_MS,
  MAX_UNSTORED,
  OutcomeBatcher,
} from '../../../src/engine/storing/outcomeBatcher.ts';
import { FakeStore, METADATA } from '../../fixtures/engineFakes.ts';
import { FakeClock, settle } from '../../fixtures/fakeClock.ts';

interface Scene {
  readonly clock: FakeClock;
  readonly store: FakeStore;
  readonly batcher: OutcomeBatcher;
  readonly failures: AgnesFailure[];
  /** What is handed over for when the file is free. */
  readonly late: StorableOutcome[];
}

const NEVER = new AbortController().signal;

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
      Array.from({ length: 10 }, () => 12),
    );
  });

  it('wait for a busy file, and go with the next one', async () => {
    const { batcher, store, clock, failures } = makeScene();
    store.storeFailures.push(new AgnesFailure('fileBusy'));
    const result = add(batcher, outcome('a'));
    await clock.advance(2 * MAX_BATCH_AGE_MS);
    assert.equal(await result, 'stored');
    assert.deepEqual(failures, []);
  });

  it('end in bounded time while somebody else keeps the file, however many wait', async () => {
    const { batcher, store, late } = makeScene();
    store.storeFailures.push(...Array.from({ length: 10_000 }, busy));
    const results = Array.from({ length: 4 * MAX_BATCH }, (_, i) => add(batcher, outcome(`t${i}`)));
    await batcher.finish();
    assert.deepEqual(new Set(await Promise.all(results)), new Set(['notStored']));
    assert.ok(10_000 - store.storeFailures.length <= 2);
    assert.equal(late.length, 4 * MAX_BATCH);
  });

  it('leave no room while too many wait for a held file, or too long ones, and some once they are stored', async () => {
    for (const [count, columns] of [
      [MAX_UNSTORED, 1],
      [60, 10_000],
    ] as const) {
      const { batcher, store, clock } = makeScene();
      store.storeFailures.push(...Array.from({ length: 1_000 }, busy));
      for (let i = 0; i < count - 1; i += 1) void batcher.add(outcome(`t${i}`, columns));
      if (columns === 1) await batcher.untilRoom(NEVER);
      void batcher.add(outcome('last', columns));
      let hasRoom = false;
      void batcher.untilRoom(NEVER).then(() => {
        hasRoom = true;
      });
      await clock.advance(4 * MAX_BATCH_AGE_MS);
      assert.equal(hasRoom, false);
      store.storeFailures.length = 0;
      await clock.advance(MAX_BATCH_AGE_MS);
      assert.equal(hasRoom, true);
      assert.equal(store.stored.length, count);
    }
  });

  it('do not keep a run waiting for room that was cancelled', async () => {
    const { batcher, store } = makeScene();
    store.storeFailures.push(...Array.from({ length: 100 }, busy));
    for (let i = 0; i < MAX_UNSTORED; i += 1) void batcher.add(outcome(`t${i}`));
    const cancelled = new AbortController();
    const room = batcher.untilRoom(cancelled.signal);
    await settle();
    cancelled.abort();
    await room;
    await batcher.untilRoom(cancelled.signal);
  });

  it('end, and hand over what waits, when a held file takes nothing for a minute while no more may wait', async () => {
    const { batcher, store, clock, failures, late } = makeScene();
    store.storeFailures.push(...Array.from({ length: 1_000 }, busy));
    for (let i = 0; i < MAX_UNSTORED - 1; i += 1) void batcher.add(outcome(`t${i}`));
    await clock.advance(10 * FULL_PATIENCE_MS);
    assert.deepEqual(failures, [], 'with room for more a run goes on');
    const last = add(batcher, outcome('last'));
    await clock.advance(FULL_PATIENCE_MS - 2 * MAX_BATCH_AGE_MS);
    assert.deepEqual(failures, []);
    await clock.advance(3 * MAX_BATCH_AGE_MS);
    assert.deepEqual(
      failures.map(({ reason }) => reason),
      ['fileBusy'],
    );
    assert.equal(late.length, MAX_UNSTORED);
    assert.equal(await last, 'notStored');
    await batcher.untilRoom(NEVER);
  });

  it('settle each outcome once, and store each of them once or hand it over, whatever the store does', async () => {
    const failure = fc.constantFrom('fileBusy', 'diskFull', undefined, undefined);
    const step = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ wait: fc.nat(3_000) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(failure, { maxLength: 12 }),
        fc.array(step, { maxLength: 12 }),
        async (fails, steps) => {
          const { batcher, store, clock, late, failures } = makeScene();
          store.storeFailures.push(...fails.map((reason) => reason && new AgnesFailure(reason)));
          const results: Promise<string>[] = [];
          for (const each of steps) {
            if ('wait' in each) await clock.advance(each.wait);
            else {
              for (let i = 0; i < each.add; i += 1) results.push(add(batcher, outcome(`t${results.length}`)));
            }
          }
          await batcher.finish();
          const settled = await Promise.all(results);
          const ids = store.stored.map(({ tableId }) => tableId);
          assert.equal(new Set(ids).size, ids.length, 'none is stored twice');
          assert.deepEqual(
            settled.map((result, index) => (result === 'stored' ? `t${index}` : undefined)).filter(Boolean),
            ids.toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
          );
          assert.ok(store.batches.every(({ length }) => length <= MAX_BATCH));
          assert.ok(failures.length <= 1);
          const isHeld = failures[0]?.reason === 'fileBusy';
          const kept = late.map(({ tableId }) => tableId);
          if (!isHeld) assert.deepEqual(kept, []);
          assert.ok(
            kept.every((id) => !ids.includes(id)),
            'what is stored is not kept for later',
          );
          assert.equal(clock.pending, 0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('end for good with the store: what comes later is not written', async () => {
    const { batcher, store, failures, late } = makeScene();
    store.storeFailures.push(new AgnesFailure('diskFull'));
    const first = add(batcher, outcome('a'));
    await batcher.finish();
    assert.equal(await first, 'notStored');
    const later = add(batcher, outcome('b'));
    await batcher.finish();
    assert.equal(await later, 'notStored');
    assert.deepEqual(store.stored, []);
    assert.equal(failures.length, 1);
    assert.deepEqual(late, []);
  });
});

/** What becomes of an outcome. */
async function add(batcher: OutcomeBatcher, one: StorableOutcome): Promise<string> {
  return (await batcher.add(one)).result;
}

function busy(): AgnesFailure {
  return new AgnesFailure('fileBusy');
}

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
    observation: { kind: 'ok', metadata: storableMetadata({ ...METADATA, knownColumns }) },
    registeredAs: { bucket: null, sourceTable: null, bqFqn: null },
  };
}

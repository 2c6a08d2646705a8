import assert from 'node:assert/strict';
import { NOTHING_CACHED, type CachedMetadata } from '../../../../src/core/cachedMetadata.ts';
import type { RefreshedMetadata, RefreshOutcome } from '../../../../src/core/refreshOutcome.ts';
import type { TableChange } from '../../../../src/core/tableChange.ts';
import type { TableRegistration } from '../../../../src/core/tableRegistration.ts';
import type { TableFacts } from '../../../../src/core/tableFacts.ts';
import type { CatalogRow } from '../../../../src/ports/tableStore.ts';
import {
  MAX_FACTS,
  MAX_GONE,
  RememberedTables,
  isRepointed,
} from '../../../../src/sources/memory/rememberedTables.ts';
import { METADATA, registration } from '../../../fixtures/engineFakes.ts';
import { FakeClock, settle } from '../../../fixtures/fakeClock.ts';
import { MemoryTableStore } from '../../../fixtures/memoryStore.ts';

const T1 = 1_780_000_000_000_000n;
const HOUR = 3_600_000_000n;
const T2 = T1 + HOUR;
const OTHERS_WAIT_MS = 15_000;

const COLUMNS_CHANGED: TableChange = {
  columns: { added: ['b'], removed: [], addedCount: 1, removedCount: 0 },
  entityType: null,
  partitionBy: null,
  rows: null,
};

describe('what is remembered of tables', () => {
  let clock: FakeClock;
  let store: MemoryTableStore;
  let memory: RememberedTables;
  let told: (readonly string[])[];
  beforeEach(async () => {
    clock = new FakeClock();
    store = new MemoryTableStore();
    memory = new RememberedTables(store, clock);
    told = [];
    memory.onDidChange((ids) => told.push(ids));
    await memory.load();
  });
  afterEach(() => memory.dispose());

  const factsOf = (id: string): TableFacts => memory.facts(id) ?? assert.fail(`nothing of ${id}`);

  it('is what the source saw to be different in a reading, with columns', () => {
    memory.observeCatalog([row('a', T1), row('b', T1)]);
    const changes = new Map([['a', COLUMNS_CHANGED]]);
    memory.observeCatalog([row('a', T2), row('b', T2)], changes);
    assert.deepEqual(factsOf('a').change, { at: T2, what: COLUMNS_CHANGED });
    assert.equal(factsOf('b').change, null);
  });

  it('is one point of the history, where a server refreshed and its own time came later', async () => {
    const soon = T2 + 5_000_000n;
    memory.observeCatalog([row('a', T1, { rows: 7n })]);
    observe({ ...ok('a', T2, { rows: 0n }), timeIsApproximate: true });
    assert.equal(factsOf('a').seen?.at, T1);
    memory.observeCatalog([row('a', soon, { rows: 0n })]);
    assert.equal(factsOf('a').seen?.at, soon);
    const points = await memory.history('a');
    assert.deepEqual(
      points.map(({ at, rows }) => [at, rows]),
      [
        [T1, 7n],
        [soon, 0n],
      ],
    );
  });

  it('has at once what a server’s refresh changed, and no failure any more', () => {
    memory.observeCatalog([row('a', T1)]);
    const answered = { ...ok('a', T2), timeIsApproximate: true } as const;
    store.kept.length = 0;
    observe(answered);
    assert.equal(store.kept.length, 0, 'nothing is new');
    observe(failed('a', T1 + 1n, 'accessDenied'));
    observe(answered);
    assert.equal(factsOf('a').failure, null);
    observe({ ...answered, change: COLUMNS_CHANGED });
    assert.deepEqual(factsOf('a').change, { at: T2, what: COLUMNS_CHANGED });
    memory.observeCatalog([row('a', T2 + 1n)], new Map([['a', COLUMNS_CHANGED]]));
    assert.deepEqual(factsOf('a').change, { at: T2 + 1n, what: COLUMNS_CHANGED });
  });

  it('is a point of the history for each refresh, however soon after the one before it is', async () => {
    observe(ok('a', T1));
    observe(ok('a', T1 + 5_000_000n));
    memory.observeCatalog([
      row('a', T1 + 10_000_000n, { rows: METADATA.rows, sizeBytes: METADATA.sizeBytes }),
    ]);
    assert.equal((await memory.history('a')).length, 3);
  });

  it('has what the refresh was stored under, not what the row still says', () => {
    const registeredAs = { bucket: 'new', sourceTable: 's', bqFqn: null };
    observe({ ...ok('a', T1), registeredAs }, { bucket: 'old' });
    assert.deepEqual(factsOf('a').seen?.registeredAs, registeredAs);
    observe(ok('a', T2), { bucket: 'old' });
    assert.equal(factsOf('a').seen?.registeredAs.bucket, 'old', 'where the outcome does not say it');
  });

  it('has the second clock of an inspection, where it was told later', async () => {
    memory.observeCatalog([row('a', T1)]);
    const points = await memory.history('a');
    const { seen } = factsOf('a');
    told.length = 0;
    memory.observeInspection('a', { at: T1 - HOUR, observedAt: T2 });
    assert.deepEqual(factsOf('a'), {
      ...{ seen, change: null, failure: null },
      lastModified: { at: T1 - HOUR, observedAt: T2 },
    });
    assert.deepEqual(store.facts.get('a'), factsOf('a'));
    assert.deepEqual([told, await memory.history('a')], [[['a']], points]);
    memory.observeInspection('a', { at: T1, observedAt: T2 - 1n });
    memory.observeInspection('a', { at: T1, observedAt: T2 });
    assert.equal(factsOf('a').lastModified?.at, T1 - HOUR);
    assert.equal(told.length, 1);
    memory.observeInspection('never', { at: T1, observedAt: T2 });
    assert.deepEqual([factsOf('never').lastModified?.at, factsOf('never').seen], [T1, null]);
  });

  it('is each refresh as it was first seen, with a point of the history', async () => {
    memory.observeCatalog([
      row('a', T1, { rows: 7n, sizeBytes: 70n, partitionBy: 'day' }),
      row('never', null),
    ]);
    assert.deepEqual(factsOf('a'), {
      lastModified: null,
      seen: {
        at: T1,
        rows: 7n,
        entityType: 'BASE TABLE',
        partitionBy: 'day',
        registeredAs: { bucket: 'sales', sourceTable: null, bqFqn: null },
      },
      change: null,
      failure: null,
    });
    assert.equal(memory.facts('never'), undefined);
    memory.observeCatalog([row('a', T1, { rows: 8n }), row('never', null)]);
    assert.equal(factsOf('a').seen?.rows, 7n);
    memory.observeCatalog([row('a', T2, { rows: 9n }), row('never', null)]);
    assert.deepEqual(await memory.history('a'), [
      { at: T1, rows: 7n, sizeBytes: 70n },
      { at: T2, rows: 9n, sizeBytes: null },
    ]);
    assert.deepEqual(told, [['a'], ['a']]);
    assert.deepEqual(
      store.kept.map((facts) => [...facts.keys()]),
      [['a'], ['a']],
    );
  });

  it('takes a time that goes backwards as it is', async () => {
    memory.observeCatalog([row('a', T2)]);
    memory.observeCatalog([row('a', T1)]);
    assert.equal(factsOf('a').seen?.at, T1);
    assert.deepEqual((await memory.history('a')).length, 2);
  });

  it('has what somebody else’s refresh changed, as far as the shared file tells', () => {
    memory.observeCatalog([row('a', T1, { rows: 1_000n }), row('b', T1, { rows: 5n })]);
    memory.observeCatalog([row('a', T2, { rows: 0n, entityType: 'VIEW' }), row('b', T2, { rows: 6n })]);
    assert.deepEqual(factsOf('a').change, {
      at: T2,
      what: {
        columns: null,
        entityType: { before: 'BASE TABLE', after: 'VIEW' },
        partitionBy: null,
        rows: { before: 1_000n, after: 0n },
      },
    });
    assert.equal(factsOf('b').change, null);
    memory.observeCatalog([row('a', T2 + 1n, { entityType: 'VIEW' }), row('b', T2)]);
    assert.equal(factsOf('a').change?.at, T2, 'it stays until another one');
  });

  it('of a refresh of this window has the second clock and the whole change', () => {
    memory.observeCatalog([row('a', T1)]);
    observe(ok('a', T2, { lastModified: T1 - HOUR }, COLUMNS_CHANGED));
    assert.deepEqual(factsOf('a').lastModified, { at: T1 - HOUR, observedAt: T2 });
    assert.deepEqual(factsOf('a').change, { at: T2, what: COLUMNS_CHANGED });
    assert.equal(factsOf('a').seen?.at, T2);
    memory.observeCatalog([row('a', T2, { rows: 0n })]);
    assert.deepEqual(factsOf('a').change?.what, COLUMNS_CHANGED, 'the reading of it changes nothing');
  });

  it('has the whole change also where the reading came before the outcome', () => {
    memory.observeCatalog([row('a', T1, { rows: 1_000n })]);
    memory.observeCatalog([row('a', T2, { rows: 0n })]);
    assert.equal(factsOf('a').change?.what.columns, null);
    observe(ok('a', T2, { rows: 0n }, COLUMNS_CHANGED));
    assert.deepEqual(factsOf('a').change?.what, COLUMNS_CHANGED);
    observe(ok('a', T2, { rows: 0n }));
    assert.deepEqual(factsOf('a').change?.what, COLUMNS_CHANGED);
  });

  it('notices what changed since it looked last also where the store saw no change', () => {
    memory.observeCatalog([row('a', T1, { rows: 1_000n })]);
    observe(ok('a', T2, { rows: 10n }));
    assert.deepEqual(factsOf('a').change?.what.rows, { before: 1_000n, after: 10n });
  });

  it('forgets the second clock where BigQuery has none for it, and keeps it where nobody asked', () => {
    observe(ok('a', T1, { lastModified: T1 - HOUR }));
    observe(ok('a', T2, { lastModified: null }));
    assert.deepEqual(factsOf('a').lastModified, { at: T1 - HOUR, observedAt: T1 }, 'from somebody’s row');
    observe(ok('a', T2 + 1n, { lastModified: null, rows: null }));
    assert.equal(factsOf('a').lastModified, null, 'a view');
  });

  it('does not take the second clock of one table for that of another', () => {
    for (const [id, after] of [
      ['type', row('type', T2, { entityType: 'VIEW' })],
      ['address', row('address', T2, {}, { bucket: 'other' })],
    ] as const) {
      observe(ok(id, T1, { lastModified: T1 - HOUR }));
      assert.ok(factsOf(id).lastModified);
      memory.observeCatalog([after]);
      assert.equal(factsOf(id).lastModified, null, id);
    }
    observe(ok('a', T1, { lastModified: T1 - HOUR }));
    observe(ok('a', T2, { lastModified: null }), { bucket: 'other' });
    assert.equal(factsOf('a').lastModified, null);
    observe(ok('b', T1, { lastModified: T1 - HOUR }));
    memory.observeCatalog([row('b', T2)]);
    assert.equal(factsOf('b').lastModified?.observedAt, T1);
  });

  it('has why an attempt failed, until one succeeds', () => {
    observe(failed('a', T1, 'accessDenied'));
    assert.deepEqual(factsOf('a').failure, { at: T1, reason: 'accessDenied' });
    observe(failed('a', T2, undefined));
    assert.deepEqual(factsOf('a').failure, { at: T2, reason: 'tableNotFound' });
    observe(ok('a', T2 + 1n));
    assert.equal(factsOf('a').failure, null);
  });

  it('takes no notice of what was not stored', () => {
    for (const stored of ['superseded', 'notStored', 'notKept', 'registrationChanged'] as const) {
      observe({ ...ok('a', T1), stored });
      observe({ ...failed('a', T1, 'accessDenied'), stored });
    }
    observe({ tableId: 'a', status: 'cancelled' });
    assert.equal(memory.facts('a'), undefined);
    assert.equal(store.kept.length, 0);
  });

  it('of tables that are not registered any more is what was seen last, and their history', async () => {
    memory.observeCatalog([row('a', T1)]);
    observe(ok('a', T2, { lastModified: T1 }, COLUMNS_CHANGED));
    observe(failed('a', T2 + 1n, 'accessDenied'));
    observe(failed('b', T1, 'accessDenied')); // of which nothing was seen
    const { seen } = factsOf('a');
    told.length = 0;
    memory.observeCatalog([row('c', T1)]);
    assert.deepEqual(factsOf('a'), { seen, lastModified: null, change: null, failure: null });
    assert.deepEqual(store.facts.get('a'), factsOf('a'));
    assert.equal(memory.facts('b'), undefined);
    assert.deepEqual([store.forgotten, told], [['b'], [['a'], ['b'], ['c']]]);
    assert.equal((await memory.history('a')).length, 2);
    told.length = 0;
    store.kept.length = 0;
    memory.observeCatalog([row('c', T1)]);
    assert.deepEqual([told, store.kept], [[], []], 'once');
  });

  it('tells a table that comes back under the id of another, whose numbers it has', () => {
    memory.observeCatalog([row('a', T1), row('b', T1)]);
    memory.observeCatalog([row('b', T1)]);
    const back = row('a', T1, {}, { bucket: 'other' });
    memory.observeCatalog([back, row('b', T1)]);
    assert.equal(isRepointed(memory.facts('a'), back.registration, back.cached), true);
    const same = row('a', T1);
    assert.equal(isRepointed(memory.facts('a'), same.registration, same.cached), false);
  });

  it('of tables that are not registered any more is bounded: those that were refreshed last stay', () => {
    const times = Array.from({ length: MAX_GONE + 2 }, (_, i) => T1 + BigInt(i));
    memory.observeCatalog(times.map((at) => row(`t${at - T1}`, at)));
    memory.observeCatalog([]);
    assert.deepEqual([memory.facts('t0'), memory.facts('t1')], [undefined, undefined]);
    assert.ok(memory.facts('t2'));
    assert.ok(memory.facts(`t${MAX_GONE + 1}`));
    assert.deepEqual(store.forgotten.toSorted(), ['t0', 't1']);
  });

  it('says and writes nothing where nothing is new', () => {
    const rows = [row('a', T1), row('b', T1)];
    memory.observeCatalog(rows);
    told.length = 0;
    store.kept.length = 0;
    memory.observeCatalog(rows);
    assert.deepEqual([told, store.kept, store.forgotten], [[], [], []]);
  });

  it('tells a registration that points elsewhere since the refresh of its numbers', () => {
    memory.observeCatalog([row('a', T1)]);
    const is = (more: Partial<TableRegistration>, refreshedAt: bigint | null = T1): boolean => {
      const after = row('a', refreshedAt, {}, more);
      return isRepointed(memory.facts('a'), after.registration, after.cached);
    };
    assert.equal(is({}), false);
    assert.equal(is({ bucket: 'other' }), true);
    assert.equal(is({ sourceTable: 'other' }), true);
    assert.equal(is({ bqFqn: 'project-1.a.b' }), true);
    assert.equal(is({ name: 'other', folder: 'other' }), false);
    assert.equal(is({ bucket: 'other' }, T2), false, 'a refresh that was not seen may be of the new one');
    assert.equal(is({ bucket: 'other' }, null), false);
    assert.equal(isRepointed(undefined, registration('a'), null), false);
  });

  describe('until the store was read', () => {
    it('waits with what it observes, so that no table looks new', async () => {
      store.facts.set('a', seenOnly(T1, 1_000n));
      const { promise, resolve } = Promise.withResolvers<undefined>();
      store.gate = promise.then(() => undefined);
      const later = new RememberedTables(store, clock);
      const events: string[][] = [];
      later.onDidChange((ids) => events.push([...ids]));
      later.observeCatalog([row('a', T2, { rows: 0n }), row('b', T1)]);
      later.observeOutcome(failed('b', T2, 'accessDenied'), row('b', T1));
      assert.equal(later.facts('a'), undefined);
      resolve(undefined);
      await later.load();
      assert.equal(store.reads, 2, 'it was asked for once');
      assert.deepEqual(later.facts('a')?.change?.what.rows, { before: 1_000n, after: 0n });
      assert.deepEqual(later.facts('b')?.failure, { at: T2, reason: 'accessDenied' });
      assert.deepEqual(events, [['a'], ['a', 'b'], ['b']]);
      later.dispose();
    });
  });

  describe('with other windows', () => {
    it('takes over what they know of refreshes that were theirs, once they have written it', async () => {
      memory.observeCatalog([row('a', T1), row('b', T1)]);
      const theirs = { at: T2 - HOUR, observedAt: T2 };
      store.facts.set('a', {
        ...seenOnly(T2, 0n),
        lastModified: theirs,
        change: { at: T2, what: COLUMNS_CHANGED },
      });
      memory.observeCatalog([row('a', T2), row('b', T1)]);
      // The memory keeps its own facts: what the other window writes comes after them.
      store.facts.set('a', {
        ...seenOnly(T2 + 99n, 0n),
        lastModified: theirs,
        change: { at: T2, what: COLUMNS_CHANGED },
      });
      told.length = 0;
      await clock.advance(OTHERS_WAIT_MS);
      assert.deepEqual(factsOf('a').lastModified, theirs);
      assert.deepEqual(factsOf('a').change?.what, COLUMNS_CHANGED);
      assert.equal(factsOf('a').seen?.at, T2, 'what was seen is for its own readings to say');
      assert.deepEqual(told, [['a']]);
    });

    it('takes over why an attempt of theirs failed, also where nothing else is known of the table', async () => {
      const failing = (errorAt: bigint): CatalogRow => ({
        registration: registration('a'),
        cached: { ...NOTHING_CACHED, errorAt, errorMessage: 'm' },
      });
      memory.observeCatalog([failing(T1)]);
      assert.equal(memory.facts('a'), undefined);
      const failure = { at: T1, reason: 'accessDenied' } as const;
      store.facts.set('a', { lastModified: null, seen: null, change: null, failure });
      await clock.advance(OTHERS_WAIT_MS);
      assert.deepEqual(factsOf('a').failure, failure);
      memory.observeCatalog([failing(T1)]);
      assert.equal(clock.pending, 0, 'it is no news any more');
      memory.observeCatalog([failing(T2)]);
      assert.equal(clock.pending, 1);
      memory.observeCatalog([failing(T2)]);
      await clock.advance(OTHERS_WAIT_MS);
      memory.observeCatalog([failing(T2)]);
      assert.equal(clock.pending, 0, 'who does not say why is not asked again and again');
    });

    it('reads once for many readings, and not at all for its own refreshes', async () => {
      const { reads } = store;
      observe(ok('a', T1));
      await clock.advance(OTHERS_WAIT_MS);
      assert.equal(store.reads, reads);
      for (let i = 1n; i < 5n; i += 1n) memory.observeCatalog([row('a', T1 + i)]);
      await clock.advance(OTHERS_WAIT_MS);
      assert.equal(store.reads, reads + 1);
      assert.equal(clock.pending, 0);
    });

    it('leaves no timer behind', async () => {
      memory.observeCatalog([row('a', T1)]);
      assert.equal(clock.pending, 1);
      memory.dispose();
      assert.equal(clock.pending, 0);
      await settle();
    });
  });

  it('is bounded', () => {
    const many = Array.from({ length: MAX_FACTS + 2 }, (_, i) => row(`t${i}`, T1));
    memory.observeCatalog(many);
    observe(ok('one more', T1));
    assert.ok(memory.facts(`t${MAX_FACTS - 1}`));
    assert.equal(memory.facts(`t${MAX_FACTS}`), undefined);
    assert.equal(memory.facts('one more'), undefined);
    observe(ok('t0', T2));
    assert.equal(factsOf('t0').seen?.at, T2);
  }).timeout(60_000);

  function observe(outcome: RefreshOutcome, more: Partial<TableRegistration> = {}): void {
    memory.observeOutcome(outcome, row(outcome.tableId, T1, {}, more));
  }
});

function row(
  id: string,
  refreshedAt: bigint | null,
  cached: Partial<CachedMetadata> = {},
  more: Partial<TableRegistration> = {},
): CatalogRow {
  return {
    registration: registration(id, more),
    cached:
      refreshedAt === null
        ? null
        : { ...NOTHING_CACHED, entityType: 'BASE TABLE', rows: 10n, ...cached, refreshedAt },
  };
}

function seenOnly(at: bigint, rows: bigint): TableFacts {
  const registeredAs = { bucket: 'sales', sourceTable: null, bqFqn: null };
  const seen = { at, rows, entityType: 'BASE TABLE', partitionBy: null, registeredAs };
  return { lastModified: null, seen, change: null, failure: null };
}

function ok(
  tableId: string,
  observedAt: bigint,
  more: Partial<RefreshedMetadata> = {},
  change?: TableChange,
): Extract<RefreshOutcome, { status: 'ok' }> {
  const { rows, sizeBytes, partitionBy, clusteredBy, entityType } = METADATA;
  const metadata = { rows, sizeBytes, partitionBy, clusteredBy, entityType, lastModified: null, ...more };
  return {
    ...{ tableId, status: 'ok', stored: 'stored', observedAt, fetchMs: 1, totalMs: 1, metadata },
    ...(change === undefined ? {} : { change }),
  };
}

/** Without a reason: BigQuery has no such table. */
function failed(
  tableId: string,
  observedAt: bigint,
  reason: 'accessDenied' | undefined,
): Extract<RefreshOutcome, { status: 'error' | 'no_data' }> {
  const common = { tableId, stored: 'stored', observedAt, fetchMs: 1, totalMs: 1 } as const;
  const texts = { message: 'm', storedMessage: 'm' };
  return reason === undefined
    ? { ...common, ...texts, status: 'no_data' }
    : { ...common, ...texts, status: 'error', reason };
}

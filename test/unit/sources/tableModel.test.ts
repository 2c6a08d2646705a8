import assert from 'node:assert/strict';
import { NOTHING_CACHED, type CachedMetadata } from '../../../src/core/cachedMetadata.ts';
import { resolveDataPolicies } from '../../../src/core/dataFreshness.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { countFreshness } from '../../../src/core/freshness.ts';
import type { RefreshOutcome } from '../../../src/core/refreshOutcome.ts';
import { countOutcomes, type RunRecord } from '../../../src/core/runSummary.ts';
import type { CatalogRow } from '../../../src/ports/tableStore.ts';
import type { SourceSnapshot } from '../../../src/sources/metadataSource.ts';
import { TableModel, type ModelChange } from '../../../src/sources/tableModel.ts';
import { JoinedRun } from '../../../src/engine/flight/joinedRun.ts';
import { announcement } from '../../fixtures/flightFakes.ts';
import { METADATA, registration } from '../../fixtures/engineFakes.ts';
import { FakeClock, settle } from '../../fixtures/fakeClock.ts';
import { FakeSource } from '../../fixtures/fakeSource.ts';

const HOUR = 3_600_000_000n;
const HOUR_MS = 3_600_000;

interface Scene {
  readonly clock: FakeClock;
  readonly source: FakeSource;
  readonly model: TableModel;
  readonly changes: ModelChange[];
}

describe('table model', () => {
  it('turns a row stale at the moment it is, without being asked', async () => {
    const { clock, model, changes } = await openScene((now) => [row('a', { refreshedAt: now - 7n * HOUR })]);
    assert.equal(model.table('a')?.freshness, 'fresh');
    await clock.advance(HOUR_MS);
    assert.equal(model.table('a')?.freshness, 'fresh'); // the threshold is inclusive
    await clock.advance(1);
    assert.equal(model.table('a')?.freshness, 'stale');
    assert.ok(changes.some((change) => change.kind === 'tables' && change.ids.includes('a')));
    assert.equal(model.counts.stale, 1);
  });

  it('notices within half a minute that the machine slept', async () => {
    const { clock, model } = await openScene((now) => [row('a', { refreshedAt: now })]);
    clock.jump(9 * HOUR_MS);
    await clock.advance(30_000);
    assert.equal(model.table('a')?.freshness, 'stale');
  });

  it('keeps the last snapshot when the source can’t be read, and says why', async () => {
    const { model, source } = await openScene((now) => [row('a', { refreshedAt: now })]);
    const { readAt } = model.snapshot ?? assert.fail();
    source.failure = new AgnesFailure('fileBusy', { holder: { pid: 7, name: 'python' } });
    await model.load();
    assert.equal(model.failure?.reason, 'fileBusy');
    assert.equal(model.snapshot?.readAt, readAt);
    assert.ok(model.table('a'));
    source.failure = undefined;
    await model.load();
    assert.equal(model.failure, undefined);
  });

  it('shows what is known of an earlier time where the source can’t be read, and still says why', async () => {
    const { model, source, clock, changes } = await openScene(() => [], new AgnesFailure('fileBusy'));
    assert.deepEqual([model.snapshot, model.failure?.reason], [undefined, 'fileBusy']);
    source.earlier = earlier(clock.now() - HOUR, [row('a', { refreshedAt: clock.now() - 9n * HOUR })]);
    changes.length = 0;
    await model.load();
    assert.deepEqual([model.snapshot?.origin, model.snapshot?.readAt], ['kept', clock.now() - HOUR]);
    assert.equal(model.failure?.reason, 'fileBusy');
    assert.equal(model.table('a')?.freshness, 'stale');
    assert.deepEqual(changes, [{ kind: 'all' }, { kind: 'status' }]);
  });

  it('replaces what it shows by something later that is known, never by something earlier', async () => {
    const { model, source, clock } = await openScene(() => [row('a', { rows: 1n })]);
    const { readAt } = model.snapshot ?? assert.fail();
    source.failure = new AgnesFailure('fileBusy');
    source.earlier = earlier(readAt - 1n, [row('a', { rows: 0n })]);
    await model.load();
    assert.deepEqual([model.snapshot?.readAt, model.table('a')?.cached?.rows], [readAt, 1n]);
    await clock.advance(HOUR_MS);
    source.earlier = earlier(readAt + 1n, [row('a', { rows: 2n })], 'serverSnapshot');
    await model.load();
    assert.deepEqual([model.snapshot?.readAt, model.table('a')?.cached?.rows], [readAt + 1n, 2n]);
    assert.equal(model.snapshot?.origin, 'serverSnapshot');
  });

  it('shows the source itself again as soon as it can be read', async () => {
    const { model, source, clock } = await openScene(() => [], new AgnesFailure('fileBusy'));
    source.earlier = earlier(clock.now() + HOUR, [row('a', null)]);
    await model.load();
    source.failure = undefined;
    source.rows = [row('b', null)];
    await model.load();
    assert.deepEqual([model.snapshot?.origin, model.failure], ['live', undefined]);
    assert.ok(model.table('b'));
    assert.equal(model.table('a'), undefined);
  });

  it('shows nothing of an earlier time where waiting does not help', async () => {
    const { model, source, clock } = await openScene(() => [], new AgnesFailure('fileNotDuckDb'));
    source.earlier = earlier(clock.now(), [row('a', null)]);
    await model.load();
    assert.equal(model.snapshot, undefined);
  });

  it('never shows a row that this window stored as it was before', async () => {
    const { model, source, clock } = await openScene(() => [row('a', null), row('b', null)]);
    await clock.advance(HOUR_MS);
    const exportedAt = clock.now();
    await clock.advance(HOUR_MS);
    const storedAt = clock.now();
    source.tableEvents.fire({ kind: 'tableSettled', outcome: ok('a', storedAt) });
    source.failure = new AgnesFailure('fileBusy');
    source.earlier = earlier(exportedAt, [
      row('a', { refreshedAt: exportedAt, rows: 0n }),
      row('b', { refreshedAt: exportedAt, rows: 0n }),
    ]);
    await model.load();
    assert.deepEqual(
      [model.table('a')?.cached?.refreshedAt, model.table('a')?.cached?.rows],
      [storedAt, 10n],
    );
    assert.equal(model.table('b')?.cached?.refreshedAt, exportedAt);
  });

  it('drops what is known of a source that was replaced meanwhile', async () => {
    const { model, source, clock } = await openScene(() => [], new AgnesFailure('fileBusy'));
    const { promise, resolve } = Promise.withResolvers<SourceSnapshot>();
    const asked = new Promise<void>((isAsked) => {
      source.lastKnown = () => {
        isAsked();
        return promise;
      };
    });
    const late = model.load();
    await asked;
    model.setSource(new FakeSource(clock, [row('z', null)]));
    await model.load();
    resolve(earlier(clock.now(), [row('a', null)]));
    await late;
    assert.deepEqual(
      [model.table('a'), model.failure, model.snapshot?.origin],
      [undefined, undefined, 'live'],
    );
  });

  it('applies an outcome of this window to its row alone', async () => {
    const { model, source, changes, clock } = await openScene(() => [row('a', null), row('b', null)]);
    changes.length = 0;
    source.tableEvents.fire({ kind: 'tableStarted', tableId: 'a' });
    assert.equal(model.table('a')?.refreshing, true);
    source.tableEvents.fire({ kind: 'tableSettled', outcome: ok('a', clock.now()) });
    assert.equal(model.table('a')?.refreshing, false);
    assert.equal(model.table('a')?.freshness, 'fresh');
    assert.equal(model.table('a')?.cached?.rows, METADATA.rows);
    assert.deepEqual(
      changes.map((change) => (change.kind === 'tables' ? change.ids : change.kind)),
      [['a'], ['a']],
    );
    assert.deepEqual(model.counts, countFreshness(model.tables));
  });

  it('applies many outcomes as one change', async () => {
    const { model, source, changes, clock } = await openScene(() => [
      row('a', null),
      row('b', null),
      row('c', null),
    ]);
    changes.length = 0;
    const now = clock.now();
    const outcomes = [ok('a', now), ok('gone', now), failed('c', now, 'stored')];
    source.tableEvents.fire({ kind: 'tablesSettled', outcomes });
    assert.deepEqual(changes, [{ kind: 'tables', ids: ['a', 'c'] }]);
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => model.table(id)?.freshness),
      ['fresh', 'never_fetched', 'error'],
    );
    assert.deepEqual(model.counts, countFreshness(model.tables));
    source.tableEvents.fire({ kind: 'tablesSettled', outcomes: [ok('gone', now)] });
    assert.equal(changes.length, 1);
  });

  it('keeps the numbers of a row whose refresh failed, and says that it failed', async () => {
    const { model, source, clock } = await openScene((now) => [row('a', { refreshedAt: now, rows: 5n })]);
    await clock.advance(1_000);
    const outcome = failed('a', clock.now(), 'stored');
    source.tableEvents.fire({ kind: 'tableSettled', outcome });
    const view = model.table('a') ?? assert.fail();
    assert.deepEqual([view.freshness, view.cached?.rows, view.lastAttemptFailed], ['fresh', 5n, true]);
    assert.equal(view.cached?.errorMessage, 'stored text');
  });

  it('shows an attempt that left nothing in the file, until someone’s later one did', async () => {
    const { model, source, clock } = await openScene((now) => [row('a', { refreshedAt: now })]);
    await clock.advance(1_000);
    source.tableEvents.fire({ kind: 'tableSettled', outcome: failed('a', clock.now(), 'notKept') });
    assert.equal(model.table('a')?.lastAttemptFailed, true);
    assert.equal(model.table('a')?.cached?.errorAt, null);
    await model.load();
    assert.equal(model.table('a')?.lastAttemptFailed, true);
    await clock.advance(1_000);
    source.rows = [row('a', { refreshedAt: clock.now() })];
    await model.load();
    assert.equal(model.table('a')?.lastAttemptFailed, false);
  });

  it('tells tables that came or went from rows that changed', async () => {
    const { model, source, changes } = await openScene((now) => [
      row('a', { refreshedAt: now }),
      row('b', null),
    ]);
    changes.length = 0;
    source.rows = [...source.rows.slice(0, 1), row('b', { refreshedAt: 0n })];
    await model.load();
    assert.deepEqual(changes[0], { kind: 'tables', ids: ['b'] });
    changes.length = 0;
    source.rows = source.rows.slice(0, 1);
    await model.load();
    assert.deepEqual(changes[0], { kind: 'all' });
    assert.equal(model.table('b'), undefined);
  });

  it('reads again for who asks while a reading is under way', async () => {
    const { model, source } = await openScene(() => [row('a', null)]);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    source.gate = promise.then(() => undefined);
    const first = model.load();
    source.rows = [row('a', null), row('b', null)];
    const second = model.load();
    const third = model.load();
    resolve(undefined);
    await Promise.all([first, second, third]);
    assert.ok(model.table('b'));
    assert.equal(source.loads, 3); // the opening, the first, and one for the other two
  });

  it('reads again as a person asked for it, also where somebody else asked before', async () => {
    const { model, source } = await openScene(() => [row('a', null)]);
    source.loadedWith.length = 0;
    await Promise.all([model.load(), model.load({ quick: true }), model.load({ asked: true })]);
    await model.load();
    assert.deepEqual(
      source.loadedWith.map((options) => [options?.asked, options?.quick]),
      [
        [undefined, undefined],
        [true, undefined],
        [undefined, undefined],
      ],
    );
  });

  it('keeps what was stored while an older reading was still on its way', async () => {
    const { model, source, clock } = await openScene(() => [row('a', null)]);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    source.gate = promise.then(() => undefined);
    const late = model.load();
    source.tableEvents.fire({ kind: 'tableSettled', outcome: ok('a', clock.now()) });
    resolve(undefined);
    await late;
    assert.equal(model.table('a')?.freshness, 'fresh');
  });

  it('drops what a replaced source still had to say', async () => {
    const { model, source, clock } = await openScene(() => [row('a', null)]);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    source.gate = promise.then(() => undefined);
    const late = model.load();
    const other = new FakeSource(clock, [row('z', null)]);
    model.setSource(other);
    await model.load();
    resolve(undefined);
    await late;
    assert.deepEqual(
      [...model.tables].map((view) => view.registration.id),
      ['z'],
    );
    assert.equal(source.disposed, true);
  });

  it('counts as it goes what counting anew would give', async () => {
    const { model, source, clock } = await openScene(() => ['a', 'b', 'c'].map((id) => row(id, null)));
    source.tableEvents.fire({ kind: 'tableSettled', outcome: ok('a', clock.now()) });
    source.tableEvents.fire({ kind: 'tableSettled', outcome: failed('b', clock.now(), 'stored') });
    source.tableEvents.fire({ kind: 'tableSettled', outcome: failed('a', clock.now() + 1n, 'stored') });
    assert.deepEqual(model.counts, countFreshness(model.tables));
    assert.deepEqual([model.counts.fresh, model.counts.error, model.counts.never_fetched], [1, 1, 1]);
  });

  it('shows what another window had begun before anybody listened, to its end', async () => {
    const clock = new FakeClock();
    const source = new FakeSource(clock, [row('a', null), row('b', null)]);
    const run = new JoinedRun(announcement({ done: 0, total: 2 }));
    source.currentRun = run;
    source.tablesElsewhere = ['a'];
    const model = new TableModel(clock);
    model.setSource(source);
    await model.load();
    assert.deepEqual([model.table('a')?.refreshing, model.table('b')?.refreshing], [true, false]);
    source.tableEvents.fire({ kind: 'tableLeft', tableId: 'a' });
    assert.equal(model.table('a')?.refreshing, false);
    const { loads } = source;
    source.currentRun = undefined;
    run.end(undefined, 'flightVanished');
    await settle();
    assert.equal(source.loads, loads + 1, 'what it stored is read');
    model.dispose();
  });

  describe('with what is remembered', () => {
    it('has the second clock, a change and a re-pointed registration on the row, without being asked again', async () => {
      const { model, source, changes, clock } = await openScene((now) => [
        row('a', { refreshedAt: now, rows: 1_000n }),
      ]);
      const before = model.table('a') ?? assert.fail();
      assert.deepEqual(
        [before.lastModified, before.change, before.repointed, before.lastErrorReason],
        [undefined, undefined, false, undefined],
      );
      changes.length = 0;
      await clock.advance(1_000);
      const at = clock.now();
      const metadata = { ...METADATA, rows: 0n, lastModified: at - HOUR };
      source.tableEvents.fire({ kind: 'tableSettled', outcome: { ...okAt('a', at), metadata } });
      const view = model.table('a') ?? assert.fail();
      assert.deepEqual(view.lastModified, { at: at - HOUR, observedAt: at });
      assert.deepEqual([view.change?.at, view.change?.what.rows], [at, { before: 1_000n, after: 0n }]);
      assert.deepEqual(changes, [{ kind: 'tables', ids: ['a'] }], 'as one change');
      const cached = view.cached ?? assert.fail();
      source.rows = [{ registration: registration('a', { bucket: 'other' }), cached }];
      await model.load();
      assert.equal(model.table('a')?.repointed, true);
      assert.equal(model.table('a')?.lastModified, undefined, 'the former table’s');
    });

    it('has the second clock of an inspection on the row', async () => {
      const { model, source, changes, clock } = await openScene((now) => [row('a', { refreshedAt: now })]);
      changes.length = 0;
      const lastModified = { at: clock.now() - HOUR, observedAt: clock.now() };
      source.memory.observeInspection('a', lastModified);
      assert.deepEqual(model.table('a')?.lastModified, lastModified);
      assert.deepEqual(changes, [{ kind: 'tables', ids: ['a'] }]);
    });

    it('has no time that only the asking had, also where a reading was under way', async () => {
      const { model, source, clock } = await openScene((now) => [row('a', { refreshedAt: now, rows: 1n })]);
      const before = clock.now();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      source.gate = promise.then(() => undefined);
      const late = model.load();
      await clock.advance(1_000);
      const outcome = { ...okAt('a', clock.now()), timeIsApproximate: true } as const;
      source.tableEvents.fire({ kind: 'tableSettled', outcome });
      resolve(undefined);
      await late;
      assert.equal(model.table('a')?.cached?.refreshedAt, clock.now());
      assert.equal(source.memory.facts('a')?.seen?.at, before);
      assert.equal((await source.memory.history('a')).length, 1);
    });

    it('tells a change for a day, and no longer, without being asked', async () => {
      const { model, source, changes, clock } = await openScene((now) => [
        row('a', { refreshedAt: now, rows: 1_000n }),
      ]);
      source.rows = [row('a', { refreshedAt: clock.now() + 1n, rows: 0n })];
      await model.load();
      assert.ok(model.table('a')?.change);
      changes.length = 0;
      await clock.advance(24 * HOUR_MS - 1);
      assert.ok(model.table('a')?.change);
      await clock.advance(30_001);
      assert.equal(model.table('a')?.change, undefined);
      assert.ok(changes.some((change) => change.kind === 'tables' && change.ids.includes('a')));
      assert.ok(source.memory.facts('a')?.change, 'the details still have it');
    });

    it('of another window or of before is drawn when it is read, and only that', async () => {
      const clock = new FakeClock();
      const now = clock.now();
      const source = new FakeSource(clock, [row('a', { refreshedAt: now }), row('b', { refreshedAt: now })]);
      const { promise, resolve } = Promise.withResolvers<undefined>();
      source.memoryStore.gate = promise.then(() => undefined);
      source.memoryStore.facts.set('a', {
        lastModified: { at: now - HOUR, observedAt: now },
        seen: { at: now, rows: null, entityType: null, partitionBy: null, registeredAs: REGISTERED },
        change: null,
        failure: null,
      });
      const model = new TableModel(clock);
      model.setSource(source);
      await model.load();
      assert.equal(model.table('a')?.lastModified, undefined);
      const changes: ModelChange[] = [];
      model.onDidChange((change) => changes.push(change));
      resolve(undefined);
      await settle();
      assert.deepEqual(model.table('a')?.lastModified, { at: now - HOUR, observedAt: now });
      assert.deepEqual(changes, [{ kind: 'tables', ids: ['a'] }]);
      model.dispose();
    });

    it('is taken from the source itself alone, not from what was kept of it', async () => {
      const { model, source, clock } = await openScene(() => [], new AgnesFailure('fileBusy'));
      source.earlier = earlier(clock.now(), [row('a', { refreshedAt: clock.now() - HOUR })]);
      await model.load();
      assert.ok(model.table('a'));
      assert.equal(source.memory.facts('a'), undefined);
    });

    it('does not go back to a reading that began before this window stored', async () => {
      const { model, source, clock } = await openScene((now) => [row('a', { refreshedAt: now, rows: 1n })]);
      const { promise, resolve } = Promise.withResolvers<undefined>();
      source.gate = promise.then(() => undefined);
      const late = model.load();
      await clock.advance(1_000);
      source.tableEvents.fire({ kind: 'tableSettled', outcome: ok('a', clock.now()) });
      resolve(undefined);
      await late;
      assert.equal(source.memory.facts('a')?.seen?.at, clock.now());
      assert.equal(source.memory.facts('a')?.change, null);
    });

    it('has why the last attempt failed, stored or not, and of no other attempt', async () => {
      const { model, source, clock } = await openScene((now) => [row('a', { refreshedAt: now })]);
      await clock.advance(1_000);
      source.tableEvents.fire({ kind: 'tableSettled', outcome: failed('a', clock.now(), 'stored') });
      assert.equal(model.table('a')?.lastErrorReason, 'accessDenied');
      await clock.advance(1_000);
      const unstored = { ...failedAt('a', clock.now()), reason: 'tableTimeout', stored: 'notKept' } as const;
      source.tableEvents.fire({ kind: 'tableSettled', outcome: unstored });
      assert.equal(model.table('a')?.lastErrorReason, 'tableTimeout');
      const lost = { ...okAt('a', clock.now()), stored: 'notStored' } as const;
      source.tableEvents.fire({ kind: 'tableSettled', outcome: lost });
      assert.equal(model.table('a')?.lastErrorReason, 'notStored');
      await clock.advance(1_000);
      source.rows = [row('a', { refreshedAt: 1n, errorAt: clock.now() })];
      await model.load();
      assert.equal(model.table('a')?.lastAttemptFailed, true);
      assert.equal(model.table('a')?.lastErrorReason, undefined, 'somebody else’s, who has not said why');
    });

    it('is told of many outcomes at once as one change', async () => {
      const { model, source, changes, clock } = await openScene(() => [row('a', null), row('b', null)]);
      changes.length = 0;
      const outcomes = [ok('a', clock.now()), ok('b', clock.now())];
      source.tableEvents.fire({ kind: 'tablesSettled', outcomes });
      assert.deepEqual(changes, [{ kind: 'tables', ids: ['a', 'b'] }]);
      assert.ok(source.memory.facts('b')?.seen);
      model.dispose();
    });

    it('of a source that was replaced is drawn no more', async () => {
      const { model, source, changes, clock } = await openScene(() => [row('a', null)]);
      model.setSource(new FakeSource(clock, [row('a', null)]));
      await model.load();
      changes.length = 0;
      source.memory.observeCatalog([row('a', { refreshedAt: clock.now() })]);
      assert.deepEqual(changes, []);
      model.dispose();
    });
  });

  it('judges the age of data by its policy, and again when a limit passes or a policy changes', async () => {
    const clock = new FakeClock();
    let { policies } = resolveDataPolicies({ 'my-project.sales.a': { warnAfter: '2h', errorAfter: '4h' } });
    const source = new FakeSource(clock, [row('a', null), row('b', null)]);
    const model = new TableModel(clock, () => policies);
    model.setSource(source);
    await model.load();
    const at = clock.now();
    for (const id of ['a', 'b']) {
      const metadata = { ...METADATA, lastModified: at - HOUR };
      source.tableEvents.fire({ kind: 'tableSettled', outcome: { ...okAt(id, at), metadata } });
    }
    assert.deepEqual(model.table('a')?.dataAge, { verdict: 'pass', limitSeconds: 7_200n });
    assert.equal(model.table('b')?.dataAge, undefined);
    await clock.advance(HOUR_MS + 30_001);
    assert.deepEqual(model.table('a')?.dataAge, { verdict: 'warn', limitSeconds: 7_200n });
    assert.equal(model.table('a')?.freshness, 'fresh', 'the four states are another matter');
    const changes: ModelChange[] = [];
    model.onDidChange((change) => changes.push(change));
    ({ policies } = resolveDataPolicies({ a: null, b: { errorAfter: '1h' } }));
    model.judgeNow();
    assert.equal(model.table('a')?.dataAge, undefined);
    assert.deepEqual(model.table('b')?.dataAge, { verdict: 'error', limitSeconds: 3_600n });
    assert.deepEqual(changes, [{ kind: 'tables', ids: ['a', 'b'] }, { kind: 'status' }]);
    model.dispose();
  });

  it('judges the age of data by nothing that is of before the last refresh, or of another table', async () => {
    const clock = new FakeClock();
    const { policies } = resolveDataPolicies({ a: { errorAfter: '1h' } });
    const source = new FakeSource(clock, [row('a', null)]);
    const model = new TableModel(clock, () => policies);
    model.setSource(source);
    await model.load();
    const metadata = { ...METADATA, lastModified: clock.now() - 2n * HOUR };
    source.tableEvents.fire({ kind: 'tableSettled', outcome: { ...okAt('a', clock.now()), metadata } });
    assert.equal(model.table('a')?.dataAge?.verdict, 'error');
    const cached = model.table('a')?.cached ?? assert.fail();
    source.rows = [{ registration: registration('a', { bucket: 'other' }), cached }];
    await model.load();
    assert.deepEqual([model.table('a')?.repointed, model.table('a')?.dataAge], [true, undefined]);
    await clock.advance(1_000);
    source.rows = [row('a', { ...cached, refreshedAt: clock.now() })];
    await model.load();
    const view = model.table('a') ?? assert.fail();
    assert.deepEqual([view.repointed, view.dataAge], [false, undefined]);
    assert.notEqual(view.lastModified, undefined, 'it is told all the same, with when it was seen');
    source.memory.observeInspection('a', { at: clock.now(), observedAt: clock.now() });
    assert.equal(model.table('a')?.dataAge?.verdict, 'pass');
    model.dispose();
  });

  it('finds policies by the addresses of the source that is shown', async () => {
    const clock = new FakeClock();
    const { policies } = resolveDataPolicies({ 'other-project.*': { errorAfter: '1h' } });
    const model = new TableModel(clock, () => policies);
    const opened = async (project: string): Promise<boolean> => {
      const source = new FakeSource(clock, [row('a', { refreshedAt: clock.now() })]);
      source.project = project;
      model.setSource(source);
      await model.load();
      source.memory.observeInspection('a', { at: clock.now(), observedAt: clock.now() });
      return model.table('a')?.dataAge !== undefined;
    };
    assert.deepEqual([await opened('my-project'), await opened('other-project')], [false, true]);
    model.dispose();
  });

  it('has the ended runs as they were last read, and says that there are others', async () => {
    const { model, source, changes } = await openScene(() => [row('a', null)]);
    assert.deepEqual([model.runs, model.lastRun], [[], undefined]);
    const [first, second] = ['00000001', '00000002'].map(record);
    assert.ok(first && second);
    source.records = [first, second];
    changes.length = 0;
    await model.load();
    assert.deepEqual([model.runs, model.lastRun], [[first, second], second]);
    assert.deepEqual(changes.at(-1), { kind: 'status' });
    model.setSource(undefined);
    assert.deepEqual([model.runs, model.lastRun], [[], undefined]);
  });

  it('leaves no timer behind', async () => {
    const { model, clock } = await openScene(() => [row('a', null)]);
    model.dispose();
    assert.equal(clock.pending, 0);
  });
});

async function openScene(rows: (now: bigint) => CatalogRow[], failure?: AgnesFailure): Promise<Scene> {
  const clock = new FakeClock();
  const source = new FakeSource(clock, rows(clock.now()));
  source.failure = failure;
  const model = new TableModel(clock);
  const changes: ModelChange[] = [];
  model.onDidChange((change) => changes.push(change));
  model.setSource(source);
  await model.load();
  await settle();
  return { clock, source, model, changes };
}

function earlier(
  readAt: bigint,
  rows: readonly CatalogRow[],
  origin: SourceSnapshot['origin'] = 'kept',
): SourceSnapshot {
  return { origin, readAt, rows, refreshObstacle: undefined };
}

function row(id: string, cached: Partial<CachedMetadata> | null): CatalogRow {
  return {
    registration: registration(id),
    cached: cached === null ? null : { ...NOTHING_CACHED, ...cached },
  };
}

const REGISTERED = { bucket: 'sales', sourceTable: null, bqFqn: null };

function record(runId: string): RunRecord {
  return {
    summary: {
      ...countOutcomes(1, []),
      runId,
      startedAt: 0n,
      durationMs: 1,
      trigger: 'command',
      window: 'w',
      coversAll: true,
      endedBy: null,
    },
    endedAt: 1n,
    failures: [],
    changes: [],
  };
}

function ok(tableId: string, observedAt: bigint): RefreshOutcome {
  return okAt(tableId, observedAt);
}

function okAt(tableId: string, observedAt: bigint): Extract<RefreshOutcome, { status: 'ok' }> {
  return { tableId, status: 'ok', metadata: METADATA, stored: 'stored', observedAt, fetchMs: 1, totalMs: 1 };
}

function failed(tableId: string, observedAt: bigint, stored: 'stored' | 'notKept'): RefreshOutcome {
  return {
    ...failedAt(tableId, observedAt),
    stored,
    storedMessage: stored === 'stored' ? 'stored text' : null,
  };
}

function failedAt(tableId: string, observedAt: bigint): Extract<RefreshOutcome, { status: 'error' }> {
  return {
    tableId,
    status: 'error',
    reason: 'accessDenied',
    message: 'told text',
    storedMessage: 'stored text',
    stored: 'stored',
    observedAt,
    fetchMs: 1,
    totalMs: 1,
  };
}

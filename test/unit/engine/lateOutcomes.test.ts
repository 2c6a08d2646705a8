import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../src/core/failure.ts';
import type { RefreshOutcome } from '../../../src/core/refreshOutcome.ts';
import { isCompleted, MAX_RECORDED_CHANGES } from '../../../src/core/runSummary.ts';
import type { TableChange } from '../../../src/core/tableChange.ts';
import { RefreshEngine } from '../../../src/engine/refreshEngine.ts';
import { MAX_UNSTORED } from '../../../src/engine/storing/outcomeBatcher.ts';
import { anotherWindow, fakeParts, METADATA, type FakeParts } from '../../fixtures/engineFakes.ts';
import { settle } from '../../fixtures/fakeClock.ts';

const MINUTE_MS = 60_000;
const EMPTIED: TableChange = {
  columns: null,
  entityType: null,
  partitionBy: null,
  rows: { before: 5n, after: 0n },
};

describe('what was fetched while somebody held the file', () => {
  it('is stored when the file is free, and its run is complete then', async () => {
    const parts = fakeParts(3);
    parts.provider.answers.set('t1', [{ kind: 'noData', message: 'gone' }]);
    const engine = await runAgainstHeldFile(parts, 4);
    const [before] = parts.records.records;
    assert.deepEqual([before?.summary.notStored, before?.summary.endedBy], [3, 'fileBusy']);
    assert.equal(engine.lateCount, 3);

    await parts.clock.advance(10 * MINUTE_MS);
    assert.equal(engine.lateCount, 0);
    assert.equal(parts.store.stored.length, 3);
    assert.deepEqual(
      parts.store.underLocks.map((lock) => lock !== undefined),
      Array.from(parts.store.underLocks, () => true),
      'every store is one under the lock',
    );
    const [after] = parts.records.records;
    assert.equal(parts.records.records.length, 1);
    assert.ok(after !== undefined && isCompleted(after.summary));
    assert.deepEqual([after.summary.succeeded, after.summary.failed], [2, 1]);
    assert.equal(parts.place.holder, undefined);
    assert.equal(parts.clock.pending, 0);
  });

  it('tells, once it is stored, what of the row is different: to the record of its run and to whoever listens', async () => {
    const parts = fakeParts(3);
    parts.provider.answers.set('t1', [{ kind: 'noData', message: 'gone' }]);
    parts.provider.answers.set('t2', [{ kind: 'tableError', reason: 'accessDenied', message: 'no' }]);
    parts.store.changes.set('t0', EMPTIED);
    const engine = await runAgainstHeldFile(parts, 4);
    const recorded = (): unknown => parts.records.records.map(({ changes }) => changes);
    assert.deepEqual(recorded(), [[]]);
    const settled: RefreshOutcome[] = [];
    engine.onTableEvent((event) => event.kind === 'tableSettled' && settled.push(event.outcome));
    await parts.clock.advance(10 * MINUTE_MS);
    assert.deepEqual(recorded(), [[{ tableId: 't0', change: EMPTIED }]]);
    const [t0, t1, t2] = settled;
    assert.ok(t0?.status === 'ok' && t0.stored === 'stored');
    assert.equal(t0.change, EMPTIED);
    assert.equal(t0.fetchMs, null);
    assert.ok(t0.totalMs > 1_000, 'the time that it waited');
    const { knownColumns, ...told } = METADATA;
    assert.notEqual(knownColumns, null);
    assert.deepEqual(t0.metadata, told);
    const { bucket, sourceTable, bqFqn } = parts.store.registrations[0] ?? assert.fail();
    assert.deepEqual(t0.registeredAs, { bucket, sourceTable, bqFqn });
    assert.ok(t1?.status === 'no_data' && t1.storedMessage === 'provider returned no data: gone');
    assert.ok(t2?.status === 'error' && t2.reason === 'accessDenied');
    assert.equal(settled.length, 3);
    assert.ok(parts.log.lines.some((line) => /table_id=t0 .*changed=rows$/.test(line)));
  });

  it('adds to how many tables its run found to be different, also where no more of them are named', async () => {
    const parts = fakeParts(2);
    for (const id of ['t0', 't1']) parts.store.changes.set(id, EMPTIED);
    await runAgainstHeldFile(parts, 4);
    const [record = assert.fail()] = parts.records.records;
    const changes = Array.from({ length: MAX_RECORDED_CHANGES }, (_, i) => ({
      tableId: `x${i}`,
      change: EMPTIED,
    }));
    await parts.records.append({ ...record, changes, changedCount: 80 });
    await parts.clock.advance(10 * MINUTE_MS);
    const amended = parts.records.records.at(-1);
    assert.equal(amended?.changes.length, MAX_RECORDED_CHANGES);
    assert.equal(amended.changedCount, 82);
  });

  it('is told of as superseded, or as of another table, where it is', async () => {
    for (const [result, failures] of [
      ['superseded', 0],
      ['registrationChanged', 1],
    ] as const) {
      const parts = fakeParts(1);
      const engine = await runAgainstHeldFile(parts, 4);
      parts.store.result = result;
      const settled: RefreshOutcome[] = [];
      engine.onTableEvent((event) => event.kind === 'tableSettled' && settled.push(event.outcome));
      await parts.clock.advance(10 * MINUTE_MS);
      assert.deepEqual(
        settled.map((outcome) => 'stored' in outcome && outcome.stored),
        [result],
      );
      assert.equal(parts.records.records[0]?.failures.length, failures);
    }
  });

  it('is tried again with growing distance, not in a busy loop, while the file is held for hours', async () => {
    const parts = fakeParts(3);
    await runAgainstHeldFile(parts, 10_000);
    const before = parts.store.underLocks.length;
    await parts.clock.advance(4 * 60 * MINUTE_MS);
    const attempts = parts.store.underLocks.length - before;
    assert.ok(attempts > 100 && attempts < 500, `${attempts} attempts in four hours`);
  });

  it('is bounded: a run stops asking when enough waits, and ends when nothing can be stored for a minute', async () => {
    const parts = fakeParts(MAX_UNSTORED + 200);
    parts.store.storeFailures.push(...Array.from({ length: 10_000 }, busy));
    const engine = new RefreshEngine(parts);
    const { run } = await engine.startRun({ trigger: 'timer' });
    await parts.clock.advance(MINUTE_MS);
    const asked = parts.provider.asked.length;
    assert.ok(asked >= MAX_UNSTORED && asked < MAX_UNSTORED + 10, `${asked} of ${MAX_UNSTORED + 200}`);
    await parts.clock.advance(MINUTE_MS);
    const { summary } = await run.result;
    assert.equal(parts.provider.asked.length, asked);
    assert.deepEqual([summary.endedBy, summary.notAttempted], ['fileBusy', MAX_UNSTORED + 200 - asked]);
    assert.equal(engine.lateCount, asked);
    engine.dispose();
  });

  it('is stored in batches that fit into memory', async () => {
    const parts = fakeParts(8);
    const knownColumns = Array.from({ length: 20_000 }, (_, index) => `c${index}`);
    const metadata = { ...METADATA, knownColumns };
    for (let i = 0; i < 8; i += 1) parts.provider.answers.set(`t${i}`, [{ kind: 'ok', metadata }]);
    await runAgainstHeldFile(parts, 1);
    await parts.clock.advance(MINUTE_MS);
    assert.deepEqual(
      parts.store.batches.map(({ length }) => length),
      [5, 3],
    );
  });

  it('is tried again soon when the file changed', async () => {
    const parts = fakeParts(1);
    const engine = await runAgainstHeldFile(parts, 20);
    await parts.clock.advance(15 * MINUTE_MS);
    parts.store.storeFailures.length = 0;
    engine.fileChanged();
    await parts.clock.advance(1_000);
    assert.equal(engine.lateCount, 0);
  });

  it('is neither tried all the time nor kept from being tried by a file that changes all the time', async () => {
    for (const everyMs of [200, 1_000]) {
      const parts = fakeParts(1);
      const engine = await runAgainstHeldFile(parts, 100_000);
      const before = parts.place.takes;
      for (let ms = 0; ms < 10 * MINUTE_MS; ms += everyMs) {
        engine.fileChanged();
        await parts.clock.advance(everyMs);
      }
      const attempts = parts.place.takes - before;
      assert.ok(attempts > 50 && attempts < 250, `${attempts} attempts in ten minutes`);
      engine.dispose();
    }
  });

  it('waits while another window runs, which will know better', async () => {
    const parts = fakeParts(1);
    const engine = await runAgainstHeldFile(parts, 2);
    const other = anotherWindow(parts, 1);
    other.provider.answers.set('t0', ['hang']);
    await new RefreshEngine(other).startRun({ trigger: 'command' });
    await parts.clock.advance(20_000);
    assert.equal(engine.lateCount, 1);
    await parts.clock.advance(10 * MINUTE_MS);
    assert.equal(engine.lateCount, 0);
  });

  it('is given up when the file is refused for good, and says so', async () => {
    const parts = fakeParts(2);
    const engine = await runAgainstHeldFile(parts, 1);
    parts.store.storeFailures.push(new AgnesFailure('stateInPostgres'));
    await parts.clock.advance(10 * MINUTE_MS);
    assert.equal(engine.lateCount, 0);
    assert.deepEqual(parts.store.stored, []);
    assert.ok(
      parts.log.lines.some((line) => line.startsWith('warn 2 outcomes not stored: stateInPostgres (t0, t1)')),
    );
  });

  it('is reported when the window closes before', async () => {
    const parts = fakeParts(7);
    const engine = await runAgainstHeldFile(parts, 10_000);
    engine.dispose();
    await engine.settled();
    const line = parts.log.lines.find((each) => each.includes('before the window closed')) ?? '';
    assert.match(line, /^warn 7 outcomes were not stored .*\(t0, t1, t2, t3, t4, …\)$/);
    assert.equal(parts.clock.pending, 0);
  });

  it('of a single table waits too', async () => {
    const parts = fakeParts(1);
    const engine = new RefreshEngine(parts);
    parts.store.storeFailures.push(busy());
    parts.store.changes.set('t0', EMPTIED);
    await assert.rejects(engine.refreshTable('t0', new AbortController().signal), { reason: 'fileBusy' });
    const settled: RefreshOutcome[] = [];
    engine.onTableEvent((event) => event.kind === 'tableSettled' && settled.push(event.outcome));
    await parts.clock.advance(10 * MINUTE_MS);
    assert.equal(parts.store.stored.length, 1);
    assert.ok(settled[0]?.status === 'ok' && settled[0].change === EMPTIED);
    assert.deepEqual(parts.records.records, []);
  });
});

/** A run whose every store meets a held file, for so many attempts; the held file is free afterwards. */
async function runAgainstHeldFile(parts: FakeParts, attempts: number): Promise<RefreshEngine> {
  parts.store.storeFailures.push(...Array.from({ length: attempts }, busy));
  const engine = new RefreshEngine(parts);
  const { run } = await engine.startRun({ trigger: 'timer' });
  await settle();
  await run.result;
  return engine;
}

function busy(): AgnesFailure {
  return new AgnesFailure('fileBusy', { holder: { pid: 42, name: 'python3.12' } });
}

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { RefreshEngine } from '../../../src/engine/refreshEngine.ts';
import type { RefreshOutcome } from '../../../src/core/refreshOutcome.ts';
import { MAX_RECORDED_CHANGES } from '../../../src/core/runSummary.ts';
import type { TableChange } from '../../../src/core/tableChange.ts';
import type { RunOptions } from '../../../src/engine/refreshRun.ts';
import type { RunResult } from '../../../src/engine/watchedRun.ts';
import {
  callerFault,
  fakeParts,
  METADATA,
  registration,
  transient,
  type FakeParts,
} from '../../fixtures/engineFakes.ts';
import { settle } from '../../fixtures/fakeClock.ts';

const NEVER = new AbortController().signal;
const COMMAND: RunOptions = { trigger: 'command' };
/** Enough for every deadline, backoff and batch. */
const LONG_MS = 120_000;
const CHANGE: TableChange = {
  columns: { added: ['city'], removed: [], addedCount: 1, removedCount: 0 },
  entityType: { before: 'VIEW', after: 'BASE TABLE' },
  partitionBy: null,
  rows: null,
};

describe('refresh of all tables', () => {
  it('asks once a table, stores every answer and tells the counts', async () => {
    const parts = fakeParts(10);
    parts.provider.answers.set('t1', [{ kind: 'noData', message: 'no such table' }]);
    parts.provider.answers.set('t2', [{ kind: 'tableError', reason: 'accessDenied', message: 'no' }]);
    const { summary, outcomes } = await runAll(parts);
    assert.equal(parts.provider.asked.length, 10);
    assert.equal(parts.store.stored.length, 10);
    assert.deepEqual(pick(summary), {
      total: 10,
      succeeded: 8,
      noData: 1,
      failed: 1,
      notAttempted: 0,
      cancelled: 0,
    });
    assert.match(summary.runId, /^[0-9a-f]{8}$/);
    assert.equal(summary.endedBy, null);
    assert.deepEqual(
      outcomes.map(({ tableId }) => tableId),
      parts.store.registrations.map(({ id }) => id),
    );
    assert.deepEqual(parts.records.records[0]?.failures, [
      { tableId: 't1', reason: 'tableNotFound' },
      { tableId: 't2', reason: 'accessDenied' },
    ]);
    assert.equal(parts.log.lines.filter((line) => line.includes('refresh table:')).length, 10);
    assert.equal(parts.log.lines.filter((line) => line.startsWith('info refresh run:')).length, 1);
  });

  it('stores Agnes’s own prefix for a missing table, and the reason for a refused one', async () => {
    const parts = fakeParts(2);
    parts.provider.answers.set('t0', [{ kind: 'noData', message: 'no such table' }]);
    parts.provider.answers.set('t1', [{ kind: 'tableError', reason: 'accessDenied', message: 'no' }]);
    await runAll(parts);
    const texts = parts.store.stored.map(
      ({ observation }) => observation.kind === 'failed' && observation.message,
    );
    assert.deepEqual(texts, ['provider returned no data: no such table', 'accessDenied: no']);
  });

  it('never has more requests under way than it may', async () => {
    const parts = fakeParts(30, 3);
    const release = parts.provider.hold();
    const result = runAll(parts);
    await settle();
    assert.equal(parts.provider.underWay, 3);
    release();
    await result;
    assert.equal(parts.provider.mostAtOnce, 3);
  });

  it('stores in batches while it still asks, none of them older than a second', async () => {
    const parts = fakeParts(2, 1);
    const engine = new RefreshEngine(parts);
    parts.provider.answers.set('t1', ['hang']);
    const { run } = await engine.startRun(COMMAND);
    await settle();
    assert.equal(parts.store.batches.length, 0);
    await parts.clock.advance(1_000);
    assert.deepEqual(
      parts.store.stored.map(({ tableId }) => tableId),
      ['t0'],
    );
    run.cancel();
    await run.result;
  });

  it('shows progress that grows to the total and never above it', async () => {
    const parts = fakeParts(5);
    const engine = new RefreshEngine(parts);
    const { run } = await engine.startRun(COMMAND);
    const seen: string[] = [];
    run.onProgress(({ done, total }) => seen.push(`${done}/${total ?? '?'}`));
    await finish(parts, run.result);
    assert.deepEqual(seen, ['0/5', '1/5', '2/5', '3/5', '4/5', '5/5']);
  });

  it('goes on after a table whose provider throws, and keeps that as the table’s error', async () => {
    const parts = fakeParts(3);
    parts.provider.answers.set('t1', [new TypeError('odd answer')]);
    const { summary } = await runAll(parts);
    assert.deepEqual([summary.succeeded, summary.failed], [2, 1]);
    const stored = parts.store.stored.find(({ tableId }) => tableId === 't1');
    assert.deepEqual(stored?.observation, { kind: 'failed', message: 'TypeError: odd answer' });
  });

  it('tells what it found to be different: with the table, in its record, in the log', async () => {
    const parts = fakeParts(3);
    parts.store.changes.set('t1', CHANGE);
    const { outcomes } = await runAll(parts);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'ok' && outcome.change),
      [undefined, CHANGE, undefined],
    );
    assert.deepEqual(parts.records.records[0]?.changes, [{ tableId: 't1', change: CHANGE }]);
    const changed = parts.log.lines.filter((line) => line.includes('changed='));
    assert.equal(changed.length, 1);
    assert.match(changed[0] ?? '', /table_id=t1 .*changed=columns,entityType$/);
  });

  it('records no more changes than a record may have, and how many there were', async () => {
    const parts = fakeParts(MAX_RECORDED_CHANGES + 3);
    for (let i = 0; i < MAX_RECORDED_CHANGES + 3; i += 1) parts.store.changes.set(`t${i}`, CHANGE);
    await runAll(parts);
    assert.equal(parts.records.records[0]?.changes.length, MAX_RECORDED_CHANGES);
    assert.equal(parts.records.records[0].changedCount, MAX_RECORDED_CHANGES + 3);
  });

  it('tells when the data last changed, and keeps the names of columns to itself', async () => {
    const parts = fakeParts(1);
    const metadata = { ...METADATA, lastModified: 1_777_000_000_000_000n };
    parts.provider.answers.set('t0', [{ kind: 'ok', metadata }]);
    const [outcome] = (await runAll(parts)).outcomes;
    const { knownColumns, ...told } = metadata;
    assert.ok(outcome?.status === 'ok' && knownColumns !== null);
    assert.deepEqual(outcome.metadata, told);
  });

  it('tells what it was stored under', async () => {
    const parts = fakeParts(1);
    parts.store.registrations = [registration('t0', { bucket: 'b', sourceTable: 's', name: 'n' })];
    const [outcome] = (await runAll(parts)).outcomes;
    assert.ok(outcome?.status === 'ok');
    assert.deepEqual(outcome.registeredAs, { bucket: 'b', sourceTable: 's', bqFqn: null });
    assert.deepEqual(parts.store.stored[0]?.registeredAs, outcome.registeredAs);
  });

  it('takes the selection alone', async () => {
    const parts = fakeParts(4);
    const { summary } = await runAll(parts, {
      ...COMMAND,
      selection: ({ registration: { id } }) => id === 't2',
    });
    assert.equal(summary.total, 1);
    assert.deepEqual(parts.provider.asked, ['my-project.sales.t2']);
  });

  it('adds up, whatever happens to the tables and whenever it is cancelled', async () => {
    const answers = ['ok', 'noData', 'tableError', 'unavailable', 'throw', 'callerFault', 'hang'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...answers), { maxLength: 12 }),
        fc.integer({ min: 0, max: 40_000 }),
        async (kinds, cancelAfterMs) => {
          const parts = fakeParts(kinds.length, 3);
          kinds.forEach((kind, i) => parts.provider.answers.set(`t${i}`, [answerOf(kind)]));
          const engine = new RefreshEngine(parts);
          const { run } = await engine.startRun(COMMAND);
          await parts.clock.advance(cancelAfterMs);
          run.cancel();
          const { summary, outcomes } = await finish(parts, run.result);
          const { total, succeeded, noData, failed, notAttempted, cancelled } = summary;
          assert.equal(succeeded + noData + failed + notAttempted + cancelled, total);
          assert.equal(outcomes.length, kinds.length);
          assert.equal(run.progress.done, kinds.length);
          assert.equal(parts.clock.pending, 0);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('single flight in one window', () => {
  it('joins the run that is on: same id, same start, same summary, no further request', async () => {
    const parts = fakeParts(5);
    const engine = new RefreshEngine(parts);
    const release = parts.provider.hold();
    const [first, second] = await Promise.all([engine.startRun(COMMAND), engine.startRun(COMMAND)]);
    assert.deepEqual([first.joined, second.joined], [false, true]);
    assert.equal(second.run.runId, first.run.runId);
    release();
    const [a, b] = await finish(parts, Promise.all([first.run.result, second.run.result]));
    assert.equal(a.summary, b.summary);
    assert.equal(parts.provider.asked.length, 5);
    assert.equal(engine.currentRun, undefined);
  });

  it('gives a single refresh the outcome that the run is about to have', async () => {
    const parts = fakeParts(2);
    const engine = new RefreshEngine(parts);
    const release = parts.provider.hold();
    const { run } = await engine.startRun(COMMAND);
    await settle();
    const single = engine.refreshTable('t1', NEVER);
    release();
    await finish(parts, run.result);
    assert.equal((await single).status, 'ok');
    assert.equal(parts.provider.asked.length, 2);
  });

  it('lets a single refresh of another table wait for the run', async () => {
    const parts = fakeParts(2);
    const engine = new RefreshEngine(parts);
    const release = parts.provider.hold();
    const { run } = await engine.startRun({
      ...COMMAND,
      selection: ({ registration: { id } }) => id === 't0',
    });
    await settle();
    const single = engine.refreshTable('t1', NEVER);
    await settle();
    assert.deepEqual(parts.provider.asked, ['my-project.sales.t0']);
    release();
    await finish(parts, run.result);
    assert.equal((await finish(parts, single)).status, 'ok');
  });

  it('gives it to a single refresh that was asked for before the run knew its tables, too', async () => {
    const parts = fakeParts(2);
    const engine = new RefreshEngine(parts);
    const { run } = await engine.startRun(COMMAND);
    const single = engine.refreshTable('t1', NEVER);
    await finish(parts, run.result);
    assert.equal((await single).status, 'ok');
    assert.equal(parts.provider.asked.length, 2);
  });

  it('goes on with a single refresh that one of two callers gave up', async () => {
    const parts = fakeParts(1);
    const engine = new RefreshEngine(parts);
    const release = parts.provider.hold();
    const impatient = new AbortController();
    const first = engine.refreshTable('t0', impatient.signal);
    const second = engine.refreshTable('t0', NEVER);
    await settle();
    impatient.abort();
    await assert.rejects(first, { reason: 'cancelled' });
    release();
    assert.equal((await finish(parts, second)).status, 'ok');
    assert.equal(parts.provider.asked.length, 1);
  });

  it('starts anew a single refresh that was cancelled and has not settled yet', async () => {
    const parts = fakeParts(2);
    parts.provider.answers.set('t0', ['hang']);
    const engine = new RefreshEngine(parts);
    engine.refreshTable('t0', NEVER).catch(() => undefined);
    const abort = new AbortController();
    const first = engine.refreshTable('t1', abort.signal);
    await settle();
    abort.abort();
    await assert.rejects(first, { reason: 'cancelled' });
    const second = engine.refreshTable('t1', NEVER);
    await parts.clock.advance(LONG_MS); // the one that hangs is given up
    assert.equal((await second).status, 'ok');
  });

  it('cancels a run that still waits for a single refresh', async () => {
    const parts = fakeParts(1);
    parts.provider.answers.set('t0', ['hang']);
    const engine = new RefreshEngine(parts);
    const single = engine.refreshTable('t0', NEVER);
    await settle();
    const starting = engine.startRun(COMMAND);
    starting.catch(() => undefined);
    single.catch(() => undefined);
    engine.cancel();
    await parts.clock.advance(1_000);
    await assert.rejects(starting, { reason: 'cancelled' });
    await assert.rejects(single, { reason: 'cancelled' });
    assert.equal(engine.currentRun, undefined);
    assert.equal(parts.place.holder, undefined);
  });

  it('cancels everything that is under way', async () => {
    const parts = fakeParts(1);
    parts.provider.answers.set('t0', ['hang']);
    const engine = new RefreshEngine(parts);
    const single = engine.refreshTable('t0', NEVER);
    await settle();
    engine.cancel();
    await assert.rejects(single, { reason: 'cancelled' });
    engine.dispose();
    await assert.rejects(engine.startRun(COMMAND), { reason: 'cancelled' });
  });

  it('asks once for two single refreshes of one table', async () => {
    const parts = fakeParts(1);
    const engine = new RefreshEngine(parts);
    const outcomes = await finish(
      parts,
      Promise.all([engine.refreshTable('t0', NEVER), engine.refreshTable('t0', NEVER)]),
    );
    assert.equal(outcomes[0], outcomes[1]);
    assert.equal(parts.provider.asked.length, 1);
  });

  it('starts a run only after the single refreshes that are on', async () => {
    const parts = fakeParts(1);
    const engine = new RefreshEngine(parts);
    const release = parts.provider.hold();
    const single = engine.refreshTable('t0', NEVER);
    await settle();
    const starting = engine.startRun(COMMAND);
    await settle();
    assert.equal(parts.provider.asked.length, 1);
    release();
    const { run } = await finish(parts, starting);
    await finish(parts, Promise.all([single, run.result]));
    assert.equal(parts.provider.asked.length, 2);
  });
});

describe('refresh of one table', () => {
  it('refuses an id that is not registered, and one that is not remote BigQuery', async () => {
    const parts = fakeParts([registration('local', { queryMode: 'local' })]);
    const engine = new RefreshEngine(parts);
    await assert.rejects(engine.refreshTable('nope', NEVER), { reason: 'unknownTable' });
    const local = engine.refreshTable('local', NEVER);
    local.catch(() => undefined);
    await parts.clock.advance(1_000);
    await assert.rejects(local, { reason: 'notRefreshable' });
    assert.deepEqual(parts.provider.asked, []);
  });

  it('reports a caller’s fault as such and stores nothing', async () => {
    const parts = fakeParts(1);
    parts.provider.answers.set('t0', [callerFault('credentialsRejected')]);
    const engine = new RefreshEngine(parts);
    await assert.rejects(engine.refreshTable('t0', NEVER), { reason: 'credentialsRejected' });
    assert.deepEqual(parts.store.stored, []);
  });

  it('is cancelled by its signal, at once, also while BigQuery is silent', async () => {
    const parts = fakeParts(1);
    parts.provider.answers.set('t0', ['hang']);
    const engine = new RefreshEngine(parts);
    const abort = new AbortController();
    const single = engine.refreshTable('t0', abort.signal);
    await settle();
    abort.abort();
    await assert.rejects(single, { reason: 'cancelled' });
    assert.equal(parts.clock.pending, 0);
  });

  it('tells why it failed, and keeps in sight what was fetched and could not be stored', async () => {
    const parts = fakeParts(1);
    parts.store.storeFailures.push(new AgnesFailure('fileBusy'));
    const engine = new RefreshEngine(parts);
    const outcomes: RefreshOutcome[] = [];
    engine.onTableEvent((event) => event.kind === 'tableSettled' && outcomes.push(event.outcome));
    await assert.rejects(engine.refreshTable('t0', NEVER), { reason: 'fileBusy' });
    const [outcome] = outcomes;
    assert.ok(outcome?.status === 'ok' && outcome.stored === 'notStored');
    assert.ok(parts.log.lines.some((line) => line.includes('fileBusy')));
  });

  it('tells what it found to be different', async () => {
    const parts = fakeParts(1);
    parts.store.changes.set('t0', CHANGE);
    const outcome = await finish(parts, new RefreshEngine(parts).refreshTable('t0', NEVER));
    assert.ok(outcome.status === 'ok');
    assert.equal(outcome.change, CHANGE);
    assert.deepEqual(parts.records.records, []);
  });

  it('tells listeners of its start and its end', async () => {
    const parts = fakeParts(1);
    const engine = new RefreshEngine(parts);
    const seen: string[] = [];
    engine.onTableEvent((event) => seen.push(event.kind));
    await finish(parts, engine.refreshTable('t0', NEVER));
    assert.deepEqual(seen, ['tableStarted', 'tableSettled']);
  });
});

describe('faults of a run', () => {
  it('ends with the first fault of the caller: the rest is not attempted, nothing of it is stored', async () => {
    const parts = fakeParts(100, 2);
    for (let i = 0; i < 100; i += 1)
      parts.provider.answers.set(`t${i}`, [callerFault('credentialsRejected')]);
    const { summary, failure } = await runAll(parts);
    assert.equal(summary.endedBy, 'credentialsRejected');
    assert.equal(failure?.reason, 'credentialsRejected');
    assert.equal(summary.notAttempted, 100);
    assert.ok(parts.provider.asked.length <= 2);
    assert.deepEqual(parts.store.stored, []);
  });

  it('keeps what was fetched before the caller’s fault', async () => {
    const parts = fakeParts(3, 1);
    parts.provider.answers.set('t1', [callerFault('quotaExceeded')]);
    const { summary } = await runAll(parts);
    assert.deepEqual([summary.succeeded, summary.notAttempted], [1, 2]);
    assert.deepEqual(
      parts.store.stored.map(({ tableId }) => tableId),
      ['t0'],
    );
  });

  it('keeps a setting that turned unusable out of the shared file', async () => {
    const parts = fakeParts(2);
    parts.provider.answers.set('t0', [new AgnesFailure('settingInvalid')]);
    parts.provider.answers.set('t1', [new AgnesFailure('settingInvalid')]);
    const { summary } = await runAll(parts);
    assert.equal(summary.endedBy, 'settingInvalid');
    assert.deepEqual(parts.store.stored, []);
  });

  it('takes the settings once, at its start', async () => {
    const parts = fakeParts(2, 1);
    const prepared = parts.prepare();
    let asked = 0;
    parts.prepare = () => {
      asked += 1;
      return prepared;
    };
    await runAll(parts);
    assert.equal(asked, 1);
  });

  it('survives one blip that all requests under way feel', async () => {
    const parts = fakeParts(8, 8);
    for (let i = 0; i < 8; i += 1) {
      parts.provider.answers.set(`t${i}`, [transient('networkDown'), { kind: 'ok', metadata: METADATA }]);
    }
    const { summary } = await runAll(parts);
    assert.deepEqual([summary.succeeded, summary.endedBy], [8, null]);
  });

  it('asks again only after a pause, whatever the server says', async () => {
    const parts = fakeParts(1);
    parts.provider.answers.set('t0', [transient('rateLimited', 0)]);
    const { summary } = await runAll({ ...parts, random: () => 0 });
    assert.equal(summary.unanswered, 1);
    assert.ok(parts.provider.asked.length <= 30_000 / 50 + 1, `${parts.provider.asked.length} requests`);
  });

  it('stops after five attempts in a row that reach nothing', async () => {
    const parts = fakeParts(60);
    for (let i = 0; i < 60; i += 1) parts.provider.answers.set(`t${i}`, [transient('networkDown')]);
    const { summary } = await runAll(parts);
    assert.equal(summary.endedBy, 'networkDown');
    assert.equal(summary.notAttempted, 60);
    // Four at once, and those count as one.
    assert.ok(parts.provider.asked.length <= 20, `${parts.provider.asked.length} requests`);
  });

  it('tries again what may pass, with distance, and stores the answer', async () => {
    const parts = fakeParts(1);
    parts.provider.answers.set('t0', [
      transient('serviceUnavailable'),
      transient('rateLimited', 7_000),
      { kind: 'ok', metadata: METADATA },
    ]);
    const engine = new RefreshEngine(parts);
    const single = engine.refreshTable('t0', NEVER);
    await parts.clock.advance(7_000);
    assert.equal(parts.provider.asked.length, 2); // Retry-After is honoured
    const outcome = await finish(parts, single);
    assert.equal(outcome.status, 'ok');
    assert.equal(parts.provider.asked.length, 3);
  });

  it('gives a table up after 30 s and keeps that out of the shared file', async () => {
    const parts = fakeParts(2, 2);
    parts.provider.answers.set('t0', ['hang']);
    const { summary, outcomes } = await runAll(parts);
    assert.deepEqual([summary.succeeded, summary.failed], [1, 1]);
    const [slow] = outcomes;
    assert.ok(slow?.status === 'error' && slow.reason === 'tableTimeout' && slow.stored === 'notKept');
    assert.equal(slow.fetchMs, 30_000);
    assert.deepEqual(
      parts.store.stored.map(({ tableId }) => tableId),
      ['t1'],
    );
  });

  it('refuses to ask where nothing may be written', async () => {
    const parts = fakeParts(3);
    parts.store.writeObstacle = new AgnesFailure('stateInPostgres');
    const { summary, failure } = await runAll(parts);
    assert.equal(failure?.reason, 'stateInPostgres');
    assert.equal(summary.notAttempted, 3);
    assert.deepEqual(parts.provider.asked, []);
  });

  it('says that the project is not set, and refreshes what has its own', async () => {
    const parts = {
      ...fakeParts([registration('a'), registration('b', { bqFqn: 'other-proj.d.b' })]),
    };
    const { provider } = parts;
    const { limits } = parts.prepare();
    parts.prepare = () => ({ limits, project: undefined, provider });
    const { summary } = await runAll(parts);
    assert.equal(summary.endedBy, 'notConfigured');
    assert.deepEqual([summary.succeeded, summary.notAttempted], [1, 1]);
    assert.deepEqual(parts.provider.asked, ['other-proj.d.b']);
  });

  it('ends with the failure of a file that can’t be read', async () => {
    const parts = fakeParts(1);
    parts.store.readFailure = new AgnesFailure('fileBusy');
    const { summary, failure } = await runAll(parts);
    assert.equal(failure?.reason, 'fileBusy');
    assert.equal(summary.total, 0);
  });

  it('stores a batch that met a busy file with the next one', async () => {
    const parts = fakeParts(2, 1);
    parts.provider.answers.set('t1', [
      transient('serviceUnavailable', 5_000),
      { kind: 'ok', metadata: METADATA },
    ]);
    parts.store.storeFailures.push(new AgnesFailure('fileBusy'));
    const { summary } = await runAll(parts);
    assert.equal(summary.succeeded, 2);
    assert.equal(summary.notStored, 0);
  });

  it('reports what could not be stored in the end, and asks no more once the file is lost', async () => {
    const parts = fakeParts(6, 1);
    parts.provider.answers.set('t1', ['hang']);
    parts.store.storeFailures.push(new AgnesFailure('diskFull'));
    const { summary, failure } = await runAll(parts);
    assert.equal(failure?.reason, 'diskFull');
    assert.deepEqual([summary.failed, summary.notStored, summary.notAttempted], [1, 1, 5]);
  });
});

async function runAll(parts: Omit<FakeParts, never>, options = COMMAND): Promise<RunResult> {
  const { run } = await new RefreshEngine(parts).startRun(options);
  return finish(parts, run.result);
}

/** Lets time pass until the promise is settled. */
async function finish<T>(parts: Pick<FakeParts, 'clock'>, promise: Promise<T>): Promise<T> {
  await parts.clock.advance(LONG_MS);
  return promise;
}

function pick({ total, succeeded, noData, failed, notAttempted, cancelled }: RunResult['summary']): object {
  return { total, succeeded, noData, failed, notAttempted, cancelled };
}

function answerOf(
  kind: 'ok' | 'noData' | 'tableError' | 'unavailable' | 'throw' | 'callerFault' | 'hang',
): Parameters<FakeParts['provider']['answers']['set']>[1][number] {
  switch (kind) {
    case 'ok':
      return { kind, metadata: METADATA };
    case 'noData':
      return { kind, message: '' };
    case 'tableError':
      return { kind, reason: 'requestInvalid', message: '' };
    case 'unavailable':
      return transient('serviceUnavailable');
    case 'throw':
      return new RangeError('odd');
    case 'callerFault':
      return callerFault('quotaExceeded');
    case 'hang':
      return kind;
  }
}

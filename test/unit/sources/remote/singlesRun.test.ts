import assert from 'node:assert/strict';
import { AgnesFailure, type FailureReason } from '../../../../src/core/failure.ts';
import type { RunOptions } from '../../../../src/engine/refreshRun.ts';
import { OK_ANSWER } from '../../../fixtures/fakeAgnesServer.ts';
import { settle } from '../../../fixtures/fakeClock.ts';
import { HOUR, loadedScene, NEVER, remoteScene, type RemoteScene } from './remoteScene.ts';

/** Enough for forty tables, four at a time, of a second each. */
const LONG_MS = 60_000;

describe('a run of some tables', () => {
  it('asks for each of them by itself, in the order of the catalog', async () => {
    const { source, server, clock, records, runs, settled } = await loadedScene('d', 'a', 'c', 'b');
    server.ahead = HOUR;
    await source.load();
    server.asked.length = 0;
    server.answers.set('a', { status: 'no_data', fetchMs: 5, totalMs: 6 });
    server.answers.set('c', { status: 'error', message: 'Forbidden: no', fetchMs: null, totalMs: null });
    const { run, joined } = await source.startRun(only('b', 'a', 'c'));
    assert.equal(joined, false);
    assert.deepEqual([runs, source.currentRun], [[run], run]);
    assert.deepEqual([run.coversAll, run.place.kind, run.trigger], [false, 'here', 'command']);
    assert.equal(run.startedAt, server.now());
    assert.match(run.runId ?? '', /^[0-9a-f]{8}$/);
    assert.deepEqual(run.progress, { done: 0, total: 3 });
    const { summary, outcomes, causes, failure } = await run.result;
    assert.deepEqual(server.asked, ['refreshTable a', 'refreshTable c', 'refreshTable b']);
    assert.deepEqual(
      outcomes.map(({ tableId, status }) => [tableId, status]),
      [
        ['a', 'no_data'],
        ['c', 'error'],
        ['b', 'ok'],
      ],
    );
    assert.equal(settled().length, 3);
    assert.deepEqual(summary, {
      ...{ runId: run.runId, startedAt: run.startedAt, trigger: 'command', window: 'this window' },
      ...{ coversAll: false, total: 3, succeeded: 1, noData: 1, failed: 1, durationMs: 0, endedBy: null },
      ...{ notAttempted: 0, cancelled: 0, notStored: 0, unanswered: 0 },
    });
    assert.deepEqual(causes, [
      { reason: 'noDataOnServer', tableIds: ['a'] },
      { reason: 'failedOnServer', tableIds: ['c'] },
    ]);
    assert.equal(failure, undefined);
    const failures = [
      { tableId: 'a', reason: 'noDataOnServer' },
      { tableId: 'c', reason: 'failedOnServer' },
    ];
    assert.deepEqual(records.records, [{ summary, endedAt: clock.now() + HOUR, failures, changes: [] }]);
    assert.equal(source.currentRun, undefined);
  });

  describe('of tables whose columns are shown', () => {
    const columns = { added: [], removed: ['name'], addedCount: 0, removedCount: 1 };
    const change = { columns, entityType: null, partitionBy: null, rows: null };

    it('looks once at its end for what of them is different, and tells and keeps that', async () => {
      const { source, server, clock, records, settled } = await columnsScene();
      server.latencyMs.refreshTable = 1_000;
      const looks = server.count('status');
      const { run } = await source.startRun(only('a', 'b', 'c'));
      await settle();
      server.pass('a', 'b');
      server.setRow('a', { knownColumns: ['id'] });
      await clock.advance(1_000);
      const { outcomes, summary } = await run.result;
      const changes = outcomes.map((outcome) => (outcome.status === 'ok' ? outcome.change : outcome.status));
      assert.deepEqual(changes, [change, undefined, undefined]);
      assert.equal(server.count('status') - looks, 1);
      assert.deepEqual(records.records[0]?.changes, [{ tableId: 'a', change }]);
      assert.deepEqual([summary.succeeded, summary.durationMs], [3, 1_000]);
      assert.deepEqual(settled().slice(3), [outcomes[0]]);
    });

    it('looks at nothing when it was ended', async () => {
      const { source, server, clock } = await columnsScene();
      server.latencyMs.refreshTable = 1_000;
      const looks = server.count('status');
      const { run } = await source.startRun(only('a', 'b'));
      server.hangs.add('refreshTable');
      await clock.advance(500);
      run.cancel();
      await run.result;
      assert.equal(server.count('status'), looks);
    });

    async function columnsScene(): Promise<RemoteScene> {
      const scene = remoteScene('a', 'b', 'c');
      const { server, source } = scene;
      for (const id of ['a', 'b', 'c']) server.setRow(id, { knownColumns: ['id', 'name'] });
      await source.load();
      return scene;
    }
  });

  it('has four requests under way, and tells its progress', async () => {
    const { source, server, clock } = await loadedScene(...ids(10));
    server.latencyMs.refreshTable = 1_000;
    const { run } = await source.startRun(only(...ids(10)));
    const told: number[] = [];
    run.onProgress(({ done }) => told.push(done));
    await settle();
    assert.equal(server.underWay, 4);
    await clock.advance(LONG_MS);
    await run.result;
    assert.equal(server.mostAtOnce, 4);
    assert.deepEqual(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.deepEqual(run.progress, { done: 10, total: 10 });
  });

  it('chooses by what was read last, and reads where nothing was', async () => {
    const { source, server } = remoteScene('a', 'b');
    server.setRow('b', { errorAt: server.now() });
    const { run } = await source.startRun({
      trigger: 'command',
      selection: ({ cached }) => cached?.errorAt !== null,
    });
    await run.result;
    assert.deepEqual(server.asked.slice(-1), ['refreshTable b']);
    assert.equal(server.count('refreshTable a') + server.count('refreshAll'), 0);
  });

  it('says of others nothing changed until it is over: then it is read as a whole', async () => {
    const { source, changes } = await loadedScene('a', 'b');
    const { run } = await source.startRun(only('a', 'b'));
    await run.result;
    assert.equal(changes(), 0);
  });

  it('that is cancelled aborts what is under way, and asks for no more', async () => {
    const { source, server, clock, events, records } = await loadedScene(...ids(10));
    server.latencyMs.refreshTable = 1_000;
    const { run } = await source.startRun(only(...ids(10)));
    await clock.advance(1_500);
    source.cancel();
    const { summary, failure, outcomes } = await run.result;
    assert.deepEqual([summary.endedBy, failure], ['cancelled', undefined]);
    assert.deepEqual([summary.succeeded, summary.cancelled, outcomes.length], [4, 6, 10]);
    assert.deepEqual(
      server.aborted,
      ['t4', 't5', 't6', 't7'].map((id) => `refreshTable ${id}`),
    );
    assert.equal(server.count('refreshTable t8'), 0);
    assert.equal(events.filter(({ kind }) => kind === 'tableLeft').length, 4);
    assert.equal(records.records.length, 1);
    assert.equal(clock.pending, 1); // the next reading
  });

  it('ends with the source', async () => {
    const { source, server, clock, records } = await loadedScene('a');
    server.hangs.add('refreshTable');
    const { run } = await source.startRun(only('a'));
    source.dispose();
    await source.settled();
    assert.equal((await run.result).summary.endedBy, 'cancelled');
    assert.deepEqual([records.records.length, clock.pending], [1, 0]);
  });

  const lasting: FailureReason[] = ['signInExpired', 'signedOut', 'serverCertificate', 'adminOnly'];
  for (const reason of lasting) {
    it(`ends with ${reason}, which is no table’s own`, async () => {
      const { source, server, clock } = await loadedScene(...ids(10));
      server.latencyMs.refreshTable = 1_000;
      server.answers.set('t5', new AgnesFailure(reason));
      const { run } = await source.startRun(only(...ids(10)));
      await clock.advance(LONG_MS);
      const { summary, failure, outcomes } = await run.result;
      assert.deepEqual([failure?.reason, summary.endedBy], [reason, reason]);
      assert.deepEqual([summary.succeeded, summary.notAttempted, summary.failed], [5, 5, 0]);
      assert.deepEqual(outcomes.at(-1), { tableId: 't9', status: 'not_attempted', reason });
      assert.equal(server.count('refreshTable t9'), 0);
      assert.equal(source.capabilities.refresh, reason !== 'adminOnly');
    });
  }

  for (const reason of ['unknownTable', 'notRefreshable', 'serverError'] as const) {
    it(`goes on after ${reason}, and the row says it`, async () => {
      const { source, server, settled } = await loadedScene('a', 'b');
      server.answers.set('a', new AgnesFailure(reason));
      const { run } = await source.startRun(only('a', 'b'));
      const { summary, outcomes } = await run.result;
      assert.deepEqual([summary.succeeded, summary.failed, summary.endedBy], [1, 1, null]);
      const [outcome] = outcomes;
      assert.ok(outcome?.status === 'error' && outcome.stored === 'notKept' && outcome.message !== '');
      assert.equal(outcome.reason, reason);
      assert.ok(settled().includes(outcome));
    });
  }

  for (const reason of ['serverUnreachable', 'serverUnavailable', 'serverLoginPage'] as const) {
    it(`ends with the fifth ${reason} in a row, those that were under way together being one`, async () => {
      const { source, server, clock } = await loadedScene(...ids(40));
      server.latencyMs.refreshTable = 1_000;
      server.failures.refreshTable = new AgnesFailure(reason);
      const { run } = await source.startRun(only(...ids(40)));
      await clock.advance(LONG_MS);
      const { summary, failure } = await run.result;
      assert.deepEqual([failure?.reason, summary.endedBy], [reason, reason]);
      assert.deepEqual([summary.failed, summary.unanswered, summary.notAttempted], [16, 16, 24]);
      assert.equal(server.asked.filter((asked) => asked.startsWith('refreshTable')).length, 20);
    });
  }

  it('goes on where the server is reached in between', async () => {
    const { source, server, clock } = await loadedScene(...ids(32));
    server.latencyMs.refreshTable = 1_000;
    for (const id of ids(32)) server.answers.set(id, new AgnesFailure('serverUnreachable'));
    server.answers.set('t14', OK_ANSWER);
    const { run } = await source.startRun(only(...ids(32)));
    await clock.advance(LONG_MS);
    const { summary } = await run.result;
    assert.deepEqual([summary.endedBy, summary.succeeded, summary.failed], [null, 1, 31]);
  });

  it('is joined by who wants a run, of whatever tables', async () => {
    const { source, server } = await loadedScene('a', 'b');
    server.hangs.add('refreshTable');
    const { run } = await source.startRun(only('a'));
    assert.deepEqual(await source.startRun({ trigger: 'command' }), { run, joined: true });
    assert.deepEqual(await source.startRun(only('b')), { run, joined: true });
    assert.equal(server.count('refreshAll'), 0);
    run.cancel();
    await run.result;
  });

  it('shares the request of who asked for the single table', async () => {
    const { source, server, clock } = await loadedScene('a', 'b');
    server.latencyMs.refreshTable = 1_000;
    const single = source.refreshTable('b', NEVER);
    const { run } = await source.startRun(only('a', 'b'));
    await clock.advance(1_000);
    const { outcomes } = await run.result;
    assert.equal(outcomes[1], await single);
    assert.equal(server.count('refreshTable b'), 1);
  });

  it('asks for no table that somebody had refreshed while it waited for its turn', async () => {
    const { source, server, clock } = await loadedScene(...ids(5));
    server.latencyMs.refreshTable = 1_000;
    const { run } = await source.startRun(only(...ids(5)));
    await settle();
    server.latencyMs.refreshTable = 0;
    const single = await source.refreshTable('t4', NEVER);
    await clock.advance(1_000);
    assert.equal((await run.result).outcomes[4], single);
    assert.equal(server.count('refreshTable t4'), 1);
  });

  it('is refused without a request to who does not administer the server', async () => {
    const { source, server } = remoteScene('a');
    server.failures.registry = new AgnesFailure('adminOnly');
    await source.load();
    server.asked.length = 0;
    await assert.rejects(source.startRun(only('a')), { reason: 'adminOnly' });
    assert.deepEqual(server.asked, []);
  });
});

function only(...tableIds: readonly string[]): RunOptions {
  return { trigger: 'command', selection: ({ registration }) => tableIds.includes(registration.id) };
}

function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `t${index}`);
}

import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import type { RefreshOutcome } from '../../../../src/core/refreshOutcome.ts';
import type { ServerRunAnswer } from '../../../../src/ports/agnesServer.ts';
import { MAX_WAITING_SINGLES } from '../../../../src/engine/refreshEngine.ts';
import type { WaitingFor } from '../../../../src/engine/refreshOneTable.ts';
import type { WatchedRun } from '../../../../src/engine/watchedRun.ts';
import { OK_ANSWER, serverTable } from '../../../fixtures/fakeAgnesServer.ts';
import { settle } from '../../../fixtures/fakeClock.ts';
import { HOUR, loadedScene, NEVER, remoteScene, type RemoteScene } from './remoteScene.ts';

describe('a refresh of one table', () => {
  it('tells the numbers of the answer, the columns as they were shown, and a time that is not too late', async () => {
    const { source, server, clock, events, changes } = remoteScene('a');
    server.tables = [serverTable('a', { partitionBy: 'day' })];
    server.setRow('a', { partitionBy: 'day', clusteredBy: ['country'] });
    server.ahead = HOUR;
    await source.load();
    const askedAt = server.now();
    server.latencyMs.refreshTable = 3_000;
    const refreshing = source.refreshTable('a', NEVER);
    await settle();
    assert.deepEqual(events, [{ kind: 'tableStarted', tableId: 'a' }]);
    await clock.advance(3_000);
    const outcome = await refreshing;
    assert.deepEqual(outcome, {
      ...{ tableId: 'a', status: 'ok', stored: 'stored', observedAt: askedAt, fetchMs: 120, totalMs: 130 },
      metadata: {
        ...{ rows: 10n, sizeBytes: 2_048n, entityType: 'BASE TABLE' },
        ...{ partitionBy: 'day', clusteredBy: ['country'], lastModified: null },
      },
      timeIsApproximate: true,
    });
    assert.deepEqual(events.slice(1), [{ kind: 'tableSettled', outcome }]);
    assert.equal(changes(), 1);
  });

  it('shows no columns that are withheld', async () => {
    const { source, server } = remoteScene('a');
    server.setRow('a', { partitionBy: 'day', clusteredBy: ['country'] });
    await source.load();
    const outcome = await source.refreshTable('a', NEVER);
    assert.ok(outcome.status === 'ok');
    assert.deepEqual([outcome.metadata.partitionBy, outcome.metadata.clusteredBy], [null, null]);
  });

  it('tells what the answer tells of a change, and the reading that follows the columns', async () => {
    const { source, server, settled } = remoteScene('a');
    server.tables = [serverTable('a', { partitionBy: 'id' })];
    server.setRow('a', { partitionBy: 'id', knownColumns: ['id'], rows: 1_000n });
    await source.load();
    server.pass('a');
    server.setRow('a', { knownColumns: ['id', 'name'], rows: 10n });
    server.hangs.add('status');
    const looks = server.count('status');
    const outcome = await source.refreshTable('a', NEVER);
    const change = {
      columns: null,
      entityType: null,
      partitionBy: null,
      rows: { before: 1_000n, after: 10n },
    };
    assert.ok(outcome.status === 'ok');
    assert.deepEqual(outcome.change, change);
    assert.deepEqual([settled(), server.count('status')], [[outcome], looks]);
    server.hangs.delete('status');
    const { changes } = await source.load();
    const columns = { added: ['name'], removed: [], addedCount: 1, removedCount: 0 };
    assert.deepEqual(changes?.get('a'), { ...change, columns });
  });

  it('measures by itself where an old server does not', async () => {
    const { source, server, clock } = await loadedScene('a');
    server.latencyMs.refreshTable = 700;
    server.answers.set('a', { ...OK_ANSWER, fetchMs: null, totalMs: null });
    const refreshing = source.refreshTable('a', NEVER);
    await clock.advance(700);
    const outcome = await refreshing;
    assert.ok('totalMs' in outcome);
    assert.deepEqual([outcome.fetchMs, outcome.totalMs], [null, 700]);
  });

  it('tells what the server says of a table without data, or with an error', async () => {
    const { source, server, changes, log } = await loadedScene('a', 'b');
    server.answers.set('a', { status: 'no_data', fetchMs: 1, totalMs: 2 });
    server.answers.set('b', { status: 'error', message: 'Forbidden: no', fetchMs: 1, totalMs: 2 });
    const none = await source.refreshTable('a', NEVER);
    const failed = await source.refreshTable('b', NEVER);
    const text = 'provider returned no data';
    assert.ok(none.status === 'no_data' && failed.status === 'error');
    assert.deepEqual([none.message, none.storedMessage, none.stored], [text, text, 'stored']);
    assert.deepEqual(
      [failed.reason, failed.message, failed.storedMessage, failed.stored],
      ['failedOnServer', 'Forbidden: no', 'Forbidden: no', 'stored'],
    );
    assert.equal(changes(), 2);
    assert.equal(log.lines.filter((line) => line.startsWith('warn refresh table:')).length, 2);
  });

  it('may be of a table that this user does not see', async () => {
    const { source } = await loadedScene('a');
    assert.equal((await source.refreshTable('hidden', NEVER)).status, 'ok');
  });

  it('that is refused leaves the row as it was', async () => {
    const { source, server, events, changes } = await loadedScene('a');
    server.answers.set('a', new AgnesFailure('unknownTable'));
    await assert.rejects(source.refreshTable('a', NEVER), { reason: 'unknownTable' });
    assert.deepEqual(kindsOf(events), ['tableStarted', 'tableLeft']);
    assert.deepEqual([changes(), source.capabilities.refresh], [0, true]);
  });

  it('that is refused with adminOnly leaves nothing to do here, and says so', async () => {
    const { source, server, changes, events } = await loadedScene('a');
    server.answers.set('a', new AgnesFailure('adminOnly'));
    await assert.rejects(source.refreshTable('a', NEVER), { reason: 'adminOnly' });
    assert.equal(changes(), 1);
    assert.equal((await source.load()).refreshObstacle?.reason, 'adminOnly');
    server.asked.length = 0;
    await assert.rejects(source.refreshTable('a', NEVER), { reason: 'adminOnly' });
    assert.deepEqual(server.asked, []);
    assert.deepEqual(kindsOf(events), ['tableStarted', 'tableLeft']);
  });

  it('says but once that there is nothing to do here', async () => {
    const { source, server, changes } = await loadedScene('a', 'b');
    server.failures.refreshTable = new AgnesFailure('adminOnly');
    const refreshing = ['a', 'b'].map((id) => source.refreshTable(id, NEVER));
    await Promise.all(refreshing.map((one) => assert.rejects(one, { reason: 'adminOnly' })));
    assert.equal(changes(), 1);
  });

  describe('that somebody asked for already', () => {
    it('is shared', async () => {
      const { source, server, clock, settled } = await loadedScene('a');
      server.latencyMs.refreshTable = 1_000;
      const both = Promise.all([source.refreshTable('a', NEVER), source.refreshTable('a', NEVER)]);
      await clock.advance(1_000);
      const [first, second] = await both;
      assert.equal(first, second);
      assert.deepEqual([server.count('refreshTable a'), settled().length], [1, 1]);
    });

    it('goes on for the one who still waits', async () => {
      const { source, server, clock } = await loadedScene('a');
      server.latencyMs.refreshTable = 1_000;
      const abort = new AbortController();
      const left = assert.rejects(source.refreshTable('a', abort.signal), { reason: 'cancelled' });
      const stayed = source.refreshTable('a', NEVER);
      abort.abort();
      await left;
      await clock.advance(1_000);
      assert.equal((await stayed).status, 'ok');
      assert.deepEqual(server.aborted, []);
    });

    it('is given up when nobody waits any more, and can be asked for again', async () => {
      const { source, server, events } = await loadedScene('a');
      server.hangs.add('refreshTable');
      const abort = new AbortController();
      const left = source.refreshTable('a', abort.signal).catch(() => source.refreshTable('a', NEVER));
      await settle();
      server.hangs.clear();
      abort.abort();
      assert.equal((await left).status, 'ok'); // though the first was hardly over
      assert.deepEqual(server.aborted, ['refreshTable a']);
      assert.deepEqual(kindsOf(events).toSorted(), [
        'tableLeft',
        'tableSettled',
        'tableStarted',
        'tableStarted',
      ]);
    });
  });

  it('is cancelled with everything else', async () => {
    const { source, server, log } = await loadedScene('a');
    server.hangs.add('refreshTable');
    const refreshing = assert.rejects(source.refreshTable('a', NEVER), { reason: 'cancelled' });
    await settle();
    source.cancel();
    await refreshing;
    assert.deepEqual(server.aborted, ['refreshTable a']);
    assert.ok(!log.lines.some((line) => line.startsWith('warn')));
  });

  it('ends with the source, and tells nobody any more', async () => {
    const { source, server, events, log } = await loadedScene('a');
    server.hangs.add('refreshTable');
    const refreshing = assert.rejects(source.refreshTable('a', NEVER), { reason: 'cancelled' });
    await settle();
    source.dispose();
    await refreshing;
    await assert.rejects(source.refreshTable('a', NEVER), { reason: 'cancelled' });
    await source.settled();
    assert.deepEqual(kindsOf(events), ['tableStarted']);
    assert.ok(!log.lines.some((line) => line.startsWith('warn')));
  });

  it('is refused while two hundred others wait, but not to who shares one of them', async () => {
    const { source, server } = await loadedScene('a');
    server.hangs.add('refreshTable');
    const waiting = Array.from({ length: MAX_WAITING_SINGLES }, (_, i) =>
      source.refreshTable(`t${i}`, NEVER),
    );
    await assert.rejects(source.refreshTable('one more', NEVER), { reason: 'unexpected' });
    const shared = source.refreshTable('t7', NEVER);
    await settle();
    assert.equal(server.underWay, MAX_WAITING_SINGLES);
    source.cancel();
    await Promise.all([...waiting, shared].map((one) => assert.rejects(one, { reason: 'cancelled' })));
  });

  describe('while a run of the server is on', () => {
    it('waits for its end, and takes what became of the table in it', async () => {
      const { scene, run, refreshing, waited } = await waitingScene();
      const { server, clock, settled } = scene;
      server.pass('a');
      await clock.advance(2_000);
      assert.equal(server.count('refreshTable a'), 0);
      run.cancel();
      assert.equal(await refreshing, settled()[0]);
      assert.deepEqual(waited, ['run']);
      assert.equal(server.count('refreshTable a'), 0);
    });

    it('waits for its end, and is asked for where the table did not pass', async () => {
      const { scene, run, refreshing, waited } = await waitingScene();
      run.cancel();
      assert.equal((await refreshing).status, 'ok');
      assert.deepEqual(waited, ['run', 'nothing']);
      assert.equal(scene.server.count('refreshTable a'), 1);
    });

    it('looks once more at its end, for all who waited, and takes what became of the table', async () => {
      const { scene, run, refreshing, waited } = await waitingScene();
      const { server, source, settled } = scene;
      const other = source.refreshTable('b', NEVER);
      const looks = server.count('status');
      server.pass('a', 'b');
      server.answerRun(doneOf(run));
      assert.equal(await refreshing, settled()[0]);
      assert.equal(await other, settled()[1]);
      assert.deepEqual([server.count('status') - looks, waited], [1, ['run']]);
      assert.equal(server.count('refreshTable a'), 0);
    });

    it('asks for the table where that look fails', async () => {
      const { scene, run, refreshing } = await waitingScene();
      const { server } = scene;
      server.failures.status = new AgnesFailure('serverUnavailable');
      server.answerRun(doneOf(run));
      assert.equal((await refreshing).status, 'ok');
      assert.equal(server.count('refreshTable a'), 1);
    });

    it('waits no longer than its caller', async () => {
      const scene = await loadedScene('a');
      await begin(scene);
      const abort = new AbortController();
      const refreshing = assert.rejects(scene.source.refreshTable('a', abort.signal), {
        reason: 'cancelled',
      });
      await settle();
      abort.abort();
      await refreshing;
      assert.deepEqual(scene.events, []);
    });

    it('or about to begin, waits', async () => {
      const { source, server, clock } = await loadedScene('a');
      const starting = source.startRun({ trigger: 'command' });
      const waited: WaitingFor[] = [];
      const refreshing = source.refreshTable('a', NEVER, (what) => waited.push(what));
      await clock.advance(10_000);
      const { run } = await starting;
      assert.equal(server.count('refreshTable a'), 0);
      run.cancel();
      await refreshing;
      assert.equal(waited.at(-1), 'nothing');
    });

    it('is refused when that one was', async () => {
      const { scene, refreshing } = await waitingScene();
      scene.server.answerRun(new AgnesFailure('adminOnly'));
      await assert.rejects(refreshing, { reason: 'adminOnly' });
      assert.equal(scene.server.count('refreshTable a'), 0);
    });
  });
});

function doneOf({ startedAt }: WatchedRun): ServerRunAnswer {
  const counts = { total: 2, succeeded: 2, noData: 0, failed: 0 };
  return { kind: 'done', summary: { runId: '3fa9c1d2', startedAt, ...counts, durationMs: 1 } };
}

async function begin({ source, clock }: RemoteScene): Promise<WatchedRun> {
  const starting = source.startRun({ trigger: 'command' });
  await clock.advance(1_000);
  return (await starting).run;
}

/** A run that is on, and a refresh of table `a` that waits for it. */
async function waitingScene(): Promise<{
  readonly scene: RemoteScene;
  readonly run: WatchedRun;
  readonly refreshing: Promise<RefreshOutcome>;
  readonly waited: readonly WaitingFor[];
}> {
  const scene = await loadedScene('a', 'b');
  const run = await begin(scene);
  const waited: WaitingFor[] = [];
  const refreshing = scene.source.refreshTable('a', NEVER, (what) => waited.push(what));
  refreshing.catch(() => undefined);
  await settle();
  return { scene, run, refreshing, waited };
}

function kindsOf(events: RemoteScene['events']): string[] {
  return events.map(({ kind }) => kind);
}

import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { Reloader } from '../../../../src/sources/reloader.ts';
import { TableModel } from '../../../../src/sources/tableModel.ts';
import { serverTable } from '../../../fixtures/fakeAgnesServer.ts';
import { settle } from '../../../fixtures/fakeClock.ts';
import { FakeSource } from '../../../fixtures/fakeSource.ts';
import { HOUR, NEVER, remoteScene, type RemoteScene } from './remoteScene.ts';

interface ModelScene extends RemoteScene {
  readonly model: TableModel;
  readonly reloader: Reloader;
}

describe('a server as the model shows it', () => {
  it('has its tables, judged by its own rule and clock', async () => {
    const scene = openScene('fresh', 'stale', 'never', 'failed');
    const { server, model } = scene;
    server.ahead = -10n * HOUR;
    server.thresholdSeconds = 7_200n;
    server.rows = [];
    server.setRow('fresh', { refreshedAt: server.now() - 2n * HOUR, rows: 5n });
    server.setRow('stale', { refreshedAt: server.now() - 2n * HOUR - 1n });
    server.setRow('failed', { errorAt: server.now(), errorMessage: 'no' });
    await model.load();
    const states = Array.from(model.tables, ({ registration, freshness }) => [registration.id, freshness]);
    assert.deepEqual(states, [
      ['fresh', 'fresh'],
      ['stale', 'stale'],
      ['never', 'never_fetched'],
      ['failed', 'error'],
    ]);
    assert.equal(model.table('fresh')?.cached?.rows, 5n);
    assert.equal(model.now(), server.now());
  });

  it('is read again by itself, and shows what changed there', async () => {
    const { server, model, clock } = await loadedModel('a');
    server.tables.push(serverTable('new'));
    await clock.advance(61_000);
    assert.ok(model.table('new'));
    await clock.advance(600_000);
    assert.ok(server.count('catalog') >= 10);
  });

  it('follows a run table by table, and is read as a whole at its end', async () => {
    const { server, model, clock, source } = await loadedModel('a', 'b');
    server.setRow('a', { refreshedAt: server.now() - 9n * HOUR });
    server.setRow('b', { refreshedAt: server.now() - 9n * HOUR });
    await model.load();
    assert.equal(model.counts.stale, 2);
    const starting = source.startRun({ trigger: 'command' });
    await clock.advance(1_000);
    await starting;
    server.pass('a');
    server.setRow('a', { rows: 77n });
    const catalogs = server.count('catalog');
    await clock.advance(2_000);
    assert.deepEqual([model.counts.fresh, model.counts.stale], [1, 1]);
    assert.deepEqual([model.table('a')?.cached?.rows, model.currentRun?.progress.done], [77n, 1]);
    assert.equal(server.count('catalog'), catalogs);
    server.pass('b');
    const counts = { total: 2, succeeded: 2, noData: 0, failed: 0 };
    const summary = { runId: '3fa9c1d2', startedAt: server.now(), ...counts, durationMs: 3_000 };
    server.answerRun({ kind: 'done', summary });
    await settle();
    assert.deepEqual([model.counts.fresh, model.currentRun], [2, undefined]);
    assert.equal(model.lastRun?.summary.runId, '3fa9c1d2');
    assert.equal(server.count('catalog'), catalogs + 1);
  });

  it('shows a single table at once, and the truth of it a second later', async () => {
    const { server, model, clock, source } = await loadedModel('a');
    server.latencyMs.refreshTable = 500;
    const refreshing = source.refreshTable('a', NEVER);
    await settle();
    assert.equal(model.table('a')?.refreshing, true);
    await clock.advance(500);
    await refreshing;
    assert.deepEqual([model.table('a')?.refreshing, model.table('a')?.cached?.rows], [false, 10n]);
    server.pass('a');
    server.setRow('a', { rows: 11n });
    await clock.advance(1_000);
    assert.equal(model.table('a')?.cached?.rows, 11n);
  });

  it('has one point of the history for a refresh of a single table, by the server’s own time', async () => {
    const { server, model, clock, source } = await loadedModel('a');
    const before = (await source.memory.history('a')).length;
    server.latencyMs.refreshTable = 500;
    const refreshing = source.refreshTable('a', NEVER);
    await clock.advance(500);
    await refreshing;
    server.pass('a');
    await clock.advance(1_000);
    const refreshedAt = model.table('a')?.cached?.refreshedAt;
    const points = await source.memory.history('a');
    assert.equal(points.length, before + 1);
    assert.equal(points.at(-1)?.at, refreshedAt);
  });

  it('finds what a single refresh changed of the columns with the reading that follows', async () => {
    const { server, model, clock, source } = openScene('a');
    server.tables = [serverTable('a', { partitionBy: 'id' })];
    server.setRow('a', { partitionBy: 'id', knownColumns: ['id'], rows: 1_000n });
    await model.load();
    server.setRow('a', { knownColumns: ['id', 'name'], rows: 10n });
    server.hangs.add('status');
    await source.refreshTable('a', NEVER);
    assert.equal(model.table('a')?.refreshing, false, 'no reading is waited for');
    const rows = { before: 1_000n, after: 10n };
    const change = { columns: null, entityType: null, partitionBy: null, rows };
    assert.deepEqual(model.table('a')?.change?.what, change);
    server.hangs.delete('status');
    server.pass('a');
    await clock.advance(1_000);
    const columns = { added: ['name'], removed: [], addedCount: 1, removedCount: 0 };
    assert.deepEqual(model.table('a')?.change?.what, { ...change, columns });
  });

  it('spins no more for a table that was refused, and finds out what it may', async () => {
    const { server, model, clock, source } = await loadedModel('a');
    server.answers.set('a', new AgnesFailure('adminOnly'));
    await assert.rejects(source.refreshTable('a', NEVER));
    assert.equal(model.table('a')?.refreshing, false);
    await clock.advance(1_000);
    assert.equal(model.snapshot?.refreshObstacle?.reason, 'adminOnly');
  });

  it('says on its row why a table of a run could not be asked for', async () => {
    const { server, model, source } = await loadedModel('a', 'b');
    server.answers.set('a', new AgnesFailure('serverError'));
    const { run } = await source.startRun({ trigger: 'command', selection: () => true });
    await run.result;
    assert.deepEqual([model.table('a')?.refreshing, model.table('a')?.lastAttemptFailed], [false, true]);
    assert.equal(model.table('b')?.cached?.rows, 10n);
  });

  it('is tried again while it can’t be reached, and left alone where that does not help', async () => {
    const { server, model, clock } = await loadedModel('a');
    server.failures.status = new AgnesFailure('serverUnreachable');
    await model.load();
    assert.equal(model.failure?.reason, 'serverUnreachable');
    assert.ok(model.table('a'));
    delete server.failures.status;
    await clock.advance(5_000);
    assert.equal(model.failure, undefined);
    server.failures.status = new AgnesFailure('signInExpired');
    await model.load();
    const { length } = server.asked;
    await clock.advance(3_600_000);
    assert.equal(server.asked.length, length);
  });

  it('shows nothing of it once another source is in its place', async () => {
    const { server, model, clock, source } = await loadedModel('a');
    const starting = source.startRun({ trigger: 'command' });
    await clock.advance(1_000);
    const { run } = await starting;
    server.latencyMs.status = 400;
    server.latencyMs.catalog = 400;
    const loading = model.load();
    const refreshing = source.refreshTable('a', NEVER);
    refreshing.catch(() => undefined);
    await settle();
    server.pass('a');
    const other = new FakeSource(clock);
    model.setSource(other);
    await model.load();
    await loading;
    await clock.advance(3_600_000);
    await assert.rejects(refreshing, { reason: 'cancelled' });
    assert.equal((await run.result).summary.endedBy, 'cancelled');
    assert.deepEqual([[...model.tables], model.isRefreshing, model.failure], [[], false, undefined]);
    assert.equal(server.underWay, 0);
  });

  it('leaves no timer behind', async () => {
    const { model, reloader, clock, source } = await loadedModel('a');
    const starting = source.startRun({ trigger: 'command' });
    await clock.advance(1_000);
    await starting;
    reloader.dispose();
    model.dispose();
    await source.settled();
    assert.equal(clock.pending, 0);
  });
});

function openScene(...ids: readonly string[]): ModelScene {
  const scene = remoteScene(...ids);
  const model = new TableModel(scene.clock);
  const reloader = new Reloader(model, scene.clock);
  model.setSource(scene.source);
  return { ...scene, model, reloader };
}

async function loadedModel(...ids: readonly string[]): Promise<ModelScene> {
  const scene = openScene(...ids);
  await scene.model.load();
  return scene;
}

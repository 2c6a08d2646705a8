import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import type { RunRecord } from '../../../../src/core/runSummary.ts';
import { RefreshTimer } from '../../../../src/engine/refreshTimer.ts';
import type { WatchedRun } from '../../../../src/engine/watchedRun.ts';
import { HOUR, loadedScene, NEVER, remoteScene, type RemoteScene } from './remoteScene.ts';

const YES = (): Promise<boolean> => Promise.resolve(true);

describe('a run that the timer starts', () => {
  it('is one of all tables', async () => {
    const scene = await loadedScene('a');
    const run = (await startDue(scene)) ?? assert.fail();
    assert.deepEqual([run.trigger, run.coversAll, run.place.kind], ['timer', true, 'server']);
    scene.server.pass('a');
    scene.server.answerRun({ kind: 'cut', failure: new AgnesFailure('serverUnavailable') });
    await scene.clock.advance(2_000);
    assert.equal((await run.result).summary.trigger, 'timer');
  });

  it('is not started when it is not due any more', async () => {
    const { source, server } = await loadedScene('a');
    assert.equal(await source.startDueRun(() => Promise.resolve(false)), undefined);
    assert.equal(server.count('refreshAll'), 0);
  });

  it('is not started unless it is wished for, nor by who does not administer the server for sure', async () => {
    const wished = await loadedScene('a');
    wished.switches.startsRuns = false;
    assert.equal(await wished.source.startDueRun(YES), undefined);
    const unknown = remoteScene('a');
    unknown.server.failures.registry = new AgnesFailure('serverUnavailable');
    await unknown.source.load();
    assert.equal(await unknown.source.startDueRun(YES), undefined);
    assert.equal(wished.server.count('refreshAll') + unknown.server.count('refreshAll'), 0);
  });

  it('is not started beside a run or a single table', async () => {
    const scene = await loadedScene('a');
    scene.server.hangs.add('refreshTable');
    const refreshing = scene.source.refreshTable('a', NEVER);
    assert.equal(await scene.source.startDueRun(YES), undefined);
    scene.source.cancel();
    await assert.rejects(refreshing);
    assert.ok(await startDue(scene));
    assert.equal(await scene.source.startDueRun(YES), undefined);
    assert.equal(scene.server.count('refreshAll'), 1);
  });

  it('is not started when something else began while it was asked whether it is due', async () => {
    const { source, server } = await loadedScene('a');
    server.hangs.add('refreshTable');
    const due = Promise.withResolvers<boolean>();
    const starting = source.startDueRun(() => due.promise);
    const refreshing = source.refreshTable('a', NEVER);
    due.resolve(true);
    assert.equal(await starting, undefined);
    assert.equal(server.count('refreshAll'), 0);
    source.cancel();
    await assert.rejects(refreshing);
  });

  it('is not started twice', async () => {
    const { source, server, clock } = await loadedScene('a');
    const both = Promise.all([source.startDueRun(YES), source.startDueRun(YES)]);
    await clock.advance(1_000);
    const [first, second] = await both;
    assert.ok(first);
    assert.equal(second, undefined);
    assert.equal(server.count('refreshAll'), 1);
  });

  it('that is not due keeps nobody from a run of theirs', async () => {
    const { source, clock } = await loadedScene('a');
    const due = Promise.withResolvers<boolean>();
    const starting = source.startDueRun(() => due.promise);
    const wanted = source.startRun({ trigger: 'command' });
    due.resolve(false);
    await clock.advance(1_000);
    assert.equal(await starting, undefined);
    const { run, joined } = await wanted;
    assert.deepEqual([run.trigger, joined], ['command', false]);
  });

  it('is none where the server was at it already, which is shown all the same', async () => {
    const { source, server } = await loadedScene('a');
    server.runAnswer = { kind: 'alreadyRunning', runId: '0badcafe', startedAt: null };
    assert.equal(await source.startDueRun(YES), undefined);
    assert.equal(source.currentRun?.runId, '0badcafe');
  });
});

describe('when every table was refreshed last', () => {
  it('is not known before the first reading, nor where a table never was, nor where there is none', async () => {
    const scene = remoteScene('a', 'b');
    assert.equal(await scene.source.lastCompletedAt(), undefined);
    scene.server.rows = scene.server.rows.filter(({ tableId }) => tableId !== 'a');
    await scene.source.load();
    assert.equal(await scene.source.lastCompletedAt(), undefined);
    scene.server.setRow('a', { rows: 1n });
    await scene.source.load();
    assert.equal(await scene.source.lastCompletedAt(), undefined);
    scene.server.tables = [];
    await scene.source.load();
    assert.equal(await scene.source.lastCompletedAt(), undefined);
  });

  it('is the oldest look at any table, by this machine’s clock', async () => {
    const { source, server, clock } = remoteScene('a', 'b');
    server.ahead = -5n * HOUR;
    server.setRow('a', { refreshedAt: server.now() - 9n * HOUR, errorAt: server.now() - 3n * HOUR });
    server.setRow('b', { refreshedAt: server.now() - 2n * HOUR, errorAt: null });
    await source.load();
    assert.equal(await source.lastCompletedAt(), clock.now() - 3n * HOUR);
  });

  it('is the end of the last completed run, where that is later', async () => {
    const { source, server, clock, records } = remoteScene('a');
    server.ahead = 5n * HOUR;
    server.setRow('a', { refreshedAt: server.now() - 9n * HOUR });
    await source.load();
    await records.append(record('00000001', server.now() - HOUR));
    await records.append(record('00000002', server.now() - 1n, 'cancelled'));
    assert.equal(await source.lastCompletedAt(), clock.now() - HOUR);
    server.pass('a');
    await source.load();
    assert.equal(await source.lastCompletedAt(), clock.now());
  });

  it('is not before the end of the last run from here, whatever came of it', async () => {
    const scene = await loadedScene('a', 'b', 'c');
    const { source, server, clock } = scene;
    server.ahead = 5n * HOUR;
    await source.load();
    const run = (await startDue(scene)) ?? assert.fail();
    server.answerRun({ kind: 'cut', failure: new AgnesFailure('serverUnavailable') });
    server.pass('a', 'b');
    await clock.advance(302_000);
    assert.equal((await run.result).summary.endedBy, 'runUnwatched');
    const endedAt = clock.now();
    await clock.advance(60_000);
    assert.equal(await source.lastCompletedAt(), endedAt);
  });

  it('is not moved by a run that was refused, or that others asked for', async () => {
    const scene = await loadedScene('a');
    const { source, server, clock, records } = scene;
    const before = await source.lastCompletedAt();
    server.runAnswer = { kind: 'alreadyRunning', runId: '0badcafe', startedAt: null };
    const { run } = await source.startRun({ trigger: 'command' });
    run.cancel();
    await run.result;
    assert.equal(await source.lastCompletedAt(), before);
    server.runAnswer = undefined;
    const own = (await startDue(scene)) ?? assert.fail();
    server.answerRun(new AgnesFailure('serverError'));
    await own.result;
    await clock.advance(60_000);
    assert.deepEqual([await source.lastCompletedAt(), records.records.length], [before, 1]);
  });

  it('is not after now, as an estimated clock may have it', async () => {
    const { source, server, clock } = await loadedScene('a');
    server.setRow('a', { refreshedAt: server.now() + 80_000n });
    await source.load();
    assert.equal(await source.lastCompletedAt(), clock.now());
  });

  it('is not a time of a clock that is wrong', async () => {
    const { source, server, clock, records } = await loadedScene('a');
    await records.append(record('00000001', server.now() + 9_000n * HOUR));
    assert.equal(await source.lastCompletedAt(), clock.now() - HOUR);
  });

  it('lets the timer rest for an interval after its run', async () => {
    const { source, server, clock } = await loadedScene('a');
    server.setRow('a', { refreshedAt: server.now() - 9n * HOUR });
    await source.load();
    const timer = new RefreshTimer({
      ...{ clock, random: () => 0, enabled: () => true, onChange: () => undefined },
      intervalSeconds: () => source.policy().intervalSeconds,
      lastCompletedAt: () => source.lastCompletedAt(),
      run: async (isStillDue) => {
        const run = await source.startDueRun(isStillDue);
        if (run === undefined) return 'skipped';
        const { summary } = await run.result;
        if (summary.endedBy === 'cancelled') return 'pointless'; // the test is over
        server.ahead = -80_000n; // the next estimate is a little lower
        await source.load();
        return 'completed';
      },
    });
    const checking = timer.check();
    await clock.advance(1_000);
    server.pass('a');
    const counts = { total: 1, succeeded: 1, noData: 0, failed: 0 };
    const summary = { runId: '3fa9c1d2', startedAt: server.now(), ...counts, durationMs: 1_000 };
    server.answerRun({ kind: 'done', summary });
    await checking;
    await clock.advance(3_600_000);
    assert.equal(server.count('refreshAll'), 1);
    await clock.advance(3 * 3_600_000 + 60_000);
    assert.equal(server.count('refreshAll'), 2);
    timer.dispose();
    source.dispose();
  });
});

async function startDue({ source, clock }: RemoteScene): Promise<WatchedRun | undefined> {
  const starting = source.startDueRun(YES);
  await clock.advance(1_000);
  return starting;
}

function record(runId: string, endedAt: bigint, endedBy: 'cancelled' | null = null): RunRecord {
  const counts = { total: 1, succeeded: 1, noData: 0, failed: 0, notAttempted: 0, cancelled: 0 };
  return {
    summary: {
      ...{ runId, startedAt: endedAt, durationMs: 0, trigger: 'command', window: '', coversAll: true },
      ...{ ...counts, notStored: 0, unanswered: 0, endedBy },
    },
    endedAt,
    failures: [],
    changes: [],
  };
}

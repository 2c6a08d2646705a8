import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { AgnesFailure, type FailureReason } from '../../../../src/core/failure.ts';
import type { RunResult, WatchedRun } from '../../../../src/engine/watchedRun.ts';
import type { ServerRunAnswer } from '../../../../src/ports/agnesServer.ts';
import { serverTable } from '../../../fixtures/fakeAgnesServer.ts';
import { settle } from '../../../fixtures/fakeClock.ts';
import { LOOK_PATIENCE_MS } from '../../../../src/sources/remote/statusLook.ts';
import { capabilities, HOUR, loadedScene, remoteScene, type RemoteScene } from './remoteScene.ts';

const COMMAND = { trigger: 'command' } as const;
const MINUTE_MS = 60_000;
const CUT: ServerRunAnswer = { kind: 'cut', failure: new AgnesFailure('serverUnavailable') };

describe('a run of all tables on the server', () => {
  it('asks for the status first, then for the run, and is on from then', async () => {
    const scene = await loadedScene('a', 'b', 'c');
    const { server, source, clock, runs } = scene;
    server.ahead = 2n * HOUR;
    server.asked.length = 0;
    const run = await begin(scene);
    assert.deepEqual(server.asked, ['status', 'refreshAll']);
    assert.deepEqual(runs, [run]);
    assert.equal(source.currentRun, run);
    assert.deepEqual([run.runId, run.trigger, run.coversAll], [null, 'command', true]);
    assert.deepEqual(run.place, { kind: 'server' });
    assert.equal(run.startedAt, clock.now() + 2n * HOUR - 1_000_000n);
    assert.deepEqual(run.progress, { done: 0, total: 3 });
  });

  it('comes to what the server counts', async () => {
    const scene = await loadedScene('a', 'b');
    const { server, source, records, clock, log } = scene;
    server.ahead = HOUR;
    await source.load();
    const run = await begin(scene);
    server.answerRun(done({ total: 9, succeeded: 6, noData: 1, failed: 2, startedAt: 77n }));
    const { summary, outcomes, failure } = await run.result;
    assert.deepEqual(summary, {
      ...{ runId: '3fa9c1d2', startedAt: 77n, trigger: 'command', window: 'this window', coversAll: true },
      ...{ total: 9, succeeded: 6, noData: 1, failed: 2, durationMs: 98_123, endedBy: null },
      ...{ notAttempted: 0, cancelled: 0, notStored: 0, unanswered: 0 },
    });
    assert.deepEqual([outcomes, failure, run.runId], [[], undefined, '3fa9c1d2']);
    assert.deepEqual(records.records, [{ summary, endedAt: clock.now() + HOUR, failures: [], changes: [] }]);
    assert.deepEqual(await source.runs(), records.records);
    assert.equal(source.currentRun, undefined);
    assert.equal(log.lines.filter((line) => line.startsWith('info refresh run: run_id=3fa9c1d2')).length, 1);
  });

  it('needs no further look when all tables have passed', async () => {
    const scene = await loadedScene('a');
    const run = await begin(scene);
    scene.server.pass('a');
    await scene.clock.advance(2_000);
    const { length } = scene.server.asked;
    scene.server.answerRun(done());
    await run.result;
    await scene.clock.advance(MINUTE_MS - 4_000);
    assert.equal(scene.server.asked.length, length);
    assert.equal(scene.clock.pending, 1); // the next reading
  });

  it('looks once more at its end for those that passed since the last poll', async () => {
    const scene = await loadedScene('a', 'b');
    const { server, settled } = scene;
    const run = await begin(scene);
    server.pass('a');
    server.setRow('b', { errorAt: server.now(), errorMessage: 'Forbidden: no' });
    const { length } = server.asked;
    server.answerRun(done({ total: 2, succeeded: 1, failed: 1 }));
    const { causes } = await run.result;
    assert.deepEqual(server.asked.slice(length), ['status']);
    assert.deepEqual(
      settled().map(({ tableId, status }) => [tableId, status]),
      [
        ['a', 'ok'],
        ['b', 'error'],
      ],
    );
    assert.deepEqual(causes, [{ reason: 'failedOnServer', tableIds: ['b'] }]);
  });

  it('comes to its end without that look where the status is not read soon', async () => {
    const scene = await loadedScene('a');
    const run = await begin(scene);
    scene.server.hangs.add('status');
    scene.server.answerRun(done());
    await scene.clock.advance(LOOK_PATIENCE_MS);
    assert.equal((await run.result).summary.succeeded, 1);
  });

  describe('finds tables different', () => {
    it('by the status, and keeps what of them is', async () => {
      const scene = remoteScene('a', 'b');
      const { server, source, records, settled, clock } = scene;
      for (const id of ['a', 'b']) server.setRow(id, { knownColumns: ['id'], rows: 1_000n });
      await source.load();
      const run = await begin(scene);
      server.pass('a', 'b');
      server.setRow('a', { knownColumns: ['id', 'name'], rows: 3n });
      await clock.advance(2_000);
      server.answerRun(done());
      await run.result;
      const change = {
        columns: { added: ['name'], removed: [], addedCount: 1, removedCount: 0 },
        ...{ entityType: null, partitionBy: null, rows: { before: 1_000n, after: 3n } },
      };
      const told = settled().map((outcome) => outcome.status === 'ok' && outcome.change);
      assert.deepEqual(told, [undefined, change]); // the row of b stands first
      assert.deepEqual(records.records[0]?.changes, [{ tableId: 'a', change }]);
    });

    it('also those that passed since the last poll', async () => {
      const scene = remoteScene('a');
      scene.server.setRow('a', { rows: 1_000n });
      await scene.source.load();
      const run = await begin(scene);
      scene.server.pass('a');
      scene.server.setRow('a', { rows: 0n });
      scene.server.answerRun(done());
      await run.result;
      const [kept] = scene.records.records[0]?.changes ?? [];
      assert.deepEqual(kept?.change.rows, { before: 1_000n, after: 0n });
    });

    it('and keeps fifty of them', async () => {
      const ids = Array.from({ length: 60 }, (_, i) => `t${i}`);
      const scene = remoteScene(...ids);
      for (const id of ids) scene.server.setRow(id, { rows: 1_000n });
      await scene.source.load();
      const run = await begin(scene);
      scene.server.pass(...ids);
      for (const id of ids) scene.server.setRow(id, { rows: 0n });
      scene.server.answerRun(done());
      await run.result;
      assert.equal(scene.records.records[0]?.changes.length, 50);
    });

    it('without a word of columns that are withheld, wherever it tells or keeps them', async () => {
      const scene = remoteScene('policied', 'unsure');
      const { server, source, records, events, log } = scene;
      server.failures.registry = new AgnesFailure('serverUnavailable');
      server.tables = [serverTable('policied'), serverTable('unsure')];
      const known = { knownColumns: ['hush_before'], rows: 1_000n };
      server.setRow('policied', { ...known, partitionBy: 'hush_key' });
      server.setRow('unsure', known);
      await source.load();
      const run = await begin(scene);
      server.pass('policied', 'unsure');
      const now = { knownColumns: ['hush_after'], rows: 0n };
      server.setRow('policied', { ...now, partitionBy: 'hush_other' });
      server.setRow('unsure', now);
      server.answerRun(done());
      const result = await run.result;
      assert.equal(records.records[0]?.changes.length, 2);
      const told = inspect([result, records.records, events, log.lines], { depth: Infinity });
      assert.match(told, /before: 1000n/);
      assert.doesNotMatch(told, /hush/);
    });
  });

  it('is read first where nothing was read before', async () => {
    const scene = remoteScene('a', 'b');
    const run = await begin(scene);
    assert.deepEqual(run.progress, { done: 0, total: 2 });
  });

  describe('is watched through the status', () => {
    it('after two seconds, and then after ten times as long as the status took, from two to thirty', async () => {
      const scene = await loadedScene('a');
      const { server, clock } = scene;
      await begin(scene);
      const polls = (): number => server.count('status') - 2;
      await clock.advance(1_999);
      assert.equal(polls(), 0);
      await clock.advance(1);
      assert.equal(polls(), 1);
      server.latencyMs.status = 500;
      await clock.advance(2_000); // asked
      await clock.advance(500); // answered
      await clock.advance(4_999);
      assert.equal(polls(), 2);
      server.latencyMs.status = 20_000;
      await clock.advance(1);
      assert.equal(polls(), 3);
      await clock.advance(20_000 + 29_999);
      assert.equal(polls(), 3);
      await clock.advance(1);
      assert.equal(polls(), 4);
    });

    it('counts each table once, never above the total and never back', async () => {
      const scene = await loadedScene('a', 'b', 'c');
      const { server, clock } = scene;
      const run = await begin(scene);
      const told: (readonly [number, number | undefined])[] = [];
      run.onProgress(({ done: passed, total }) => told.push([passed, total]));
      server.pass('a', 'hidden');
      await clock.advance(2_000);
      server.pass('a', 'b');
      await clock.advance(2_000);
      server.setRow('a', { refreshedAt: run.startedAt - HOUR });
      server.rows = server.rows.filter(({ tableId }) => tableId !== 'b');
      await clock.advance(2_000);
      server.pass('a', 'b', 'c', 'hidden');
      await clock.advance(20_000);
      assert.deepEqual(told, [
        [1, 3],
        [2, 3],
        [3, 3],
      ]);
      assert.deepEqual(run.progress, { done: 3, total: 3 });
      assert.deepEqual(passedOf(scene), ['a', 'b', 'c']);
    });

    it('takes a look at the very start as one of the run, and one before it not', async () => {
      const scene = await loadedScene('a', 'b', 'c', 'd');
      const { server, clock } = scene;
      const run = await begin(scene);
      server.setRow('a', { refreshedAt: run.startedAt });
      server.setRow('b', { errorAt: run.startedAt });
      server.setRow('c', { refreshedAt: run.startedAt - 1n });
      server.setRow('d', { errorAt: run.startedAt - 1n });
      await clock.advance(2_000);
      assert.deepEqual(passedOf(scene), ['a', 'b']);
    });

    it('takes no row for one of the run that stood there before, with a time yet to come', async () => {
      const scene = await loadedScene('a', 'b');
      const { server, clock } = scene;
      server.setRow('a', { refreshedAt: server.now() + HOUR });
      const run = await begin(scene);
      await clock.advance(2_000);
      assert.equal(run.progress.done, 0);
      server.pass('a');
      await clock.advance(2_000);
      assert.equal(run.progress.done, 1);
    });

    it('tells of each table as it passes, by its status row', async () => {
      const scene = await loadedScene('a', 'b');
      const { server, clock } = scene;
      await begin(scene);
      const at = server.now();
      server.tables = [];
      server.setRow('a', {
        ...{ refreshedAt: at, rows: 2n ** 60n, sizeBytes: 5n, entityType: 'BASE TABLE' },
        ...{ errorAt: at - 1n, errorMessage: 'of before' },
      });
      server.setRow('b', { errorAt: at + 5n, errorMessage: 'Forbidden: no', refreshedAt: at });
      await clock.advance(2_000);
      assert.deepEqual(scene.settled(), [
        {
          ...{ tableId: 'a', status: 'ok', stored: 'stored', observedAt: at, fetchMs: null, totalMs: 0 },
          metadata: {
            ...{ rows: 2n ** 60n, sizeBytes: 5n, partitionBy: null, clusteredBy: null },
            ...{ entityType: 'BASE TABLE', lastModified: null },
          },
        },
        {
          ...{ tableId: 'b', status: 'error', reason: 'failedOnServer', stored: 'stored' },
          ...{ observedAt: at + 5n, message: 'Forbidden: no', storedMessage: 'Forbidden: no' },
          ...{ fetchMs: null, totalMs: 0 },
        },
      ]);
    });

    it('withholds what the catalog withheld, also where the row tells less of it now', async () => {
      const scene = remoteScene('policied', 'open', 'was');
      const { server, clock } = scene;
      server.tables = [
        serverTable('policied'),
        serverTable('open', { partitionBy: 'day', hasWhereExamples: true }),
        serverTable('was', { partitionBy: 'day' }),
      ];
      server.setRow('was', { partitionBy: 'day', knownColumns: ['event_date'] });
      await scene.source.load();
      await begin(scene);
      server.pass('policied', 'open', 'was');
      server.setRow('policied', { partitionBy: 'day', clusteredBy: ['country'] });
      server.setRow('open', { partitionBy: 'day', clusteredBy: ['country'], knownColumns: ['event_date'] });
      server.setRow('was', { partitionBy: 'day', knownColumns: [] });
      await clock.advance(2_000);
      const columns = scene.settled().flatMap((outcome) => {
        if (outcome.status !== 'ok') return [];
        const { partitionBy, clusteredBy } = outcome.metadata;
        return [[outcome.tableId, partitionBy, clusteredBy]];
      });
      assert.deepEqual(columns, [
        ['policied', null, null],
        ['open', 'day', ['country']],
        ['was', null, null],
      ]);
    });

    it('and goes on through whatever failures, as long as its answer may come', async () => {
      const reasons = [
        'signInExpired',
        'serverForbidden',
        'serverAnswerInvalid',
        'serverUnavailable',
      ] as const;
      for (const reason of reasons) {
        const scene = await loadedScene('a', 'b');
        const { server, clock } = scene;
        const run = await begin(scene);
        server.failures.status = new AgnesFailure(reason);
        await clock.advance(29 * MINUTE_MS);
        assert.equal(scene.source.currentRun, run, reason);
        delete server.failures.status;
        server.pass('a');
        await clock.advance(30_000);
        assert.equal(run.progress.done, 1);
        server.answerRun(done());
        assert.equal((await run.result).failure, undefined);
      }
    });

    it('less often while that fails', async () => {
      const scene = await loadedScene('a');
      await begin(scene);
      const before = scene.server.count('status');
      scene.server.failures.status = new AgnesFailure('serverUnavailable');
      await scene.clock.advance(2_000 + 4_000 + 8_000 + 16_000 + 30_000);
      assert.equal(scene.server.count('status') - before, 5);
    });

    it('tells of those that passed between two looks in one go', async () => {
      const scene = await loadedScene('a', 'b', 'c');
      await begin(scene);
      scene.server.pass('a', 'c');
      await scene.clock.advance(2_000);
      assert.deepEqual(
        scene.events.map((event) => (event.kind === 'tablesSettled' ? event.outcomes.length : event.kind)),
        [2],
      );
    });
  });

  describe('that is refused', () => {
    const refusals: FailureReason[] = ['adminOnly', 'serverUnreachable', 'serverError'];
    for (const reason of refusals) {
      it(`at once with ${reason} does not begin`, async () => {
        const { source, server, runs, records, clock } = await loadedScene('a');
        server.failures.refreshAll = new AgnesFailure(reason);
        await assert.rejects(source.startRun(COMMAND), { reason });
        assert.deepEqual([runs, records.records, source.currentRun], [[], [], undefined]);
        assert.equal(clock.pending, 1); // the next reading
      });
    }

    it('while the status is asked for, does not begin', async () => {
      const { source, server } = await loadedScene('a');
      server.failures.status = new AgnesFailure('serverUnreachable');
      await assert.rejects(source.startRun(COMMAND), { reason: 'serverUnreachable' });
      assert.equal(server.count('refreshAll'), 0);
    });

    it('with adminOnly leaves nothing to do here, and says so', async () => {
      const { source, server, changes } = await loadedScene('a');
      server.failures.refreshAll = new AgnesFailure('adminOnly');
      await assert.rejects(source.startRun(COMMAND), { reason: 'adminOnly' });
      assert.equal(changes(), 1);
      assert.deepEqual(
        source.capabilities,
        capabilities({ refresh: false, registry: false, backgroundRefresh: false }),
      );
      assert.equal((await source.load()).refreshObstacle?.reason, 'adminOnly');
      server.asked.length = 0;
      await assert.rejects(source.startRun(COMMAND), { reason: 'adminOnly' });
      assert.deepEqual(server.asked, []);
    });

    it('later ends with it', async () => {
      const scene = await loadedScene('a', 'b');
      const { server, source, clock, records, changes } = scene;
      const run = await begin(scene);
      server.pass('a');
      await clock.advance(2_000);
      server.answerRun(new AgnesFailure('adminOnly'));
      const { summary, failure } = await run.result;
      assert.equal(failure?.reason, 'adminOnly');
      assert.deepEqual(
        [summary.endedBy, summary.succeeded, summary.notAttempted, records.records.length],
        ['adminOnly', 1, 1, 0],
      );
      await settle();
      assert.deepEqual([source.capabilities.refresh, changes()], [false, 1]);
    });

    it('is not even asked for where the registry was refused', async () => {
      const { source, server } = remoteScene('a');
      server.failures.registry = new AgnesFailure('adminOnly');
      await assert.rejects(source.startRun(COMMAND), { reason: 'adminOnly' }); // it reads first
      assert.equal(server.count('refreshAll'), 0);
      server.asked.length = 0;
      await assert.rejects(source.startRun(COMMAND), { reason: 'adminOnly' });
      assert.deepEqual(server.asked, []);
    });
  });

  describe('whose answer is cut off', () => {
    it('goes on until every table has passed, and counts by the tables', async () => {
      const scene = await loadedScene('a', 'b', 'c');
      const { server, clock, records, log } = scene;
      const run = await begin(scene);
      server.answerRun(CUT);
      await settle();
      assert.ok(log.lines.some((line) => line.startsWith('warn') && line.includes('serverUnavailable')));
      server.pass('a', 'b');
      await clock.advance(4 * MINUTE_MS);
      assert.equal(scene.source.currentRun, run);
      server.setRow('c', { errorAt: server.now(), errorMessage: 'Forbidden: no' });
      await clock.advance(2_000);
      const { summary, failure, causes } = await run.result;
      const { runId, durationMs, ...rest } = summary;
      assert.match(runId, /^[0-9a-f]{8}$/);
      assert.equal(run.runId, null);
      assert.ok(durationMs >= 4 * MINUTE_MS);
      assert.deepEqual(rest, {
        ...{ startedAt: run.startedAt, trigger: 'command', window: 'this window', coversAll: true },
        ...{ total: 3, succeeded: 2, noData: 0, failed: 1, endedBy: null },
        ...{ notAttempted: 0, cancelled: 0, notStored: 0, unanswered: 0 },
      });
      assert.equal(failure, undefined);
      assert.deepEqual(causes, [{ reason: 'failedOnServer', tableIds: ['c'] }]);
      assert.deepEqual(records.records[0]?.failures, [{ tableId: 'c', reason: 'failedOnServer' }]);
      assert.equal(clock.pending, 1); // the next reading
    });

    it('at once is on all the same', async () => {
      const scene = await loadedScene('a');
      scene.server.runAnswer = CUT;
      const { run, joined } = await scene.source.startRun(COMMAND);
      assert.equal(joined, false);
      scene.server.pass('a');
      await scene.clock.advance(2_000);
      assert.equal((await run.result).summary.succeeded, 1);
    });

    it('when all have passed is over', async () => {
      const scene = await loadedScene('a');
      const run = await begin(scene);
      scene.server.pass('a');
      await scene.clock.advance(2_000);
      assert.equal(scene.source.currentRun, run);
      scene.server.answerRun(CUT);
      assert.equal((await run.result).failure, undefined);
    });

    it('is given up when no further table has passed for five minutes', async () => {
      const scene = await loadedScene('a', 'b', 'c');
      const { server, clock, records } = scene;
      const run = await begin(scene);
      await clock.advance(4 * MINUTE_MS);
      server.answerRun(CUT);
      await clock.advance(4 * MINUTE_MS);
      server.pass('a');
      await clock.advance(2_000);
      await clock.advance(5 * MINUTE_MS - 2_001);
      assert.equal(scene.source.currentRun, run);
      await clock.advance(2_001);
      assertUnwatched(await run.result, { total: 3, succeeded: 1, notAttempted: 2 });
      assert.deepEqual(records.records, []);
      assert.equal(clock.pending, 1); // the next reading
    });

    describe('and whose status can’t be read', () => {
      it('waits for five minutes, and takes up where it was', async () => {
        for (const reason of ['serverUnavailable', 'serverNotAgnes', 'serverAnswerInvalid'] as const) {
          const scene = await loadedScene('a', 'b');
          const { server, clock } = scene;
          const run = await begin(scene);
          server.answerRun(CUT);
          await clock.advance(4 * MINUTE_MS);
          server.failures.status = new AgnesFailure(reason);
          await clock.advance(4 * MINUTE_MS);
          assert.equal(scene.source.currentRun, run, reason); // eight without a table, four without a look
          delete server.failures.status;
          server.pass('a', 'b');
          await clock.advance(30_000);
          assert.equal((await run.result).failure, undefined);
        }
      });

      it('is given up after that, for that reason, and not recorded', async () => {
        const scene = await loadedScene('a', 'b');
        const { server, clock, records } = scene;
        const run = await begin(scene);
        server.answerRun(CUT);
        await clock.advance(4 * MINUTE_MS);
        server.failures.status = new AgnesFailure('serverUnavailable');
        await clock.advance(5 * MINUTE_MS - 1);
        assert.equal(scene.source.currentRun, run);
        await clock.advance(1);
        const { summary, failure } = await run.result;
        assert.deepEqual([summary.endedBy, failure?.reason], ['serverUnavailable', 'serverUnavailable']);
        assert.deepEqual([summary.notAttempted, records.records], [2, []]);
        assert.equal(clock.pending, 1); // the next reading
      });

      it('ends at once where that is of who asks', async () => {
        for (const reason of ['signedOut', 'signInExpired', 'serverForbidden'] as const) {
          const scene = await loadedScene('a');
          const run = await begin(scene);
          scene.server.answerRun(CUT);
          scene.server.failures.status = new AgnesFailure(reason);
          await scene.clock.advance(2_000);
          const { summary, failure } = await run.result;
          assert.deepEqual([summary.endedBy, failure?.reason], [reason, reason]);
          assert.deepEqual(scene.records.records, []);
        }
      });
    });

    it('is given up by who sees no table, and can’t tell by them', async () => {
      const scene = await loadedScene();
      const run = await begin(scene);
      scene.server.answerRun(CUT);
      await scene.clock.advance(5 * MINUTE_MS);
      assertUnwatched(await run.result, { total: 0, succeeded: 0, notAttempted: 0 });
    });
  });

  it('is not given up for silence while its answer may still come', async () => {
    const scene = await loadedScene('a', 'b');
    const run = await begin(scene);
    scene.server.pass('a');
    await scene.clock.advance(29 * MINUTE_MS);
    assert.equal(scene.source.currentRun, run);
  });

  it('is watched for half an hour at most, whatever the server does', async () => {
    const scene = await loadedScene('a', 'b');
    const run = await begin(scene);
    scene.server.pass('a');
    await scene.clock.advance(30 * MINUTE_MS - 1);
    assert.equal(scene.source.currentRun, run);
    await scene.clock.advance(1);
    assertUnwatched(await run.result, { total: 2, succeeded: 1, notAttempted: 1 });
    assert.deepEqual(scene.server.aborted, ['refreshAll']);
  });

  it('is watched for half an hour at most, also while tables pass', async () => {
    const scene = await loadedScene('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
    const run = await begin(scene);
    scene.server.answerRun(CUT);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      scene.server.pass(id);
      await scene.clock.advance(4 * MINUTE_MS);
    }
    assert.equal(scene.source.currentRun, run);
    await scene.clock.advance(2 * MINUTE_MS);
    assertUnwatched(await run.result, { total: 10, succeeded: 7, notAttempted: 3 });
  });

  describe('that nobody wants to watch any more', () => {
    it('is left to the server, and says so', async () => {
      const scene = await loadedScene('a', 'b', 'c');
      const { server, clock, log } = scene;
      const run = await begin(scene);
      server.pass('a');
      await clock.advance(2_000);
      server.latencyMs.status = 1_000;
      await clock.advance(2_000); // a poll is under way
      scene.source.cancel();
      const { summary, failure } = await run.result;
      assert.equal(failure, undefined);
      assert.deepEqual(
        [summary.endedBy, summary.total, summary.succeeded, summary.cancelled, summary.notAttempted],
        ['cancelled', 3, 1, 2, 0],
      );
      assert.deepEqual(server.aborted.toSorted(), ['refreshAll', 'status']);
      assert.deepEqual(scene.records.records, []); // nobody here knows what comes of it
      assert.ok(!log.lines.some((line) => line.startsWith('warn')));
      assert.equal(clock.pending, 1); // the next reading
    });

    it('before it is on has not begun', async () => {
      const { server, source, clock, runs } = await loadedScene('a');
      const starting = assert.rejects(source.startRun(COMMAND), { reason: 'cancelled' });
      await settle();
      assert.equal(server.count('refreshAll'), 1);
      source.cancel();
      await starting;
      assert.deepEqual([runs, server.aborted], [[], ['refreshAll']]);
      assert.equal(clock.pending, 1); // the next reading
    });

    it('at the very moment in which it begins ends in one way or the other, and has not failed', async () => {
      for (let ticks = 0; ticks < 30; ticks += 1) {
        const { source, clock, runs } = await loadedScene('a');
        const after = clock.after.bind(clock);
        const cancelSoon = async (): Promise<void> => {
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
          source.cancel();
        };
        clock.after = (delayMs, callback) =>
          after(delayMs, () => {
            callback();
            if (delayMs === 1_000) void cancelSoon();
          });
        const starting = source.startRun(COMMAND);
        starting.catch(() => undefined);
        await clock.advance(1_000);
        const [run] = runs;
        if (run === undefined) await assert.rejects(starting, { reason: 'cancelled' });
        else {
          const { summary, failure } = await run.result;
          assert.deepEqual([summary.endedBy, failure], ['cancelled', undefined], `after ${ticks} ticks`);
        }
      }
    });

    it('is over when its end is written down', async () => {
      const scene = await loadedScene('a');
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const run = await begin(scene);
      scene.records.append = () => promise;
      scene.server.answerRun(done());
      await settle();
      assert.equal(scene.source.currentRun, run);
      scene.source.dispose();
      let isSettled = false;
      const settled = scene.source.settled().then(() => (isSettled = true));
      await settle();
      assert.equal(isSettled, false);
      resolve(undefined);
      await settled;
    });

    it('ends with the source', async () => {
      const scene = await loadedScene('a');
      const run = await begin(scene);
      scene.source.dispose();
      await scene.source.settled();
      assert.equal((await run.result).summary.endedBy, 'cancelled');
      assert.deepEqual(scene.records.records, []);
      assert.equal(scene.clock.pending, 0);
    });
  });

  describe('that is on already', () => {
    it('here is joined', async () => {
      const scene = await loadedScene('a');
      const run = await begin(scene);
      assert.deepEqual(await scene.source.startRun(COMMAND), { run, joined: true });
      assert.equal(scene.server.count('refreshAll'), 1);
    });

    it('or about to begin is joined', async () => {
      const { source, clock, server } = await loadedScene('a');
      const both = Promise.all([source.startRun(COMMAND), source.startRun(COMMAND)]);
      await clock.advance(1_000);
      const [first, second] = await both;
      assert.equal(first.run, second.run);
      assert.deepEqual([first.joined, second.joined], [false, true]);
      assert.equal(server.count('refreshAll'), 1);
    });

    it('on the server is joined, under its id and since its start', async () => {
      const { source, server, clock, runs, settled } = await loadedScene('a', 'b', 'c');
      const startedAt = server.now() - 60_000_000n;
      server.setRow('a', { refreshedAt: startedAt + 1n });
      server.runAnswer = { kind: 'alreadyRunning', runId: '0badcafe', startedAt };
      const { run, joined } = await source.startRun(COMMAND);
      assert.equal(joined, true);
      assert.deepEqual([run.runId, run.startedAt, run.place.kind], ['0badcafe', startedAt, 'server']);
      assert.deepEqual([runs, source.currentRun], [[run], run]);
      await settle();
      assert.deepEqual(run.progress, { done: 1, total: 3 }); // before anybody looked again
      assert.equal(settled().length, 1);
      server.pass('b');
      await clock.advance(2_000);
      assert.deepEqual(run.progress, { done: 2, total: 3 });
    });

    it('on the server that does not say since when began no later than it was found', async () => {
      const { source, server } = await loadedScene('a');
      server.runAnswer = { kind: 'alreadyRunning', runId: null, startedAt: null };
      const { run } = await source.startRun(COMMAND);
      assert.deepEqual([run.runId, run.startedAt], [null, server.now()]);
    });

    it('on the server is recorded when every table has passed', async () => {
      const scene = await joinedScene('0badcafe');
      scene.server.pass('a', 'b');
      await scene.clock.advance(2_000);
      const { summary } = await scene.run.result;
      assert.deepEqual([summary.runId, summary.endedBy, summary.succeeded], ['0badcafe', null, 2]);
      assert.equal(scene.records.records.length, 1);
    });

    it('on the server is recorded under an id that the history takes', async () => {
      const scene = await joinedScene('not an id');
      scene.server.pass('a', 'b');
      await scene.clock.advance(2_000);
      const { summary } = await scene.run.result;
      assert.match(summary.runId, /^[0-9a-f]{8}$/);
      assert.equal(scene.run.runId, 'not an id');
    });

    it('on the server is given up like one of ours, and not recorded', async () => {
      const scene = await joinedScene('0badcafe');
      await scene.clock.advance(5 * MINUTE_MS);
      assertUnwatched(await scene.run.result, { total: 2, succeeded: 0, notAttempted: 2 });
      assert.deepEqual(scene.records.records, []);
    });

    it('on the server is not recorded when it is watched no more', async () => {
      const scene = await joinedScene('0badcafe');
      scene.run.cancel();
      assert.equal((await scene.run.result).summary.cancelled, 2);
      assert.deepEqual(scene.records.records, []);
    });

    it('as the server finds out late is watched instead', async () => {
      const scene = await loadedScene('a', 'b', 'c');
      const { server, clock } = scene;
      server.setRow('c', { refreshedAt: server.now() }); // in the very moment in which ours begins
      const run = await begin(scene);
      const startedAt = run.startedAt - 60_000_000n;
      server.setRow('a', { refreshedAt: startedAt + 1n });
      server.answerRun({ kind: 'alreadyRunning', runId: '0badcafe', startedAt });
      await clock.advance(2_000);
      assert.deepEqual([run.runId, run.startedAt], ['0badcafe', startedAt]);
      assert.deepEqual(run.progress, { done: 2, total: 3 });
      server.pass('b');
      await clock.advance(2_000);
      assert.equal((await run.result).summary.succeeded, 3);
    });
  });
});

/** Starts a run that does not end at once. */
async function begin({ source, clock }: RemoteScene): Promise<WatchedRun> {
  const starting = source.startRun(COMMAND);
  starting.catch(() => undefined);
  await clock.advance(1_000);
  const { run, joined } = await starting;
  assert.equal(joined, false);
  return run;
}

/** Tables `a` and `b`, with a run on the server that somebody else began just now. */
async function joinedScene(runId: string): Promise<RemoteScene & { readonly run: WatchedRun }> {
  const scene = await loadedScene('a', 'b');
  scene.server.runAnswer = { kind: 'alreadyRunning', runId, startedAt: scene.server.now() };
  const { run } = await scene.source.startRun(COMMAND);
  return { ...scene, run };
}

function passedOf({ settled }: RemoteScene): readonly string[] {
  return settled().map(({ tableId }) => tableId);
}

function done(more: Partial<Extract<ServerRunAnswer, { kind: 'done' }>['summary']> = {}): ServerRunAnswer {
  const counts = { total: 1, succeeded: 1, noData: 0, failed: 0 };
  const summary = { runId: '3fa9c1d2', startedAt: 1n, ...counts, durationMs: 98_123, ...more };
  return { kind: 'done', summary };
}

function assertUnwatched(
  { summary, failure }: RunResult,
  { total, succeeded, notAttempted }: Pick<RunResult['summary'], 'total' | 'succeeded' | 'notAttempted'>,
): void {
  assert.deepEqual([failure?.reason, summary.endedBy], ['runUnwatched', 'runUnwatched']);
  assert.deepEqual(
    [summary.total, summary.succeeded, summary.notAttempted],
    [total, succeeded, notAttempted],
  );
}

import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { RefreshEngine } from '../../../src/engine/refreshEngine.ts';
import type { RunOptions } from '../../../src/engine/refreshRun.ts';
import { MAX_RETAKES } from '../../../src/engine/flight/writeRight.ts';
import { anotherWindow, fakeParts, METADATA, type FakeParts } from '../../fixtures/engineFakes.ts';
import { settle } from '../../fixtures/fakeClock.ts';
import { announcement } from '../../fixtures/flightFakes.ts';

const NEVER = new AbortController().signal;
const COMMAND: RunOptions = { trigger: 'command' };
const LONG_MS = 120_000;
const HOUR_MS = 3_600_000;

interface TwoWindows {
  readonly first: FakeParts;
  readonly second: FakeParts;
  readonly one: RefreshEngine;
  readonly two: RefreshEngine;
}

function twoWindows(tables = 3): TwoWindows {
  const first = fakeParts(tables);
  const second = anotherWindow(first, tables);
  return { first, second, one: new RefreshEngine(first), two: new RefreshEngine(second) };
}

describe('single flight over windows', () => {
  it('lets a second window join: same id, same start, same summary, and no request of its own', async () => {
    const { first, second, one, two } = twoWindows();
    const release = first.provider.hold();
    const started = await one.startRun(COMMAND);
    await settle();
    const joined = await two.startRun({ trigger: 'command' });
    assert.equal(joined.joined, true);
    assert.deepEqual(
      [joined.run.runId, joined.run.startedAt, joined.run.place],
      [started.run.runId, started.run.startedAt, { kind: 'otherWindow', name: 'this window' }],
    );
    release();
    await first.clock.advance(LONG_MS);
    assert.deepEqual((await joined.run.result).summary, (await started.run.result).summary);
    assert.equal((await joined.run.result).failure, undefined);
    assert.deepEqual(second.provider.asked, []);
    assert.equal(two.currentRun, undefined);
  });

  it('shows a window that asked for nothing the run of another one: its tables spin, and stop', async () => {
    const { first, one, two } = twoWindows();
    const seen: string[] = [];
    two.onTableEvent((event) => {
      seen.push(`${event.kind} ${event.kind === 'tableSettled' ? event.outcome.tableId : event.tableId}`);
    });
    const runs: string[] = [];
    two.onRunStarted(({ runId }) => runs.push(runId ?? ''));
    const release = first.provider.hold();
    const { run } = await one.startRun(COMMAND);
    await first.clock.advance(1_000);
    assert.deepEqual(runs, [run.runId]);
    assert.deepEqual(seen.splice(0), ['tableStarted t0', 'tableStarted t1', 'tableStarted t2']);
    assert.deepEqual(two.currentRun?.progress, { done: 0, total: 3 });
    release();
    await first.clock.advance(LONG_MS);
    assert.deepEqual(seen, ['tableLeft t0', 'tableLeft t1', 'tableLeft t2']);
  });

  it('tells who joined that the window is gone when it dies, and lets the next caller go on at once', async () => {
    const { first, second, one, two } = twoWindows();
    first.provider.hold();
    await one.startRun(COMMAND);
    await settle();
    const { run } = await two.startRun(COMMAND);
    first.lock.tryTake = () => new Promise(() => undefined); // a dead window takes nothing
    first.place.kill();
    await first.clock.advance(1_000);
    const { summary, failure } = await run.result;
    assert.deepEqual([summary.endedBy, failure?.reason], ['flightVanished', 'flightVanished']);
    const next = await two.startRun(COMMAND);
    assert.equal(next.joined, false);
    await first.clock.advance(LONG_MS);
    assert.equal((await next.run.result).summary.succeeded, 3);
    assert.equal(second.provider.asked.length, 3);
  });

  for (const [what, pass] of [
    ['sleeps for eight hours', ({ clock }: FakeParts) => clock.advance(8 * HOUR_MS)],
    ['lives through a clock that jumps a day ahead', ({ clock }: FakeParts) => jump(clock, 24)],
    ['lives through a clock that jumps a day back', ({ clock }: FakeParts) => jump(clock, -24)],
    ['lives through the end of summer time', ({ clock }: FakeParts) => jump(clock, -1)],
  ] as const) {
    it(`is never taken from a holder that ${what}, nor is its lock probed`, async () => {
      const { first, second, one, two } = twoWindows();
      first.provider.answers.set('t1', ['hang']);
      // The holder's own time stands still: it has posted, and tells nothing more.
      const asleep = { ...first, clock: fakeParts(1).clock };
      const holder = new RefreshEngine(asleep);
      one.dispose();
      const { run } = await holder.startRun(COMMAND);
      await settle();
      const joined = await two.startRun(COMMAND);
      const { takes } = first.place;
      await pass(first);
      assert.equal(two.currentRun, joined.run);
      assert.equal(first.place.takes, takes);
      assert.deepEqual(second.provider.asked, []);
      await asleep.clock.advance(LONG_MS);
      await first.clock.advance(LONG_MS);
      assert.deepEqual((await joined.run.result).summary, (await run.result).summary);
    });
  }

  it('does not begin the timer’s run when another window has just done it', async () => {
    const { first, one } = twoWindows();
    const asked: (boolean | undefined)[] = [];
    const run = await one.startDueRun(() => {
      asked.push(first.place.holder !== undefined);
      return Promise.resolve(false);
    });
    assert.equal(run, undefined);
    assert.deepEqual(asked, [true], 'asked while the lock is held');
    assert.equal(first.place.holder, undefined);
    assert.deepEqual(first.provider.asked, []);
  });

  it('does not let the timer wait for another window', async () => {
    const { first, one, two } = twoWindows();
    first.provider.hold();
    await one.startRun(COMMAND);
    await settle();
    assert.equal(await two.startDueRun(() => Promise.resolve(true)), undefined);
  });

  it('lets a run wait for another window’s single table', async () => {
    const { first, second, one, two } = twoWindows();
    const release = first.provider.hold();
    const single = one.refreshTable('t0', NEVER);
    await settle();
    const starting = two.startRun(COMMAND);
    await second.clock.advance(2_000);
    assert.deepEqual(second.provider.asked, []);
    assert.equal(two.currentRun, undefined);
    release();
    await second.clock.advance(LONG_MS);
    assert.equal((await single).status, 'ok');
    assert.equal((await (await starting).run.result).summary.succeeded, 3);
  });

  it('names whoever holds the lock without telling what for, after some patience', async () => {
    const { first, one } = twoWindows();
    first.place.holder = new AbortController();
    first.place.named = { pid: 4711, name: 'duckdb' };
    const starting = one.startRun(COMMAND);
    starting.catch(() => undefined);
    await first.clock.advance(LONG_MS);
    await assert.rejects(starting, { reason: 'flightHeld', holder: { pid: 4711, name: 'duckdb' } });
    assert.ok(first.place.takes < 200, `${first.place.takes} attempts`);
  });

  it('goes on alone where there can be no lock, with one warning', async () => {
    const { first, one } = twoWindows();
    first.place.unavailable = new AgnesFailure('fileReadOnly', {
      detail: 'The folder f can’t be written to.',
    });
    const told: string[] = [];
    one.onFlightUnavailable(({ detail }) => told.push(detail ?? ''));
    for (const round of [1, 2]) {
      const { run } = await one.startRun(COMMAND);
      await first.clock.advance(LONG_MS);
      assert.equal((await run.result).summary.succeeded, 3, `round ${round}`);
    }
    const single = one.refreshTable('t0', NEVER);
    await first.clock.advance(LONG_MS);
    assert.equal((await single).status, 'ok');
    assert.deepEqual(told, ['The folder f can’t be written to.']);
    assert.equal(
      first.log.lines.filter((line) => line.startsWith('warn refreshes of other windows')).length,
      1,
    );
  });

  it('is single flight in the window all the same where there can be no lock', async () => {
    const { first, one } = twoWindows();
    first.place.unavailable = new AgnesFailure('fileReadOnly');
    const release = first.provider.hold();
    const single = one.refreshTable('t0', NEVER);
    await settle();
    const starting = one.startRun(COMMAND);
    await settle();
    assert.deepEqual(first.provider.asked, ['my-project.sales.t0']);
    release();
    await first.clock.advance(LONG_MS);
    assert.equal((await single).status, 'ok');
    await (
      await starting
    ).run.result;
  });

  it('passes over an announcement that nobody holds the lock for', async () => {
    const { first, one } = twoWindows();
    first.place.announcement = announcement(); // garbage of a window that died: its process is a living one's id
    const { run, joined } = await one.startRun(COMMAND);
    assert.equal(joined, false);
    await first.clock.advance(LONG_MS);
    assert.equal((await run.result).summary.succeeded, 3);
  });
});

describe('a single table while another window runs', () => {
  it('waits, says so, and is done without a request when the run stored it meanwhile', async () => {
    const { first, second, one, two } = twoWindows();
    const release = first.provider.hold();
    const { run } = await one.startRun(COMMAND);
    await settle();
    const waits: string[] = [];
    const single = two.refreshTable('t1', NEVER, (what) => waits.push(what));
    await settle();
    assert.deepEqual(waits, ['run']);
    second.store.cached.set('t1', row(first.clock.now() + 1n));
    release();
    await first.clock.advance(LONG_MS);
    const outcome = await single;
    assert.ok(outcome.status === 'ok' && outcome.stored === 'stored' && outcome.fetchMs === null);
    assert.equal(outcome.metadata.rows, METADATA.rows);
    assert.equal(outcome.metadata.lastModified, null);
    assert.equal(outcome.change, undefined);
    assert.deepEqual(second.provider.asked, []);
    assert.equal((await run.result).summary.succeeded, 3);
  });

  it('asks by itself when the run stored nothing of it after it was asked for', async () => {
    const { first, second, one, two } = twoWindows();
    second.store.cached.set('t1', row(first.clock.now() - 5n));
    const release = first.provider.hold();
    await one.startRun({ ...COMMAND, selection: ({ registration: { id } }) => id === 't0' });
    await settle();
    const single = two.refreshTable('t1', NEVER);
    await settle();
    assert.deepEqual(second.provider.asked, []);
    release();
    await first.clock.advance(LONG_MS);
    assert.equal((await single).status, 'ok');
    assert.deepEqual(second.provider.asked, ['my-project.sales.t1']);
  });

  it('takes the failure that the run stored of it, with its reason', async () => {
    const { first, second, one, two } = twoWindows();
    first.provider.answers.set('t1', [{ kind: 'tableError', reason: 'accessDenied', message: 'no' }]);
    const release = first.provider.hold();
    await one.startRun(COMMAND);
    await settle();
    const single = two.refreshTable('t1', NEVER);
    await settle();
    const errorAt = first.clock.now() + 1n;
    second.store.cached.set('t1', { ...row(null), errorAt, errorMessage: 'accessDenied: no' });
    release();
    await first.clock.advance(LONG_MS);
    const outcome = await single;
    assert.ok(outcome.status === 'error' && outcome.reason === 'accessDenied');
    assert.equal(outcome.message, 'accessDenied: no');
  });

  it('can be cancelled while it waits, and leaves nothing behind', async () => {
    const { first, one, two } = twoWindows();
    const release = first.provider.hold();
    const { run } = await one.startRun(COMMAND);
    await settle();
    const abort = new AbortController();
    const single = two.refreshTable('t1', abort.signal);
    await settle();
    abort.abort();
    await assert.rejects(single, { reason: 'cancelled' });
    release();
    await first.clock.advance(LONG_MS);
    await run.result;
    two.dispose();
    await two.settled();
    assert.equal(first.place.holder, undefined);
  });
});

describe('refreshes of one window that wait for each other', () => {
  it('a single table behind a run that is about to begin is not asked for twice, and says that it waits', async () => {
    const { first, one } = twoWindows();
    const release = first.provider.hold();
    const before = one.refreshTable('t0', NEVER);
    await settle();
    const starting = one.startRun(COMMAND);
    const waits: string[] = [];
    const single = one.refreshTable('t1', NEVER, (what) => waits.push(what));
    await settle();
    release();
    await first.clock.advance(LONG_MS);
    await Promise.all([before, single, (await starting).run.result]);
    assert.deepEqual(waits, ['run', 'run']);
    assert.equal(first.provider.asked.filter((table) => table.endsWith('t1')).length, 1);
  });

  it('a single table behind another one says that it waits, and then that it does no more', async () => {
    const { first, one } = twoWindows();
    const before = one.refreshTable('t0', NEVER);
    const waits: string[] = [];
    const single = one.refreshTable('t1', NEVER, (what) => waits.push(what));
    await first.clock.advance(LONG_MS);
    await Promise.all([before, single]);
    assert.deepEqual(waits, ['other', 'nothing']);
  });

  it('a single table goes on when the run that would have done it is cancelled', async () => {
    const { first, one } = twoWindows();
    first.provider.answers.set('t1', ['hang', { kind: 'ok', metadata: METADATA }]);
    const { run } = await one.startRun(COMMAND);
    await settle();
    const single = one.refreshTable('t1', NEVER);
    await settle();
    run.cancel();
    await first.clock.advance(LONG_MS);
    assert.equal((await single).status, 'ok');
  });

  it('what can’t begin stands in the log, which the message sends people to', async () => {
    const { first, one } = twoWindows();
    first.lock.tryTake = () => Promise.reject(new AgnesFailure('flightUnusable', { detail: '/state/lock' }));
    await assert.rejects(one.startRun(COMMAND), { reason: 'flightUnusable' });
    await assert.rejects(one.refreshTable('t0', NEVER), { reason: 'flightUnusable' });
    const lines = first.log.lines.filter((line) => line.startsWith('warn') && line.includes('/state/lock'));
    assert.equal(lines.length, 2);
  });

  it('a due run that is cancelled while it asks whether it is due asks for nothing, and frees the lock', async () => {
    const { first, one } = twoWindows();
    const answer = Promise.withResolvers<boolean>();
    const starting = one.startDueRun(() => answer.promise);
    starting.catch(() => undefined);
    await settle();
    one.cancel();
    answer.resolve(true);
    await assert.rejects(starting, { reason: 'cancelled' });
    assert.equal(first.place.holder, undefined);
    assert.deepEqual(first.provider.asked, []);
    const failing = one.startDueRun(() => Promise.reject(new Error('no history')));
    failing.catch(() => undefined);
    await first.clock.advance(1_000);
    await assert.rejects(failing, { reason: 'unexpected' });
    assert.equal(first.place.holder, undefined);
  });

  it('a timer that is due tries the lock, whatever a dead announcement says', async () => {
    const first = fakeParts(3);
    first.place.announcement = announcement();
    const one = new RefreshEngine(first);
    await settle();
    assert.deepEqual(one.currentRun?.place, { kind: 'otherWindow', name: 'other window' });
    const run = await one.startDueRun(() => Promise.resolve(true));
    await first.clock.advance(LONG_MS);
    assert.equal((await run?.result)?.summary.succeeded, 3);
  });
});

describe('a run that loses its child process', () => {
  it('tells other windows at once that it has the lock again', async () => {
    const { first, one, two } = twoWindows(3);
    first.store.refuse = refuseUnless(first);
    first.provider.hold();
    const { run } = await one.startRun(COMMAND);
    await settle();
    first.place.kill();
    await settle();
    assert.equal(first.place.announcement?.runId, run.runId);
    assert.equal((await two.startRun(COMMAND)).run.runId, run.runId);
    one.dispose();
  });

  it('after it has told that it is over, does not say again that it is on', async () => {
    const { first, one } = twoWindows(1);
    const end = first.place.end.bind(first.place);
    first.place.end = async () => {
      await end();
      first.place.kill();
    };
    const { run } = await one.startRun(COMMAND);
    await first.clock.advance(LONG_MS);
    assert.equal((await run.result).summary.succeeded, 1);
    assert.equal(first.place.announcement, undefined);
    assert.equal(first.place.holder, undefined);
  });

  it('of a single table aborts the request, and asks again under the lock', async () => {
    const { first, one } = twoWindows(1);
    first.store.refuse = refuseUnless(first);
    const release = first.provider.hold();
    const single = one.refreshTable('t0', NEVER);
    await settle();
    first.place.kill();
    release();
    await first.clock.advance(LONG_MS);
    assert.equal((await single).status, 'ok');
    assert.equal(first.provider.asked.length, 2);
  });

  it('aborts what is under way, takes the lock again, and asks anew for what was cut off', async () => {
    const { first, one } = twoWindows(3);
    first.store.refuse = refuseUnless(first);
    const release = first.provider.hold();
    const { run } = await one.startRun(COMMAND);
    await settle();
    assert.equal(first.provider.underWay, 3);
    first.place.kill();
    await settle();
    release();
    await first.clock.advance(LONG_MS);
    assert.deepEqual([(await run.result).summary.succeeded, first.provider.asked.length], [3, 6]);
    assert.equal(first.place.holder, undefined);
  });

  it('stores what was fetched before, under the lock that it took again', async () => {
    const { first, one } = twoWindows(1);
    first.store.refuse = refuseUnless(first);
    const { run } = await one.startRun(COMMAND);
    await settle();
    first.place.kill(); // the answer waits for its batch
    await first.clock.advance(LONG_MS);
    assert.equal((await run.result).summary.succeeded, 1);
    assert.equal(first.provider.asked.length, 1);
    assert.equal(first.store.underLocks.length, 1);
  });

  it('writes nothing more when another window took the lock in between', async () => {
    const { first, second, one, two } = twoWindows(3);
    first.store.refuse = refuseUnless(first);
    first.provider.answers.set('t2', ['hang']);
    second.provider.hold();
    const { run } = await one.startRun(COMMAND);
    await settle();
    // Two are fetched and not stored yet. The second window is quicker.
    const { lock } = first;
    const gate = Promise.withResolvers<undefined>();
    const tryTake = lock.tryTake.bind(lock);
    lock.tryTake = async () => {
      await gate.promise;
      return tryTake();
    };
    first.place.kill();
    await settle();
    await two.startRun(COMMAND);
    await settle();
    gate.resolve(undefined);
    await first.clock.advance(LONG_MS);
    const { summary, failure } = await run.result;
    assert.equal(failure?.reason, 'flightLost');
    assert.deepEqual(
      [summary.endedBy, summary.succeeded, summary.notStored, summary.notAttempted],
      ['flightLost', 0, 2, 1],
    );
    assert.deepEqual(first.store.stored, []);
  });

  it('gives up when the child dies again and again', async () => {
    const { first, one } = twoWindows(2);
    first.store.storeFailures.push(
      ...Array.from({ length: 20 }, () => new AgnesFailure('workerCrashed', { detail: 'exit SIGSEGV' })),
    );
    const { run } = await one.startRun(COMMAND);
    await first.clock.advance(LONG_MS);
    const { summary } = await run.result;
    assert.deepEqual([summary.endedBy, summary.notStored], ['flightLost', 2]);
    assert.equal(first.store.underLocks.length, MAX_RETAKES + 1);
    assert.equal(first.place.holder, undefined);
  });
});

function refuseUnless({ place }: FakeParts): (underLock: string | undefined) => AgnesFailure | undefined {
  return (underLock) => (place.isHeldAs(underLock) ? undefined : new AgnesFailure('flightLost'));
}

async function jump(clock: FakeParts['clock'], hours: number): Promise<void> {
  clock.jump(hours * HOUR_MS);
  await clock.advance(2_000);
}

function row(refreshedAt: bigint | null): NonNullable<ReturnType<FakeParts['store']['cached']['get']>> {
  const { rows, sizeBytes, partitionBy, clusteredBy, entityType } = METADATA;
  const numbers = { rows, sizeBytes, partitionBy, clusteredBy, entityType };
  return { ...numbers, refreshedAt, errorAt: null, errorMessage: null };
}

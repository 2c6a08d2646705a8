import assert from 'node:assert/strict';
import type { EpochMicros } from '../../../src/core/time.ts';
import {
  RefreshTimer,
  type RefreshTimerParts,
  type TimedRunResult,
} from '../../../src/engine/refreshTimer.ts';
import { FakeClock, settle } from '../../fixtures/fakeClock.ts';

const HOUR_MS = 3_600_000;
const INTERVAL_MS = 4 * HOUR_MS;

interface Scene extends RefreshTimerParts {
  readonly clock: FakeClock;
  isEnabled: boolean;
  last: EpochMicros | undefined;
  results: TimedRunResult[];
  runs: number[];
}

describe('background timer', () => {
  it('runs soon after the start where nothing ever ran, at a random distance', async () => {
    const scene = makeScene({ random: 0.5 });
    await start(scene);
    await scene.clock.advance(59_999);
    assert.deepEqual(scene.runs, []);
    await scene.clock.advance(2);
    assert.equal(scene.runs.length, 1);
  });

  it('does not run again an hour after another window did', async () => {
    const scene = makeScene({ random: 0 });
    scene.last = scene.clock.now() - ms(HOUR_MS);
    await start(scene);
    await scene.clock.advance(3 * HOUR_MS - 1);
    assert.deepEqual(scene.runs, []);
    await scene.clock.advance(2);
    assert.equal(scene.runs.length, 1);
  });

  it('runs once an interval', async () => {
    const scene = makeScene({ random: 0 });
    await start(scene);
    await scene.clock.advance(3 * INTERVAL_MS + HOUR_MS);
    assert.equal(scene.runs.length, 4);
  });

  it('sees a run of another window that ended while it waited', async () => {
    const scene = makeScene({ random: 0 });
    scene.last = scene.clock.now();
    await start(scene);
    await scene.clock.advance(INTERVAL_MS - HOUR_MS);
    scene.last = scene.clock.now();
    await scene.clock.advance(2 * HOUR_MS);
    assert.deepEqual(scene.runs, []);
  });

  it('catches up within a minute after the machine slept', async () => {
    const scene = makeScene({ random: 0 });
    scene.last = scene.clock.now();
    await start(scene);
    scene.clock.jump(10 * HOUR_MS);
    await scene.clock.advance(60_000);
    assert.equal(scene.runs.length, 1);
  });

  it('keeps growing distance after failures, never more than the interval', async () => {
    const scene = makeScene({ random: 0.999_999 });
    scene.results = Array.from({ length: 12 }, () => 'failed');
    await start(scene);
    await scene.clock.advance(20 * HOUR_MS);
    const gaps = scene.runs.slice(1).map((at, i) => Math.round((at - (scene.runs[i] ?? 0)) / 60_000));
    assert.deepEqual(gaps.slice(0, 6), [1, 2, 4, 8, 16, 32]);
    assert.ok(gaps.every((gap) => gap <= 240));
  });

  it('goes back to the interval after a success', async () => {
    const scene = makeScene({ random: 0 });
    scene.results = ['failed', 'completed'];
    await start(scene);
    await scene.clock.advance(2 * 60_000);
    assert.equal(scene.runs.length, 2);
    await scene.clock.advance(INTERVAL_MS - 2 * 60_000);
    assert.equal(scene.runs.length, 2);
    await scene.clock.advance(2 * 60_000);
    assert.equal(scene.runs.length, 3);
  });

  it('does nothing while it is off, and starts when it is switched on', async () => {
    const scene = makeScene({ random: 0 });
    scene.isEnabled = false;
    const timer = await start(scene);
    await scene.clock.advance(INTERVAL_MS);
    assert.deepEqual(scene.runs, []);
    assert.equal(timer.nextRunAt, undefined);
    scene.isEnabled = true;
    timer.reconsider();
    await settle();
    assert.equal(scene.runs.length, 1);
  });

  it('notices by itself, within a minute, that there is something to refresh by now', async () => {
    const scene = makeScene({ random: 0 });
    scene.isEnabled = false;
    await start(scene);
    scene.isEnabled = true;
    await scene.clock.advance(60_000);
    assert.equal(scene.runs.length, 1);
  });

  it('waits an interval after a run that trying again would not mend, or until a setting changes', async () => {
    const scene = makeScene({ random: 0 });
    scene.results = ['pointless', 'completed'];
    const timer = await start(scene);
    await scene.clock.advance(INTERVAL_MS - 60_000);
    assert.equal(scene.runs.length, 1);
    timer.reconsider();
    await settle();
    assert.equal(scene.runs.length, 2);
  });

  it('never runs more often than once a minute', async () => {
    const scene = makeScene({ random: 0 });
    const timer = await start({ ...scene, intervalSeconds: () => 1n });
    await scene.clock.advance(600_000);
    timer.dispose();
    assert.equal(scene.runs.length, 11);
  });

  it('does not start a second run while its own is on', async () => {
    const scene = makeScene({ random: 0 });
    const { promise, resolve } = Promise.withResolvers<TimedRunResult>();
    let runs = 0;
    const timer = await start({
      ...scene,
      run: () => {
        runs += 1;
        return promise;
      },
    });
    timer.reconsider();
    await settle();
    assert.equal(runs, 1);
    resolve('completed');
    await settle();
    timer.dispose();
  });

  it('is not stopped by a clock that was wrong: not by a record from the future, not by setting it back', async () => {
    const scene = makeScene({ random: 0 });
    scene.last = scene.clock.now() + ms(365 * 24 * HOUR_MS);
    await start(scene);
    assert.deepEqual(scene.runs, [0]);
    scene.clock.jump(-100 * 24 * HOUR_MS);
    await scene.clock.advance(INTERVAL_MS + 60_000);
    assert.ok(scene.runs.length >= 2);
  });

  it('does not run twice in a row, nor stop, when the clock jumps a day ahead or back', async () => {
    for (const days of [1, -1]) {
      const scene = makeScene({ random: 0 });
      scene.last = scene.clock.now() - ms(HOUR_MS);
      await start(scene);
      scene.clock.jump(days * 24 * HOUR_MS);
      await scene.clock.advance(60_000);
      // A day ahead it is due; a day back, the last run lies in the future and says nothing.
      assert.equal(scene.runs.length, 1, `${days} days`);
      await scene.clock.advance(INTERVAL_MS - 120_000);
      assert.equal(scene.runs.length, 1, `${days} days`);
      await scene.clock.advance(120_000);
      assert.equal(scene.runs.length, 2, `${days} days`);
    }
  });

  it('runs once, not twice, after a sleep of eight hours', async () => {
    const scene = makeScene({ random: 0 });
    scene.last = scene.clock.now();
    await start(scene);
    scene.clock.jump(8 * HOUR_MS); // two intervals have passed
    await scene.clock.advance(INTERVAL_MS - 60_000);
    assert.equal(scene.runs.length, 1);
  });

  for (const [what, before] of [
    ['begins', '2026-03-29T00:30:00Z'],
    ['ends', '2026-10-25T00:30:00Z'],
  ] as const) {
    it(`keeps its interval in the night in which summer time ${what}`, async () => {
      const { TZ } = process.env;
      process.env['TZ'] = 'Europe/Prague';
      try {
        const hours = [0, 2].map((later) =>
          new Date(Date.parse(before) + later * HOUR_MS).getTimezoneOffset(),
        );
        assert.notEqual(hours[0], hours[1], 'the zone changes in this night');
        const clock = new FakeClock(BigInt(Date.parse(before)) * 1_000n);
        const scene = makeScene({ random: 0, clock });
        scene.last = clock.now();
        await start(scene);
        await clock.advance(INTERVAL_MS - 1);
        assert.deepEqual(scene.runs, []);
        await clock.advance(INTERVAL_MS + 60_000);
        assert.equal(scene.runs.length, 2);
      } finally {
        if (TZ === undefined) delete process.env['TZ'];
        else process.env['TZ'] = TZ;
      }
    });
  }

  it('asks once more, when it could begin, whether it is still due', async () => {
    const scene = makeScene({ random: 0 });
    const answers: boolean[] = [];
    const { clock } = scene;
    await start({
      ...scene,
      run: async (isStillDue) => {
        answers.push(await isStillDue());
        scene.last = clock.now(); // another window has just done it
        answers.push(await isStillDue());
        return 'skipped';
      },
    });
    assert.deepEqual(answers, [true, false]);
    await clock.advance(INTERVAL_MS - 60_000);
    assert.equal(answers.length, 2);
  });

  it('leaves no timer behind', async () => {
    const scene = makeScene({ random: 0 });
    const timer = await start(scene);
    timer.dispose();
    assert.equal(scene.clock.pending, 0);
  });
});

function makeScene({
  random,
  clock = new FakeClock(),
}: {
  readonly random: number;
  readonly clock?: FakeClock;
}): Scene {
  const scene: Scene = {
    clock,
    random: () => random,
    isEnabled: true,
    last: undefined,
    results: [],
    runs: [],
    enabled: () => scene.isEnabled,
    intervalSeconds: () => BigInt(INTERVAL_MS / 1000),
    lastCompletedAt: () => Promise.resolve(scene.last),
    run: () => {
      const result = scene.results.shift() ?? 'completed';
      scene.runs.push(clock.monotonicMs());
      if (result === 'completed') scene.last = clock.now();
      return Promise.resolve(result);
    },
    onChange: () => undefined,
  };
  return scene;
}

async function start(scene: RefreshTimerParts): Promise<RefreshTimer> {
  const timer = new RefreshTimer(scene);
  void timer.check();
  await settle();
  return timer;
}

function ms(value: number): bigint {
  return BigInt(value) * 1_000n;
}

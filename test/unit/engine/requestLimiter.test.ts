import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { RequestLimiter, type RequestLimits } from '../../../src/engine/asking/requestLimiter.ts';
import type { CancelTimer } from '../../../src/ports/clock.ts';
import { FakeClock, settle } from '../../fixtures/fakeClock.ts';

const NEVER = new AbortController().signal;
const BURST = 8;

describe('request limiter', () => {
  it('has no more tables under way than it may, and takes the next one as soon as a place is free', async () => {
    const scene = new Scene({ concurrency: 2 });
    const { limiter } = scene;
    const [a, b, c] = [scene.take(), scene.take(), scene.take()];
    await settle();
    assert.deepEqual([a.isAdmitted, b.isAdmitted, c.isAdmitted], [true, true, false]);
    a.release();
    await settle();
    assert.equal(c.isAdmitted, true);
    assert.equal(limiter.concurrency, 2);
  });

  it('frees a place once, however often its slot is disposed', async () => {
    const scene = new Scene({ concurrency: 1 });
    const [a, b, c] = [scene.take(), scene.take(), scene.take()];
    await settle();
    a.release();
    a.release();
    await settle();
    assert.deepEqual([b.isAdmitted, c.isAdmitted], [true, false]);
  });

  it('has a table wait for a token though there is a place, with one timer for all', async () => {
    const scene = new Scene({ concurrency: 64 });
    const { clock } = scene;
    const waiters = scene.takeMany(BURST + 3);
    await settle();
    assert.equal(admitted(waiters), BURST);
    assert.equal(clock.pending, 1);
    await clock.advance(12);
    assert.equal(admitted(waiters), BURST);
    await clock.advance(1);
    assert.equal(admitted(waiters), BURST + 1);
    await clock.advance(25);
    assert.equal(admitted(waiters), BURST + 3);
    assert.equal(clock.pending, 0);
  });

  it('keeps no timer for tables that lack a place', async () => {
    const scene = new Scene({ concurrency: 1 });
    const { clock } = scene;
    scene.takeMany(3);
    await settle();
    assert.equal(clock.pending, 0);
  });

  it('lets a further attempt go before new tables: its table’s time runs', async () => {
    const scene = new Scene({ concurrency: 64 });
    const { clock } = scene;
    scene.takeMany(BURST);
    const table = scene.take();
    const attempt = scene.takeToken();
    await clock.advance(13);
    assert.deepEqual([attempt.isAdmitted, table.isAdmitted], [true, false]);
    await clock.advance(12);
    assert.equal(table.isAdmitted, true);
  });

  it('needs no place for a further attempt: all places could wait for one another', async () => {
    const scene = new Scene({ concurrency: 1 });
    scene.take();
    const attempt = scene.takeToken();
    await settle();
    assert.equal(attempt.isAdmitted, true);
  });

  it('takes fewer tables when BigQuery asks for fewer requests, once those under way are done', async () => {
    const scene = new Scene({ concurrency: 4 });
    const { limiter } = scene;
    const waiters = scene.takeMany(6);
    await settle();
    limiter.recordRateLimited(null);
    assert.equal(limiter.concurrency, 2);
    for (const [released, expected] of [4, 4, 5].entries()) {
      waiters[released]?.release();
      await settle();
      assert.equal(admitted(waiters), expected);
    }
  });

  it('takes a waiting table when an answer makes room for it, not only when another one ends', async () => {
    const scene = new Scene({ concurrency: 'auto' });
    const { limiter } = scene;
    const waiters = scene.takeMany(5);
    await settle();
    assert.equal(admitted(waiters), 4);
    for (let i = 0; i < 4; i += 1) limiter.recordAnswer();
    await settle();
    assert.equal(admitted(waiters), 5);
  });

  it('asks nothing at all before the moment that BigQuery named, and needs one timer for that', async () => {
    const scene = new Scene();
    const { clock, limiter } = scene;
    limiter.recordRateLimited(20_000);
    limiter.recordRateLimited(5_000);
    const waiters = [scene.take(), scene.takeToken()];
    await clock.advance(19_999);
    assert.equal(admitted(waiters), 0);
    assert.equal(clock.started, 1);
    await clock.advance(1);
    assert.equal(admitted(waiters), 2);
  });

  it('waits for half a minute at most, whatever a server says', async () => {
    const scene = new Scene();
    const { clock, limiter } = scene;
    limiter.recordRateLimited(300_000);
    const waiter = scene.take();
    await clock.advance(29_999);
    assert.equal(waiter.isAdmitted, false);
    await clock.advance(1);
    assert.equal(waiter.isAdmitted, true);
  });

  it('goes on where it was in the next refresh: no new burst, no forgotten pause, no forgotten cut', async () => {
    const scene = new Scene({ concurrency: 10 });
    const { clock, limiter, limits } = scene;
    const first = scene.takeMany(BURST);
    await settle();
    limiter.configure(limits);
    const second = scene.takeMany(2);
    await settle();
    assert.deepEqual([admitted(first), admitted(second)], [BURST, 0]);
    limiter.recordRateLimited(1_000);
    for (const waiter of first) waiter.release();
    limiter.configure(limits);
    assert.equal(limiter.concurrency, 6);
    await clock.advance(999);
    assert.equal(admitted(second), 0);
    limiter.configure({ ...limits, concurrency: 9 });
    assert.equal(limiter.concurrency, 9);
  });

  it('goes by a higher rate at once, also for those who wait already', async () => {
    const scene = new Scene({ requestsPerSecond: 1 });
    const { clock, limiter, limits } = scene;
    scene.take();
    const waiter = scene.take();
    await settle();
    limiter.configure({ ...limits, requestsPerSecond: 100 });
    await clock.advance(10);
    assert.equal(waiter.isAdmitted, true);
  });

  it('rejects with the reason of the abort, and takes neither a place nor a token then', async () => {
    const scene = new Scene({ concurrency: 1, requestsPerSecond: 1 });
    const { clock, limiter } = scene;
    const reason = new Error('enough');
    const abort = new AbortController();
    const slot = await limiter.takeSlot(NEVER);
    const waiting = [limiter.takeSlot(abort.signal), limiter.takeToken(abort.signal)];
    for (const one of waiting) one.catch(() => undefined);
    abort.abort(reason);
    for (const one of waiting) await assert.rejects(one, reason);
    await assert.rejects(limiter.takeSlot(abort.signal), reason);
    assert.equal(clock.pending, 0);
    slot.dispose();
    await clock.advance(1_000);
    (await limiter.takeSlot(NEVER)).dispose();
  });

  it('listens once to a signal that many wait with, and no more once they are let go', async () => {
    const { clock, limiter } = new Scene({ concurrency: 64 });
    const signal = new AbortController().signal;
    const slots = Array.from({ length: BURST + 5 }, () => limiter.takeSlot(signal));
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await clock.advance(1_000);
    await Promise.all(slots);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('lets nobody go whose signal is aborted, though another one’s abort is told first', async () => {
    const scene = new Scene({ concurrency: 4, requestsPerSecond: 1 });
    const { clock, limiter } = scene;
    await limiter.takeSlot(NEVER);
    const abort = new AbortController();
    const waiting = [limiter.takeSlot(abort.signal), limiter.takeSlot(abort.signal)];
    const results = Promise.allSettled(waiting);
    clock.delayTimers(5_000); // there is a token again, and the timer did not come to it yet
    abort.abort();
    for (const { status } of await results) assert.equal(status, 'rejected');
  });

  it('keeps to its limits and leaves nobody behind, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(anyLimits(), fc.array(anyStep(), { maxLength: 60 }), async (limits, steps) => {
        const scene = new Scene(limits);
        for (const step of steps) await play(step, scene);
        await finish(scene);
        assert.deepEqual(
          scene.waiters.filter(({ state }) => state === 'waiting' || state === 'underWay'),
          [],
        );
        assert.equal(scene.clock.pending, 0);
        for (const { underWay, limit, atMs, pausedUntilMs } of scene.admissions) {
          assert.ok(underWay <= limit, `${underWay} under way where ${limit} may be`);
          assert.ok(atMs >= pausedUntilMs, `asked at ${atMs}, in the pause until ${pausedUntilMs}`);
        }
        assertRate(scene, limits.requestsPerSecond);
        for (const kind of ['table', 'attempt'] as const) assertOrder(scene, kind);
        // A timer lets somebody go, or finds that the pause is longer than when it was set.
        assert.ok(scene.clock.started <= steps.length + scene.admissions.length, 'a hot loop');
      }),
      { numRuns: 100 },
    );
  });
});

type Step =
  | { readonly kind: 'table' | 'attempt' | 'answer' | 'configure' }
  | { readonly kind: 'release' | 'abort'; readonly index: number }
  | { readonly kind: 'rateLimited'; readonly retryAfterMs: number | null }
  | { readonly kind: 'wait'; readonly ms: number };

function anyLimits(): fc.Arbitrary<RequestLimits> {
  return fc.record({
    concurrency: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant('auto' as const)),
    requestsPerSecond: fc.integer({ min: 1, max: 100 }),
  });
}

function anyStep(): fc.Arbitrary<Step> {
  const kinds = ['table', 'table', 'table', 'attempt', 'answer', 'answer', 'configure'] as const;
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom(...kinds) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('release', 'release', 'abort'),
        index: fc.nat({ max: 30 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('rateLimited' as const),
        retryAfterMs: fc.option(fc.integer({ min: 0, max: 60_000 })),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
    },
  );
}

async function play(step: Step, scene: Scene): Promise<void> {
  switch (step.kind) {
    case 'table':
      scene.take();
      break;
    case 'attempt':
      scene.takeToken();
      break;
    case 'answer':
      scene.limiter.recordAnswer();
      break;
    case 'configure':
      scene.limiter.configure(scene.limits);
      break;
    case 'rateLimited':
      scene.recordRateLimited(step.retryAfterMs);
      break;
    case 'release':
      scene.waiters[step.index]?.release();
      break;
    case 'abort':
      scene.waiters[step.index]?.abort();
      break;
    case 'wait':
      await scene.clock.advance(step.ms);
  }
  await settle();
}

/** Ends what is under way until nobody waits any more, or for long enough to say that somebody waits for ever. */
async function finish(scene: Scene): Promise<void> {
  for (let round = 0; round < 100 && scene.waiters.some(({ state }) => state === 'waiting'); round += 1) {
    await scene.clock.advance(1_000);
    for (const waiter of scene.waiters) waiter.release();
    await settle();
  }
  for (const waiter of scene.waiters) waiter.release();
}

function assertRate({ admissions }: Scene, perSecond: number): void {
  const most = perSecond + Math.max(1, perSecond / 10);
  for (const { atMs: fromMs } of admissions) {
    const inSecond = admissions.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + 1_000).length;
    assert.ok(inSecond <= most, `${inSecond} in one second where ${most} may be`);
  }
}

function assertOrder({ waiters, admissions }: Scene, kind: Waiter['kind']): void {
  const turns = admissions.map(({ waiter }) => waiter).filter((waiter) => waiter.kind === kind);
  assert.deepEqual(
    turns,
    waiters.filter((waiter) => turns.includes(waiter)),
  );
}

/** Counts the timers that are set, and can be late with them. */
class CountingClock extends FakeClock {
  started = 0;
  #lateMs = 0;

  override after(delayMs: number, callback: () => void): CancelTimer {
    this.started += 1;
    return super.after(delayMs, callback);
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#lateMs;
  }

  /** Lets time pass without running what is due. */
  delayTimers(ms: number): void {
    this.#lateMs += ms;
  }
}

/** Somebody who waits for a place and a token, or for a token alone. */
class Waiter {
  readonly kind: 'table' | 'attempt';
  state: 'waiting' | 'underWay' | 'done' | 'aborted' = 'waiting';
  readonly #abort = new AbortController();
  #free: () => void = () => undefined;

  constructor(
    kind: Waiter['kind'],
    ask: (signal: AbortSignal) => Promise<() => void>,
    onAdmitted: (waiter: Waiter) => void,
  ) {
    this.kind = kind;
    ask(this.#abort.signal).then(
      (free) => {
        this.#free = free;
        this.state = 'underWay';
        onAdmitted(this);
      },
      () => {
        this.state = 'aborted';
      },
    );
  }

  get isAdmitted(): boolean {
    return this.state === 'underWay' || this.state === 'done';
  }

  abort(): void {
    this.#abort.abort(new Error('aborted'));
  }

  /** Nothing happens to who still waits. */
  release(): void {
    if (this.isAdmitted) this.state = 'done';
    this.#free();
  }
}

/** A limiter, those who asked it, and how things stood whenever it let one of them go. */
class Scene {
  readonly clock = new CountingClock();
  readonly limiter = new RequestLimiter(this.clock);
  readonly limits: RequestLimits;
  readonly waiters: Waiter[] = [];
  readonly admissions: {
    readonly waiter: Waiter;
    readonly atMs: number;
    readonly pausedUntilMs: number;
    readonly underWay: number;
    readonly limit: number;
  }[] = [];
  #pausedUntilMs = 0;

  constructor(limits: Partial<RequestLimits> = {}) {
    this.limits = { concurrency: 4, requestsPerSecond: 80, ...limits };
    this.limiter.configure(this.limits);
  }

  take(): Waiter {
    return this.#add('table', async (signal) => {
      const slot = await this.limiter.takeSlot(signal);
      return () => slot.dispose();
    });
  }

  takeToken(): Waiter {
    return this.#add('attempt', async (signal) => {
      await this.limiter.takeToken(signal);
      return () => undefined;
    });
  }

  takeMany(count: number): Waiter[] {
    return Array.from({ length: count }, () => this.take());
  }

  recordRateLimited(retryAfterMs: number | null): void {
    const untilMs = this.clock.monotonicMs() + Math.min(retryAfterMs ?? 0, 30_000);
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
    this.limiter.recordRateLimited(retryAfterMs);
  }

  #add(kind: Waiter['kind'], ask: (signal: AbortSignal) => Promise<() => void>): Waiter {
    const waiter = new Waiter(kind, ask, (admitted) => {
      const tables = this.waiters.filter((one) => one.kind === 'table' && one.state === 'underWay');
      this.admissions.push({
        waiter: admitted,
        atMs: this.clock.monotonicMs(),
        pausedUntilMs: this.#pausedUntilMs,
        underWay: kind === 'table' ? tables.length : 0,
        limit: this.limiter.concurrency,
      });
    });
    this.waiters.push(waiter);
    return waiter;
  }
}

function admitted(waiters: readonly Waiter[]): number {
  return waiters.filter(({ isAdmitted }) => isAdmitted).length;
}

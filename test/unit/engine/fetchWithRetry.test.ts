import assert from 'node:assert/strict';
import type { Disposable } from '../../../src/core/disposable.ts';
import type { TableAddress } from '../../../src/core/tableAddress.ts';
import { fetchWithRetry, type FetchResult } from '../../../src/engine/asking/fetchWithRetry.ts';
import { NetworkBreaker } from '../../../src/engine/asking/networkBreaker.ts';
import { RequestLimiter } from '../../../src/engine/asking/requestLimiter.ts';
import { callerFault, FakeProvider, METADATA, transient } from '../../fixtures/engineFakes.ts';
import { FakeClock, settle } from '../../fixtures/fakeClock.ts';

const NEVER = new AbortController().signal;
const OK = { kind: 'ok', metadata: METADATA } as const;

describe('attempts at one table', () => {
  it('wait for a token each, but for the first, whose token came with its slot', async () => {
    const scene = await openScene();
    scene.provider.answers.set('t', [transient('serviceUnavailable'), OK]);
    scene.limiter.recordRateLimited(10_000); // another table's
    const result = scene.fetch();
    await scene.clock.advance(9_999);
    assert.equal(scene.provider.asked.length, 1);
    await scene.clock.advance(1);
    assert.equal((await result).answer.kind, 'ok');
    assert.equal(scene.clock.pending, 0);
  });

  it('end with the last answer where the token would come after the deadline', async () => {
    const scene = await openScene();
    scene.provider.answers.set('t', [transient('serviceUnavailable')]);
    const result = scene.fetch();
    await scene.clock.advance(50);
    scene.limiter.recordRateLimited(30_000);
    await scene.clock.advance(30_000);
    const { answer } = await result;
    assert.deepEqual(answer, transient('serviceUnavailable'));
    assert.equal(scene.clock.pending, 0);
  });

  it('end with the answer before the one that the deadline cut off', async () => {
    const scene = await openScene();
    scene.provider.answers.set('t', [transient('serviceUnavailable'), 'hang']);
    const result = scene.fetch();
    await scene.clock.advance(30_000);
    const { answer } = await result;
    assert.deepEqual(answer, transient('serviceUnavailable'));
    assert.equal(scene.provider.asked.length, 2);
    assert.equal(scene.clock.pending, 0);
  });

  it('are cancelled while they wait for a token', async () => {
    const scene = await openScene();
    scene.provider.answers.set('t', [transient('serviceUnavailable')]);
    scene.limiter.recordRateLimited(30_000);
    const abort = new AbortController();
    const result = scene.fetch(abort.signal);
    await scene.clock.advance(5_000);
    abort.abort(new Error('enough'));
    await assert.rejects(result, { message: 'enough' });
    assert.equal(scene.clock.pending, 0);
  });

  it('hold back all tables when one of them is told to come back later', async () => {
    const scene = await openScene();
    scene.provider.answers.set('t', [transient('rateLimited', 7_000), OK]);
    const result = scene.fetch();
    await settle();
    let isAdmitted = false;
    for (const slot of scene.slots.slice(1)) slot.dispose();
    const other = scene.limiter.takeSlot(NEVER).then((slot) => {
      isAdmitted = true;
      slot.dispose();
    });
    await scene.clock.advance(6_999);
    assert.deepEqual([isAdmitted, scene.provider.asked.length], [false, 1]);
    await scene.clock.advance(1_000);
    await other;
    assert.equal((await result).answer.kind, 'ok');
  });

  it('lower the concurrency when BigQuery asks for fewer requests, and raise it with any other answer', async () => {
    const scene = await openScene();
    scene.provider.answers.set('t', [
      transient('rateLimited'), // 4 → 2
      transient('serviceUnavailable'),
      { kind: 'noData', message: '' }, // 2 → 3
    ]);
    const result = scene.fetch();
    await settle();
    assert.equal(scene.limiter.concurrency, 2);
    await scene.clock.advance(10_000);
    assert.equal((await result).answer.kind, 'noData');
    assert.equal(scene.limiter.concurrency, 3);
  });

  it('change nothing about the concurrency where BigQuery was not reached, or not asked', async () => {
    const scene = await openScene();
    scene.limiter.recordRateLimited(null);
    await scene.clock.advance(500);
    scene.limiter.recordRateLimited(null); // 1: a single answer would raise it
    scene.provider.answers.set('t', [
      transient('networkDown'),
      transient('tableTimeout'),
      callerFault('credentialsRejected'),
    ]);
    const result = scene.fetch();
    await scene.clock.advance(10_000);
    assert.equal((await result).answer.kind, 'callerFault');
    assert.equal(scene.limiter.concurrency, 1);
  });

  for (const reason of ['rateLimited', 'serviceUnavailable'] as const) {
    it(`end the run when nobody is to come back before the deadline: ${reason}`, async () => {
      const scene = await openScene();
      scene.provider.answers.set('t', [transient(reason, 30_001)]);
      const { answer } = await scene.fetch();
      assert.ok(answer.kind === 'callerFault');
      assert.equal(answer.failure.reason, reason);
      assert.equal(answer.failure.detail, `asked to wait for at least 31 s: ${reason}`);
      assert.equal(scene.provider.asked.length, 1);
      assert.equal(scene.clock.pending, 0);
    });
  }

  it('end for this table alone when it is to come back at its deadline', async () => {
    const scene = await openScene();
    scene.provider.answers.set('t', [transient('rateLimited', 30_000)]);
    const { answer } = await scene.fetch();
    assert.deepEqual(answer, transient('rateLimited', 30_000));
  });
});

interface Scene {
  readonly clock: FakeClock;
  readonly provider: FakeProvider;
  readonly limiter: RequestLimiter;
  /** Of this table, and of three others that are under way. */
  readonly slots: readonly Disposable[];
  readonly fetch: (signal?: AbortSignal) => Promise<FetchResult>;
}

/** One table that has its slot, with as many others as there may be. */
async function openScene(): Promise<Scene> {
  const clock = new FakeClock();
  const provider = new FakeProvider();
  const limiter = new RequestLimiter(clock);
  const slots = await Promise.all(Array.from({ length: 4 }, () => limiter.takeSlot(NEVER)));
  const parts = { clock, provider, limiter, breaker: new NetworkBreaker(), random: () => 0 };
  const address: TableAddress = { project: 'my-project', dataset: 'sales', table: 't' };
  return {
    clock,
    provider,
    limiter,
    slots,
    fetch: (signal = NEVER) => fetchWithRetry(address, parts, signal),
  };
}

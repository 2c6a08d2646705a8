import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RefreshEngine } from '../../../src/engine/refreshEngine.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import type { ProviderAnswer } from '../../../src/ports/metadataProvider.ts';
import {
  anotherWindow,
  callerFault,
  fakeParts,
  METADATA,
  transient,
  type FakeParts,
} from '../../fixtures/engineFakes.ts';
import { settle } from '../../fixtures/fakeClock.ts';

const WINDOWS = 3;
const TABLES = 3;
/** Enough for every wait, deadline and retry of all windows one after the other. */
const LONG_MS = 3_600_000;

interface WindowStep {
  readonly kind: 'run' | 'due' | 'single' | 'cancel' | 'close';
  readonly window: number;
}
type Step =
  | WindowStep
  | { readonly kind: 'kill' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'jump'; readonly hours: number };

const window = fc.nat({ max: WINDOWS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('run', 'due', 'single'), window }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cancel', 'close'), window }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: 'kill' }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 0, max: 40_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('jump'), hours: fc.constantFrom(-24, -1, 1, 24) }) },
);
const answer = fc.constantFrom<AnswerKind[]>('ok', 'hang', 'unavailable', 'denied', 'fault');

describe('the single-flight state machine', () => {
  it('has one window at work at any time, ends everything, and frees the lock, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.array(answer, { maxLength: 9 }), check),
      { numRuns: 150 },
    );
  });
});

async function check(steps: readonly Step[], answers: readonly AnswerKind[]): Promise<void> {
  const first = fakeParts(TABLES);
  const windows = [first, ...Array.from({ length: WINDOWS - 1 }, () => anotherWindow(first, TABLES))];
  windows.forEach((parts, index) => arrange(parts, windows, answers.slice(index * TABLES)));
  const engines = windows.map((parts) => new RefreshEngine(parts));
  const pending: Promise<unknown>[] = [];
  for (const each of steps) {
    await take(each, first, engines, pending);
    await settle();
    const atWork = windows.filter(({ provider }) => provider.underWay > 0);
    assert.ok(atWork.length <= 1, `${atWork.length} windows ask BigQuery at once`);
  }
  for (const engine of engines) engine.cancel();
  await first.clock.advance(LONG_MS);
  await Promise.all(pending);
  assert.equal(first.place.holder, undefined, 'the lock is free');
  for (const engine of engines) {
    assert.equal(engine.currentRun, undefined);
    engine.dispose();
    await engine.settled();
  }
  assert.equal(first.clock.pending, 0, 'no timer is left');
}

async function take(
  each: Step,
  { clock, place }: FakeParts,
  engines: readonly RefreshEngine[],
  pending: Promise<unknown>[],
): Promise<void> {
  switch (each.kind) {
    case 'kill':
      place.kill();
      return;
    case 'wait':
      await clock.advance(each.ms);
      return;
    case 'jump':
      clock.jump(each.hours * 3_600_000);
      return;
    default:
      // What is refused, cancelled or lost is an end as well.
      pending.push(act(each.kind, engines[each.window] ?? assert.fail()).catch(() => undefined));
  }
}

async function act(kind: WindowStep['kind'], engine: RefreshEngine): Promise<unknown> {
  switch (kind) {
    case 'run':
      return (await engine.startRun({ trigger: 'command' })).run.result;
    case 'due':
      return (await engine.startDueRun(() => Promise.resolve(true)))?.result;
    case 'single':
      return engine.refreshTable('t1', new AbortController().signal);
    case 'cancel':
      engine.cancel();
      return undefined;
    case 'close':
      engine.dispose();
      return undefined;
  }
}

function arrange(parts: FakeParts, windows: readonly FakeParts[], answers: readonly AnswerKind[]): void {
  const { place, store, provider } = parts;
  store.refuse = (underLock) => {
    if (!place.isHeldAs(underLock)) return new AgnesFailure('flightLost');
    const others = windows.filter((other) => other !== parts && other.provider.underWay > 0);
    assert.equal(others.length, 0, 'a window stores while another one asks');
    return undefined;
  };
  answers.slice(0, TABLES).forEach((kind, index) => provider.answers.set(`t${index}`, [ANSWERS[kind]]));
}

type AnswerKind = 'ok' | 'hang' | 'unavailable' | 'denied' | 'fault';

const ANSWERS: Readonly<Record<AnswerKind, ProviderAnswer | 'hang'>> = {
  ok: { kind: 'ok', metadata: METADATA },
  hang: 'hang',
  unavailable: transient('serviceUnavailable'),
  denied: { kind: 'tableError', reason: 'accessDenied', message: '' },
  fault: callerFault('quotaExceeded'),
};

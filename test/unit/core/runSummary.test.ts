import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RefreshOutcome } from '../../../src/core/refreshOutcome.ts';
import {
  boundedFailures,
  countOutcomes,
  listChanges,
  listFailures,
  MAX_RECORDED_CHANGES,
  MAX_RECORDED_FAILURES,
  countChanged,
  recordedCauses,
  recordedChanges,
  toWire,
  type RunRecord,
} from '../../../src/core/runSummary.ts';
import { isEligible } from '../../../src/core/tableRegistration.ts';
import { differenceOf } from '../../fixtures/deliberateDifferences.ts';
import { readVectors } from '../../fixtures/vectors.ts';

type SummaryVector =
  | {
      readonly kind: 'run';
      readonly row_outcomes: readonly string[];
      readonly expected: Readonly<Record<'total' | 'succeeded' | 'no_data' | 'failed', number>>;
      readonly response_keys: readonly string[];
    }
  | {
      readonly kind: 'eligibility';
      readonly query_mode: string | null;
      readonly source_type: string | null;
      readonly eligible: boolean;
    };

describe('run summary and eligibility', () => {
  for (const vector of readVectors<SummaryVector>('run_summary')) {
    const difference = differenceOf(vector.id);
    it(`${vector.id} ${vector.kind}${difference === undefined ? '' : ' (deliberate difference)'}`, () => {
      if (vector.kind === 'eligibility') {
        assert.equal(
          isEligible({ queryMode: vector.query_mode, sourceType: vector.source_type }),
          vector.eligible,
        );
        return;
      }
      if (difference !== undefined) return; // the type has no such status
      const counts = countOutcomes(vector.row_outcomes.length, vector.row_outcomes.map(outcomeOf));
      const wire = toWire({ ...RUN, ...counts });
      for (const key of vector.response_keys) assert.ok(key in wire, key);
      const { total, succeeded, no_data, failed } = wire;
      assert.deepEqual({ total, succeeded, no_data, failed }, vector.expected);
    });
  }

  it('puts every outcome into exactly one count', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVERY_OUTCOME)), (outcomes) => {
        const { total, succeeded, noData, failed, notAttempted, cancelled } = countOutcomes(
          outcomes.length,
          outcomes,
        );
        assert.equal(succeeded + noData + failed + notAttempted + cancelled, total);
      }),
    );
  });

  it('counts what could not be written as failed, and says how many those are', () => {
    const counts = countOutcomes(1, [{ ...OK, stored: 'notStored' }]);
    assert.deepEqual([counts.succeeded, counts.failed, counts.notStored], [0, 1, 1]);
  });

  it('keeps a bounded list of failures with their reasons', () => {
    const all = listFailures(Array.from({ length: MAX_RECORDED_FAILURES + 5 }, () => ERROR));
    const failures = boundedFailures([{ tableId: 'x'.repeat(301), reason: 'accessDenied' }, ...all]);
    assert.equal(failures.length, MAX_RECORDED_FAILURES);
    assert.deepEqual(failures[0], { tableId: 't', reason: 'accessDenied' });
    assert.deepEqual(listFailures([OK, { tableId: 't', status: 'cancelled' }]), []);
  });

  it('keeps a bounded list of changes with their tables', () => {
    const change = { columns: null, entityType: null, partitionBy: null, rows: { before: 5n, after: 0n } };
    const all = listChanges(Array.from({ length: MAX_RECORDED_CHANGES + 5 }, () => ({ ...OK, change })));
    assert.equal(all.length, MAX_RECORDED_CHANGES + 5);
    const { changes, changedCount } = recordedChanges([{ tableId: 'x'.repeat(301), change }, ...all]);
    assert.equal(changes.length, MAX_RECORDED_CHANGES);
    assert.deepEqual(changes[0], { tableId: 't', change });
    assert.equal(changedCount, MAX_RECORDED_CHANGES + 6);
    // Only where they are not all named.
    assert.deepEqual(recordedChanges(all.slice(0, 2)), { changes: all.slice(0, 2) });
    assert.deepEqual(listChanges(EVERY_OUTCOME), []);
  });

  it('knows how many tables changed, also of a record without that number', () => {
    const change = { columns: null, entityType: null, partitionBy: null, rows: null };
    const changes = [{ tableId: 't', change }];
    assert.equal(countChanged({ ...RECORD, changes, changedCount: 80 }), 80);
    assert.equal(countChanged({ ...RECORD, changes }), 1);
  });

  it('tells causes only where every failed table is recorded', () => {
    const failures: RunRecord['failures'] = [
      { tableId: 'a', reason: 'accessDenied' },
      { tableId: 'b', reason: 'notStored' },
    ];
    const summary = { ...RECORD.summary, failed: 2 };
    assert.deepEqual(recordedCauses({ ...RECORD, summary, failures }), [
      { reason: 'accessDenied', tableIds: ['a'] },
    ]);
    assert.deepEqual(recordedCauses({ ...RECORD, summary: { ...summary, noData: 1 }, failures }), []);
  });
});

const RUN = {
  runId: '01234567',
  startedAt: 0n,
  durationMs: 1,
  trigger: 'command',
  window: 'w',
  coversAll: true,
  endedBy: null,
} as const;
const RECORD: RunRecord = {
  summary: { ...RUN, ...countOutcomes(0, []) },
  endedAt: 0n,
  failures: [],
  changes: [],
};
const ANSWERED = { tableId: 't', stored: 'stored', observedAt: 0n, fetchMs: 1, totalMs: 1 } as const;
const OK: Extract<RefreshOutcome, { status: 'ok' }> = {
  ...ANSWERED,
  status: 'ok',
  metadata: {
    rows: 1n,
    sizeBytes: 1n,
    partitionBy: null,
    clusteredBy: [],
    entityType: null,
    lastModified: null,
  },
};
const NO_DATA: Extract<RefreshOutcome, { status: 'no_data' }> = {
  ...ANSWERED,
  status: 'no_data',
  message: '',
  storedMessage: '',
};
const ERROR: Extract<RefreshOutcome, { status: 'error' }> = {
  ...ANSWERED,
  status: 'error',
  reason: 'accessDenied',
  message: '',
  storedMessage: '',
};
const EVERY_OUTCOME: readonly RefreshOutcome[] = [
  OK,
  NO_DATA,
  ERROR,
  { ...OK, stored: 'notStored' },
  { ...NO_DATA, stored: 'registrationChanged' },
  { ...ERROR, stored: 'notKept' },
  { ...OK, stored: 'superseded' },
  { tableId: 't', status: 'not_attempted', reason: 'networkDown' },
  { tableId: 't', status: 'cancelled' },
];

function outcomeOf(word: string): RefreshOutcome {
  if (word === 'ok') return OK;
  return word === 'no_data' ? NO_DATA : ERROR;
}

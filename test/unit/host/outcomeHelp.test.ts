import assert from 'node:assert/strict';
import type { FailureReason } from '../../../src/core/failure.ts';
import { describeReason } from '../../../src/core/failureTexts.ts';
import type { RefreshOutcome } from '../../../src/core/refreshOutcome.ts';
import { countOutcomes, type RunSummary } from '../../../src/core/runSummary.ts';
import { outcomeMessage, outcomeReason } from '../../../src/host/outcomeTexts.ts';
import { summaryHelp, summaryHelpTitle } from '../../../src/host/summaryHelp.ts';

function summary(notStored = 0): RunSummary {
  return {
    ...{ runId: '0000abcd', startedAt: 0n, durationMs: 1, trigger: 'command', window: '' },
    ...{ coversAll: true, endedBy: null, ...countOutcomes(9, []), notStored },
  };
}

function helpFor(reasons: readonly FailureReason[], notStored = 0): string {
  const causes = reasons.map((reason) => ({ reason, tableIds: ['t'] }));
  return summaryHelp({ summary: summary(notStored), causes });
}

describe('what a summary with failed tables offers', () => {
  it('is to retry them where that can help any of them', () => {
    assert.equal(helpFor(['accessDenied', 'tableTimeout']), 'retryFailed');
    assert.equal(helpFor(['tableNotFound'], 1), 'retryFailed');
  });

  it('is to see which failed, where it can not, or why is not known', () => {
    assert.equal(helpFor(['accessDenied', 'tableNotFound']), 'showRuns');
    assert.equal(helpFor([]), 'showRuns');
  });

  it('has a title of its own', () => {
    assert.deepEqual(
      (['retryFailed', 'showRuns'] as const).map((help) => summaryHelpTitle(help)),
      ['Retry Failed', 'Show Runs'],
    );
  });
});

describe('why a refresh of one table did not end in fresh numbers', () => {
  const answered = { tableId: 't', observedAt: 0n, fetchMs: 1, totalMs: 1, storedMessage: null } as const;
  const outcomes: readonly (readonly [Exclude<RefreshOutcome, { status: 'cancelled' }>, FailureReason])[] = [
    [{ ...answered, status: 'error', stored: 'stored', reason: 'accessDenied', message: '' }, 'accessDenied'],
    [{ ...answered, status: 'error', stored: 'notStored', reason: 'accessDenied', message: '' }, 'notStored'],
    [{ ...answered, status: 'no_data', stored: 'stored', message: '' }, 'tableNotFound'],
    [
      { ...answered, status: 'no_data', stored: 'stored', reason: 'noDataOnServer', message: '' },
      'noDataOnServer',
    ],
    [{ ...answered, status: 'no_data', stored: 'registrationChanged', message: '' }, 'registrationChanged'],
    [{ tableId: 't', status: 'not_attempted', reason: 'credentialsMissing' }, 'credentialsMissing'],
  ];
  for (const [outcome, reason] of outcomes) {
    it(`${outcome.status}, ${'stored' in outcome ? outcome.stored : 'nothing to store'}: ${reason}`, () => {
      assert.equal(outcomeReason(outcome), reason);
      assert.equal(outcomeMessage(outcome), describeReason(reason).message);
    });
  }
});

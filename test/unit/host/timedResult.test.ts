import assert from 'node:assert/strict';
import type { RunSummary } from '../../../src/core/runSummary.ts';
import { timedFailure, timedResult } from '../../../src/host/timedResult.ts';

const COMPLETED: RunSummary = {
  runId: '01234567',
  startedAt: 0n,
  durationMs: 1,
  trigger: 'timer',
  window: 'w',
  coversAll: true,
  endedBy: null,
  total: 3,
  succeeded: 3,
  noData: 0,
  failed: 0,
  notAttempted: 0,
  cancelled: 0,
  notStored: 0,
  unanswered: 0,
};

describe('what a run means for the timer', () => {
  it('is done when every table had its turn', () => {
    assert.equal(timedResult(COMPLETED), 'completed');
    assert.equal(timedResult({ ...COMPLETED, succeeded: 2, failed: 1, unanswered: 1 }), 'completed');
  });

  it('has failed, and is soon tried again, when BigQuery was not there', () => {
    assert.equal(timedResult({ ...COMPLETED, succeeded: 0, failed: 3, unanswered: 3 }), 'failed');
    assert.equal(
      timedResult({ ...COMPLETED, succeeded: 0, notAttempted: 3, endedBy: 'networkDown' }),
      'failed',
    );
    assert.equal(timedResult({ ...COMPLETED, total: 0, endedBy: 'fileBusy' }), 'failed');
  });

  it('waits for a person who stopped it, or who has to mend a setting', () => {
    assert.equal(timedResult({ ...COMPLETED, cancelled: 3, endedBy: 'cancelled' }), 'pointless');
    assert.equal(timedResult({ ...COMPLETED, notAttempted: 3, endedBy: 'credentialsRejected' }), 'pointless');
    assert.equal(
      timedResult({ ...COMPLETED, notAttempted: 3, endedBy: 'googleSessionExpired' }),
      'pointless',
    );
    assert.equal(timedResult({ ...COMPLETED, notAttempted: 3, endedBy: 'signInExpired' }), 'pointless');
    assert.deepEqual([timedFailure('adminOnly'), timedFailure('serverUnreachable')], ['pointless', 'failed']);
  });
});

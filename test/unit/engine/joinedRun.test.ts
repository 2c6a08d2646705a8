import assert from 'node:assert/strict';
import { countOutcomes, type FailureCause, type RunRecord } from '../../../src/core/runSummary.ts';
import { JoinedRun } from '../../../src/engine/flight/joinedRun.ts';
import { announcement } from '../../fixtures/flightFakes.ts';

describe('a run of another window', () => {
  async function causesWith(failed: number): Promise<readonly FailureCause[]> {
    const run = new JoinedRun(announcement());
    const { runId, startedAt, trigger, coversAll, window } = announcement();
    const counts = { ...countOutcomes(9, []), failed };
    const record: RunRecord = {
      summary: { runId, startedAt, trigger, coversAll, window, durationMs: 1, endedBy: null, ...counts },
      endedAt: 0n,
      failures: [{ tableId: 't', reason: 'accessDenied' }],
      changes: [],
    };
    run.end(record, 'flightVanished');
    return (await run.result).causes;
  }

  it('tells why its tables failed where the history names them all, and nothing of some of them', async () => {
    assert.deepEqual(await causesWith(1), [{ reason: 'accessDenied', tableIds: ['t'] }]);
    assert.deepEqual(await causesWith(2), []);
  });
});

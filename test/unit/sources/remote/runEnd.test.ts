import assert from 'node:assert/strict';
import type { RefreshOutcome } from '../../../../src/core/refreshOutcome.ts';
import { countOutcomes, MAX_RECORDED_CHANGES, type RunSummary } from '../../../../src/core/runSummary.ts';
import { endRun } from '../../../../src/sources/remote/runEnd.ts';
import { FakeClock } from '../../../fixtures/fakeClock.ts';
import { MemoryLog, MemoryRecords } from '../../../fixtures/engineFakes.ts';

const CHANGE = { columns: null, entityType: null, partitionBy: null, rows: { before: 5n, after: 0n } };

describe('the end of a server’s run', () => {
  it('is recorded with how many tables changed, also where the record can’t name them all', async () => {
    const outcomes = Array.from({ length: MAX_RECORDED_CHANGES + 7 }, (_, i): RefreshOutcome => ({
      ...{ tableId: `t${i}`, status: 'ok', stored: 'stored', observedAt: 0n, fetchMs: 1, totalMs: 1 },
      metadata: {
        ...{ rows: 0n, sizeBytes: 0n, partitionBy: null },
        ...{ clusteredBy: [], entityType: null, lastModified: null },
      },
      change: CHANGE,
    }));
    const summary: RunSummary = {
      ...{ runId: '0000abcd', startedAt: 0n, durationMs: 1, trigger: 'command', window: '' },
      ...{ coversAll: true, endedBy: null, ...countOutcomes(outcomes.length, outcomes) },
    };
    const records = new MemoryRecords();
    const parts = { clock: new FakeClock(), log: new MemoryLog(), records, serverNow: () => 5n };
    await endRun(parts, summary, outcomes, true);
    const [record] = records.records;
    assert.equal(record?.changes.length, MAX_RECORDED_CHANGES);
    assert.equal(record.changedCount, MAX_RECORDED_CHANGES + 7);
  });
});

import * as v from 'valibot';
import type { FailureReason } from '../../core/failure.ts';
import { MAX_RECORDED_CHANGES } from '../../core/runSummary.ts';
import { count, micros, runIdText } from './jsonFields.ts';
import { tableChangeSchema } from './tableChangeSchema.ts';

// Reasons of later versions pass: they are shown by the words for the unexpected.
const reason = v.pipe(
  v.string(),
  v.maxLength(64),
  v.transform((text) => text as FailureReason),
);

const changes = v.pipe(
  v.array(v.object({ tableId: v.string(), change: tableChangeSchema })),
  v.maxLength(MAX_RECORDED_CHANGES),
);

/** A run as one line of the history. */
export const runRecordSchema = v.object({
  summary: v.object({
    runId: runIdText,
    startedAt: micros,
    durationMs: count,
    trigger: v.picklist(['command', 'timer']),
    // Records of before single flight have no window.
    window: v.optional(v.pipe(v.string(), v.maxLength(300)), ''),
    coversAll: v.boolean(),
    endedBy: v.nullable(reason),
    total: count,
    succeeded: count,
    noData: count,
    failed: count,
    notAttempted: count,
    cancelled: count,
    notStored: count,
    unanswered: count,
  }),
  endedAt: micros,
  failures: v.array(v.object({ tableId: v.string(), reason })),
  // Records of before have none, and what a later version tells otherwise is no reason to lose the run.
  changes: v.fallback(v.optional(changes, []), []),
  changedCount: v.fallback(v.optional(count), undefined),
});

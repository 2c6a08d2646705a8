import * as v from 'valibot';
import type { FailureReason } from '../../core/failure.ts';

/** A count in a JSON file of ours. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Epoch microseconds, which JSON holds as text. */
export const micros = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,20}$/),
  v.transform((text) => BigInt(text)),
);

/** Eight hexadecimal digits. */
export const runIdText = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/));

// Reasons of later versions pass: they are shown by the words for the unexpected.
const reason = v.pipe(
  v.string(),
  v.maxLength(64),
  v.transform((text) => text as FailureReason),
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
});

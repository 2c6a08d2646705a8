import type { FailureReason } from '../core/failure.ts';
import { isCompleted, type RunSummary } from '../core/runSummary.ts';
import type { TimedRunResult } from '../engine/refreshTimer.ts';

/** What a person has to do something about, or did: trying again in a minute would only repeat it. */
const POINTLESS: readonly FailureReason[] = [
  'cancelled',
  'notConfigured',
  'settingInvalid',
  'credentialsMissing',
  'credentialsUnreadable',
  'credentialsRejected',
  'billingProject',
  'stateInPostgres',
  'fileHardLinked',
  'fileOnNetworkMount',
  'fileReadOnly',
];

/** What a run means for the timer; one that BigQuery mostly left unanswered has failed, though nothing ended it. */
export function timedResult(summary: RunSummary): TimedRunResult {
  if (isCompleted(summary)) return 'completed';
  return summary.endedBy !== null && POINTLESS.includes(summary.endedBy) ? 'pointless' : 'failed';
}

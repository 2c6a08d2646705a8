import type { FailureReason } from '../core/failure.ts';
import { SIGN_IN_FAILURES } from '../core/signInFailures.ts';
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
  'googleSessionExpired',
  'billingProject',
  'stateInPostgres',
  'fileHardLinked',
  'fileOnNetworkMount',
  'fileReadOnly',
  'adminOnly',
  ...SIGN_IN_FAILURES,
  'serverForbidden',
  'serverCertificate',
  'serverCaFile',
  'serverMoved',
  'serverNotAgnes',
  'serverTooOld',
];

/** What a run means for the timer; one that BigQuery mostly left unanswered has failed, though nothing ended it. */
export function timedResult(summary: RunSummary): TimedRunResult {
  if (isCompleted(summary)) return 'completed';
  return summary.endedBy === null ? 'failed' : timedFailure(summary.endedBy);
}

/** What it means for the timer that a run ended, or could not even begin, for this reason. */
export function timedFailure(reason: FailureReason): 'pointless' | 'failed' {
  return POINTLESS.includes(reason) ? 'pointless' : 'failed';
}

import type { FailureReason } from '../core/failure.ts';
import { describeReason } from '../core/failureTexts.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';

/** What a refresh of one table came to that somebody waited for. */
type TellableOutcome = Exclude<RefreshOutcome, { status: 'cancelled' }>;

/** Why a refresh of one table did not end in fresh numbers. */
export function outcomeReason(outcome: TellableOutcome): FailureReason {
  if ('stored' in outcome) {
    if (outcome.stored === 'notStored' || outcome.stored === 'registrationChanged') return outcome.stored;
  }
  switch (outcome.status) {
    case 'no_data':
      return outcome.reason ?? 'tableNotFound';
    case 'error':
    case 'not_attempted':
      return outcome.reason;
    case 'ok':
      return 'unexpected';
  }
}

/** One sentence on it. */
export function outcomeMessage(outcome: TellableOutcome): string {
  return describeReason(outcomeReason(outcome)).message;
}

import { describeReason } from '../core/failureTexts.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';

/** One sentence on what a refresh of one table came to that did not end in fresh numbers. */
export function outcomeMessage(outcome: Exclude<RefreshOutcome, { status: 'cancelled' }>): string {
  if ('stored' in outcome) {
    if (outcome.stored === 'notStored') return describeReason('notStored').message;
    if (outcome.stored === 'registrationChanged') return describeReason('registrationChanged').message;
  }
  if (outcome.status === 'no_data') return describeReason(outcome.reason ?? 'tableNotFound').message;
  return describeReason(outcome.status === 'error' ? outcome.reason : 'unexpected').message;
}

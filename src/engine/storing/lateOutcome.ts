import type { RefreshOutcome, StorableOutcome, StoreAnswer } from '../../core/refreshOutcome.ts';
import { withoutColumns } from './settleObservation.ts';
import { reasonOfStored } from './storedMessages.ts';

/**
 * What a table came to that was asked about before and could be stored only now.
 *
 * @param waitedMs how long the answer waited, by a monotonic clock
 */
export function lateOutcome(
  { tableId, observedAt, observation, registeredAs }: StorableOutcome,
  { result, change }: StoreAnswer,
  waitedMs: number,
): RefreshOutcome {
  const common = { tableId, stored: result, observedAt, fetchMs: null, totalMs: Math.trunc(waitedMs) };
  if (observation.kind === 'ok') {
    const told = change === undefined ? {} : { change };
    const metadata = withoutColumns(observation.metadata);
    return { ...common, status: 'ok', metadata, registeredAs, ...told };
  }
  const { message } = observation;
  const failed = { ...common, message, storedMessage: message };
  const reason = reasonOfStored(message);
  return reason === 'tableNotFound'
    ? { ...failed, status: 'no_data' }
    : { ...failed, status: 'error', reason };
}

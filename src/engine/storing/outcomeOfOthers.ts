import type { CachedMetadata } from '../../core/cachedMetadata.ts';
import { lastAttemptFailed, lastLookAt } from '../../core/freshness.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import { reasonOfStored } from './storedMessages.ts';

/** The outcome of a table that somebody else refreshed while this window waited, as the row tells it. */
export function outcomeOfOthers(tableId: string, cached: CachedMetadata, totalMs: number): RefreshOutcome {
  const common = {
    tableId,
    stored: 'stored',
    observedAt: lastLookAt(cached),
    fetchMs: null,
    totalMs,
  } as const;
  // When the data last changed is not in the shared file.
  const metadata = { ...cached, lastModified: null };
  if (!lastAttemptFailed(cached)) return { ...common, status: 'ok', metadata };
  const message = cached.errorMessage ?? '';
  const failed = { ...common, message, storedMessage: cached.errorMessage };
  const reason = reasonOfStored(message);
  return reason === 'tableNotFound'
    ? { ...failed, status: 'no_data' }
    : { ...failed, status: 'error', reason };
}

import { NOTHING_CACHED, type CachedMetadata } from '../core/cachedMetadata.ts';
import { computeFreshness, lastAttemptFailed, type Freshness } from '../core/freshness.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import type { EpochMicros } from '../core/time.ts';
import type { CatalogRow } from '../ports/tableStore.ts';

/** An attempt of this window that left nothing in the shared file, so that the row can say so all the same. */
export interface UnstoredAttempt {
  readonly at: EpochMicros;
  readonly message: string;
}

/** One table as every part of the UI reads it. Replaced, never changed. */
export interface TableView {
  readonly registration: TableRegistration;
  readonly cached: CachedMetadata | null;
  readonly freshness: Freshness;
  /** By what is stored, or by an attempt of this window that was not stored. */
  readonly lastAttemptFailed: boolean;
  readonly unstoredAttempt: UnstoredAttempt | undefined;
  readonly refreshing: boolean;
}

export function viewTable(
  { registration, cached }: CatalogRow,
  now: EpochMicros,
  thresholdSeconds: bigint,
  { refreshing, unstoredAttempt }: Pick<TableView, 'refreshing' | 'unstoredAttempt'>,
): TableView {
  return {
    registration,
    cached,
    freshness: computeFreshness(cached, now, thresholdSeconds),
    lastAttemptFailed: lastAttemptFailed(cached) || unstoredAttempt !== undefined,
    unstoredAttempt,
    refreshing,
  };
}

/** The cache row after an outcome of this window was stored; the same row when it was not. */
export function applyOutcome(cached: CachedMetadata | null, outcome: RefreshOutcome): CachedMetadata | null {
  if (!('stored' in outcome) || outcome.stored !== 'stored') return cached;
  if (outcome.status === 'ok') {
    const { rows, sizeBytes, partitionBy, clusteredBy, entityType } = outcome.metadata;
    const numbers = { rows, sizeBytes, partitionBy, clusteredBy, entityType };
    return { ...numbers, refreshedAt: outcome.observedAt, errorAt: null, errorMessage: null };
  }
  return {
    ...(cached ?? NOTHING_CACHED),
    errorAt: outcome.observedAt,
    errorMessage: outcome.storedMessage,
  };
}

import { judgeDataAge, type DataAge, type DataPolicy } from '../core/dataFreshness.ts';
import type { FailureReason } from '../core/failure.ts';
import { NOTHING_CACHED, type CachedMetadata } from '../core/cachedMetadata.ts';
import { computeFreshness, lastAttemptFailed, type Freshness } from '../core/freshness.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { NotedChange, ObservedTime, TableFacts } from '../core/tableFacts.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import { MICROS_PER_SECOND, type EpochMicros } from '../core/time.ts';
import { reasonOfAnybodys } from '../engine/storing/storedMessages.ts';
import type { CatalogRow } from '../ports/tableStore.ts';
import { isRepointed } from './memory/rememberedTables.ts';

/** How long a change is news. */
const RECENT_MICROS = 24n * 3_600n * MICROS_PER_SECOND;

/** An attempt of this window that left nothing in the shared file, so that the row can say so all the same. */
export interface UnstoredAttempt {
  readonly at: EpochMicros;
  readonly message: string;
  readonly reason?: FailureReason;
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
  /** The second clock: when BigQuery said the data last changed, and when it said so. Of no former table. */
  readonly lastModified: ObservedTime | undefined;
  /**
   * What the policy for the data's age says; `undefined` where there is none for this table, no time is known, or the table
   * was refreshed since it was.
   */
  readonly dataAge: DataAge | undefined;
  /** The registration points to another table than the one that the numbers are of. */
  readonly repointed: boolean;
  /** What a recent refresh found to be different. */
  readonly change: NotedChange | undefined;
  /** Why the last attempt failed, where this extension saw it fail or wrote it down. */
  readonly lastErrorReason: FailureReason | undefined;
}

/** What a row is judged by besides the clock. */
export interface ViewContext extends Pick<TableView, 'refreshing' | 'unstoredAttempt'> {
  /** What is remembered of the table. */
  readonly facts?: TableFacts | undefined;
  /** The policy for the age of its data. */
  readonly dataPolicy?: DataPolicy | undefined;
}

export function viewTable(
  { registration, cached }: CatalogRow,
  now: EpochMicros,
  thresholdSeconds: bigint,
  { refreshing, unstoredAttempt, facts, dataPolicy }: ViewContext,
): TableView {
  const repointed = isRepointed(facts, registration, cached);
  const lastModified = repointed ? undefined : (facts?.lastModified ?? undefined);
  const dataAge =
    dataPolicy === undefined || lastModified === undefined
      ? undefined
      : judgeDataAge(dataPolicy, lastModified, cached?.refreshedAt ?? null, now);
  return {
    registration,
    cached,
    freshness: computeFreshness(cached, now, thresholdSeconds),
    lastAttemptFailed: lastAttemptFailed(cached) || unstoredAttempt !== undefined,
    unstoredAttempt,
    refreshing,
    lastModified,
    dataAge,
    repointed,
    change: recentChange(facts, now),
    lastErrorReason: lastErrorReason(facts, cached, unstoredAttempt),
  };
}

function recentChange(facts: TableFacts | undefined, now: EpochMicros): NotedChange | undefined {
  const change = facts?.change ?? undefined;
  return change !== undefined && now - change.at < RECENT_MICROS ? change : undefined;
}

/** The reason that is remembered may be of another attempt than the one that the row tells of. */
function lastErrorReason(
  facts: TableFacts | undefined,
  cached: CachedMetadata | null,
  unstoredAttempt: UnstoredAttempt | undefined,
): FailureReason | undefined {
  if (unstoredAttempt !== undefined) return unstoredAttempt.reason;
  const failure = facts?.failure;
  if (failure !== undefined && failure !== null && failure.at === cached?.errorAt) return failure.reason;
  if (!lastAttemptFailed(cached)) return undefined;
  return reasonOfAnybodys(cached?.errorMessage ?? '');
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

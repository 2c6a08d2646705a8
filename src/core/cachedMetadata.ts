import type { EpochMicros } from './time.ts';

/** What one look at BigQuery says of a table. `null` is "not known", which differs from zero and from an empty list. */
export interface TableMetadata {
  /** Number of rows; null for what has none of its own (views, external tables). */
  readonly rows: bigint | null;
  /** Logical bytes, active and long-term. */
  readonly sizeBytes: bigint | null;
  /** Name of the one partitioning column. */
  readonly partitionBy: string | null;
  readonly clusteredBy: readonly string[] | null;
  /** BigQuery's `table_type` text, such as `BASE TABLE`. */
  readonly entityType: string | null;
  /** Top-level column names in order. */
  readonly knownColumns: readonly string[] | null;
}

/**
 * A row of `bq_metadata_cache` as the tree needs it. Column names are read on demand (`TableDetails`): they are most of
 * the bytes of the table.
 */
export interface CachedMetadata extends Omit<TableMetadata, 'knownColumns'> {
  /** Last success. */
  readonly refreshedAt: EpochMicros | null;
  /** Last failure since that success. */
  readonly errorAt: EpochMicros | null;
  readonly errorMessage: string | null;
}

/** A row in which nothing is known yet. */
export const NOTHING_CACHED: CachedMetadata = {
  rows: null,
  sizeBytes: null,
  partitionBy: null,
  clusteredBy: null,
  entityType: null,
  refreshedAt: null,
  errorAt: null,
  errorMessage: null,
};

/** The rest of what is stored of one table, read when somebody looks at it. */
export interface TableDetails {
  readonly knownColumns: readonly string[] | null;
  readonly description: string | null;
  readonly folder: string | null;
}

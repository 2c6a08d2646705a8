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
  /** When BigQuery says the data last changed; null where it does not say so of data (views, external tables). */
  readonly lastModified: EpochMicros | null;
}

/**
 * A row of `bq_metadata_cache` as the tree needs it. Column names are read on demand (`TableDetails`): they are most of
 * the bytes of the table.
 */
export interface CachedMetadata extends Omit<TableMetadata, 'knownColumns' | 'lastModified'> {
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
  /** What one row is. */
  readonly grain: string | null;
  readonly gotchas: readonly Gotcha[];
  readonly thingsToKnow: string | null;
}

/** What to look out for with a table, as its owner wrote it; untrusted text. */
export interface Gotcha {
  readonly text: string;
  /** The most important ones are marked. */
  readonly isKey: boolean;
}

/** What only BigQuery knows, asked for when somebody looks at one table. Nothing of it is kept. */
export interface TableInspection {
  readonly observedAt: EpochMicros;
  readonly columns: readonly InspectedColumn[];
  /** Rows that were streamed in and are not among the counted ones yet. */
  readonly streamingBuffer: StreamingBuffer | null;
  readonly lastModified: EpochMicros | null;
  readonly createdAt: EpochMicros | null;
  readonly expiresAt: EpochMicros | null;
  /** BigQuery's region, such as `EU`. */
  readonly location: string | null;
}

/** One column, or one field of a record: then with the path to it. */
export interface InspectedColumn {
  /** Names from the top down. */
  readonly path: readonly string[];
  /** BigQuery's word in SQL, such as `INT64` or `STRUCT`. */
  readonly type: string;
  readonly mode: 'NULLABLE' | 'REQUIRED' | 'REPEATED';
  readonly description: string | null;
}

export interface StreamingBuffer {
  readonly estimatedRows: bigint | null;
  readonly estimatedBytes: bigint | null;
  readonly oldestEntryAt: EpochMicros | null;
}

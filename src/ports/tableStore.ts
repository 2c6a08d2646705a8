import type { CachedMetadata, TableDetails } from '../core/cachedMetadata.ts';
import type { AgnesFailure } from '../core/failure.ts';
import type { StorableOutcome, StoreAnswer } from '../core/refreshOutcome.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import type { EpochMicros } from '../core/time.ts';

/** A registered BigQuery table with what is cached of it. */
export interface CatalogRow {
  readonly registration: TableRegistration;
  /** `null`: never fetched. */
  readonly cached: CachedMetadata | null;
}

/** Everything eligible, in the order of Agnes (by name), as it stood at one moment. */
export interface Catalog {
  readonly readAt: EpochMicros;
  readonly rows: readonly CatalogRow[];
  /** Why nothing may be written to this file, or `undefined` when it may. */
  readonly writeObstacle: AgnesFailure | undefined;
}

export interface TableReading {
  /** `null` when the id is not registered (any more). */
  readonly row: CatalogRow | null;
  readonly writeObstacle: AgnesFailure | undefined;
}

export interface AccessOptions {
  readonly signal?: AbortSignal | undefined;
  /** Does not wait for a file that somebody holds: for what is tried again anyway. */
  readonly quick?: boolean;
  /** A person asked for it: what else is asked for but rarely is asked for again. */
  readonly asked?: boolean;
}

export interface StoreOptions extends AccessOptions {
  /** Lock that the writer counts on: rejects with `flightLost`, and writes nothing, when it is gone. */
  readonly underLock?: string | undefined;
}

/**
 * The shared file: registry and cache. Each call opens, works and closes; none holds the file afterwards. All reject with
 * an `AgnesFailure`.
 */
export interface TableStore {
  readCatalog(options?: AccessOptions): Promise<Catalog>;
  /** One registration, eligible or not, with what is cached of it; far cheaper than the whole catalog. */
  readTable(tableId: string, signal?: AbortSignal): Promise<TableReading>;
  /** `null` when the id is not registered (any more). */
  readDetails(tableId: string, signal?: AbortSignal): Promise<TableDetails | null>;
  /** Descriptions by id, cut for a list, of the eligible tables that have one. */
  readDescriptions(signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /**
   * Stores outcomes in one transaction, or none of them.
   *
   * @returns what became of each, in the order given, and what of a replaced row is different
   */
  storeOutcomes(
    outcomes: readonly StorableOutcome[],
    options?: StoreOptions,
  ): Promise<readonly StoreAnswer[]>;
}

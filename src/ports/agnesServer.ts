import type { AgnesFailure } from '../core/failure.ts';
import type { Freshness } from '../core/freshness.ts';
import type { EpochMicros } from '../core/time.ts';

/** A table as `GET /api/v2/catalog` shows it to this user (contract, 7.1). */
export interface ServerTable {
  readonly id: string;
  /** Name in SQL; the id where the server gives none. */
  readonly name: string;
  /** `null` where the server has an empty one. */
  readonly description: string | null;
  readonly sourceType: string | null;
  readonly queryMode: string | null;
  /** `null` also where it is withheld from this user. */
  readonly partitionBy: string | null;
  /** Empty also where it is not known, or withheld from this user. */
  readonly clusteredBy: readonly string[];
  /** The server gave examples of conditions, which it makes from column names. */
  readonly hasWhereExamples: boolean;
  readonly freshness: Freshness | 'not_applicable';
}

/** A row of `GET /api/v2/metadata-cache/status`: of every table that has a cache row, seen by this user or not. */
export interface ServerStatusRow {
  readonly tableId: string;
  readonly refreshedAt: EpochMicros | null;
  readonly errorAt: EpochMicros | null;
  readonly errorMessage: string | null;
  readonly rows: bigint | null;
  readonly sizeBytes: bigint | null;
  readonly partitionBy: string | null;
  /** Empty also where it is not known: the API does not tell the two apart (contract, 6.4). */
  readonly clusteredBy: readonly string[];
  readonly entityType: string | null;
  /** Empty also where they are not known. */
  readonly knownColumns: readonly string[];
}

/** The cache as the server tells it, with the rule that it judges by. */
export interface ServerStatus {
  readonly intervalSeconds: bigint;
  readonly thresholdSeconds: bigint;
  /** The server's clock when it answered. */
  readonly serverTime: EpochMicros;
  readonly rows: readonly ServerStatusRow[];
}

/** What administrators see of a registration. Fields that an older server does not have are `null`. */
export interface ServerRegistration {
  readonly id: string;
  readonly sourceType: string | null;
  readonly queryMode: string | null;
  readonly bucket: string | null;
  readonly sourceTable: string | null;
  readonly bqFqn: string | null;
  readonly folder: string | null;
  /** What one row is. Untrusted text, and so are the two after it. */
  readonly grain: string | null;
  /** JSON for `decodeGotchas`, bounded as that is, or null where there are none: as objects, those of all tables would be much. */
  readonly gotchasText: string | null;
  readonly thingsToKnow: string | null;
}

/** Summary of a run as the server counts it (contract, 6.2). */
export interface ServerRunSummary {
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly total: number;
  readonly succeeded: number;
  readonly noData: number;
  readonly failed: number;
  readonly durationMs: number;
}

/** What became of asking for a run of all tables. */
export type ServerRunAnswer =
  | { readonly kind: 'done'; readonly summary: ServerRunSummary }
  /** 409: a run was on already, and goes on; null where the server does not say (contract, 4.5). */
  | { readonly kind: 'alreadyRunning'; readonly runId: string | null; readonly startedAt: EpochMicros | null }
  /**
   * The request was sent, but its answer never came (a proxy cut it, or answered in its place) or could not be read: the
   * run may be on.
   */
  | { readonly kind: 'cut'; readonly failure: AgnesFailure };

/** Outcome of one table (contract, 4.1); timing is `null` from a 0.52 server. */
export type ServerTableAnswer = {
  readonly fetchMs: number | null;
  readonly totalMs: number | null;
} & (
  | {
      readonly status: 'ok';
      readonly rows: bigint | null;
      readonly sizeBytes: bigint | null;
      readonly entityType: string | null;
    }
  | { readonly status: 'no_data' }
  | { readonly status: 'error'; readonly message: string }
);

/**
 * The Agnes API of one server, as one signed-in user. Every call rejects with an `AgnesFailure`; `cancelled` when its signal
 * is aborted.
 */
export interface AgnesServer {
  /** In the server's order. */
  catalog(signal: AbortSignal): Promise<readonly ServerTable[]>;
  status(signal: AbortSignal): Promise<ServerStatus>;
  /** For administrators; rejects with `adminOnly` for anybody else. */
  registry(signal: AbortSignal): Promise<readonly ServerRegistration[]>;
  /** Asks for a run of every table and waits for its end, 30 minutes at most; rejects where no run was begun. */
  refreshAll(signal: AbortSignal): Promise<ServerRunAnswer>;
  /** Rejects with `adminOnly`, `unknownTable`, `notRefreshable` and others; an outcome of the table itself is an answer. */
  refreshTable(tableId: string, signal: AbortSignal): Promise<ServerTableAnswer>;
}

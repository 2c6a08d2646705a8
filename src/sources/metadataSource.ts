import type { TableDetails, TableInspection } from '../core/cachedMetadata.ts';
import type { Disposable } from '../core/disposable.ts';
import type { Event } from '../core/emitter.ts';
import type { AgnesFailure } from '../core/failure.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { RunRecord } from '../core/runSummary.ts';
import type { TableChange } from '../core/tableChange.ts';
import type { TableAddress } from '../core/tableAddress.ts';
import type { TableRegistration } from '../core/tableRegistration.ts';
import type { EpochMicros } from '../core/time.ts';
import type { TableEvent } from '../engine/engineParts.ts';
import type { IsStillDue, StartedRun } from '../engine/refreshEngine.ts';
import type { WaitingFor } from '../engine/refreshOneTable.ts';
import type { RunOptions } from '../engine/refreshRun.ts';
import type { WatchedRun } from '../engine/watchedRun.ts';
import type { AccessOptions, CatalogRow } from '../ports/tableStore.ts';
import type { TableMemory } from './memory/tableMemory.ts';

/**
 * What a source has. What it does not have takes its grouping, column or action out of the UI, with a sentence where it
 * would have been (decisions, "Sources declare capabilities").
 */
export interface SourceCapabilities {
  /** The background timer keeps it fresh. The sample catalog has none: it would lose the states that it shows. */
  readonly backgroundRefresh: boolean;
  /** Dataset and physical address of a table are known. */
  readonly dataset: boolean;
  /** In which folder Agnes files a table is known. */
  readonly folder: boolean;
  /** Grain, gotchas and things to know of a table are known, where somebody wrote them. */
  readonly documentation: boolean;
  /** When the data of a table last changed is seen at each refresh. */
  readonly lastModified: boolean;
  /** BigQuery can be asked for column types and the streaming buffer (`inspect`). */
  readonly columnTypes: boolean;
  /** A refresh can be asked for at all; what is in its way at a moment is the snapshot's `refreshObstacle`. */
  readonly refresh: boolean;
}

/** Everything that the tree shows, as it stood at one moment. */
export interface SourceSnapshot {
  /** Read from the source itself; or of an earlier time: as it was read last, or from the server's own snapshot. */
  readonly origin: 'live' | 'kept' | 'serverSnapshot';
  /** The time that the rows are of. */
  readonly readAt: EpochMicros;
  readonly rows: readonly CatalogRow[];
  /** Why refreshing is refused here, or `undefined` when it is not. */
  readonly refreshObstacle: AgnesFailure | undefined;
  /** What is different from the reading before, by table, where the source sees more of that than the rows tell. */
  readonly changes?: ReadonlyMap<string, TableChange>;
}

/** What happens to tables, for whoever shows it. */
export type SourceTableEvent =
  | TableEvent
  /** Many at once, each at most once: to be shown in one go. */
  | { readonly kind: 'tablesSettled'; readonly outcomes: readonly RefreshOutcome[] };

/** How old is old, here: a server may have its own rule. */
export interface FreshnessPolicy {
  readonly intervalSeconds: bigint;
  readonly thresholdSeconds: bigint;
  /** Microseconds by which the deciding clock is ahead of this machine's; 0 where that is this machine's. */
  readonly clockOffset: bigint;
  /** Who set the two: this extension's settings, or the Agnes server. */
  readonly decidedBy: 'settings' | 'server';
}

/** What is known of the Agnes server behind a source. */
export interface ServerInfo {
  /** Scheme, host and port. */
  readonly origin: string;
  /** By `GET /api/version`; untrusted text. */
  readonly version: string | undefined;
  readonly account: ServerAccount | undefined;
  /** Tables that a run of all takes, where that is more than this user sees; `undefined` where it is not known to be. */
  readonly tablesOfRun: number | undefined;
}

/** Who is signed in, by the token's own words, which nobody has verified here. */
export interface ServerAccount {
  readonly email: string | undefined;
  /** `undefined` for a token without an end. */
  readonly expiresAt: EpochMicros | undefined;
}

/** What the UI talks to: local (engine and shared file) or remote (Agnes API), in one shape. */
export interface MetadataSource extends Disposable {
  /** Names the source over restarts: kept choices and history hang on it. */
  readonly id: string;
  /** For people: a path or a host name. */
  readonly label: string;
  /** May change with a reading: what a server allows is known only then. */
  readonly capabilities: SourceCapabilities;
  /** `undefined` for a source that is no server. */
  readonly server: ServerInfo | undefined;
  /** Rejects with an `AgnesFailure`. */
  load(options?: AccessOptions): Promise<SourceSnapshot>;
  /**
   * What to show while `load` fails; never rejects.
   *
   * @param laterThan with it, only what is of a later time
   */
  lastKnown(laterThan?: EpochMicros, signal?: AbortSignal): Promise<SourceSnapshot | undefined>;
  /** After `dispose`: resolves when what was under way is stored and everything is written; never rejects. */
  settled(): Promise<void>;
  /** Rejects with an `AgnesFailure`; `null` when the table is not registered any more. */
  details(tableId: string, signal?: AbortSignal): Promise<TableDetails | null>;
  /** Descriptions by id, cut for a list, of the tables that have one. Rejects with an `AgnesFailure`. */
  descriptions(signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /**
   * Asks BigQuery for what is not cached of a table. Rejects with an `AgnesFailure`; `unexpected` where `capabilities` has
   * no `columnTypes`.
   *
   * @param registration as it is shown
   */
  inspect(registration: TableRegistration, signal: AbortSignal): Promise<TableInspection>;
  /** Where a table is in BigQuery, or `undefined` where that is not known here. */
  addressOf(registration: TableRegistration): TableAddress | undefined;
  /** What the extension itself remembers of the tables. */
  readonly memory: TableMemory;
  policy(): FreshnessPolicy;
  readonly currentRun: WatchedRun | undefined;
  /** Tables that are being refreshed already when somebody begins to listen. */
  readonly tablesElsewhere: Iterable<string>;
  readonly onRunStarted: Event<WatchedRun>;
  readonly onTableEvent: Event<SourceTableEvent>;
  /** Starts a run or joins the one that is on; rejects with an `AgnesFailure` when it can't even begin. */
  startRun(options: RunOptions): Promise<StartedRun>;
  /** Starts the timer's run; `undefined` when it is not due any more, or when anything else is at work. */
  startDueRun(isStillDue: IsStillDue): Promise<WatchedRun | undefined>;
  /** Cancels the run and the single refreshes that this window has under way. */
  cancel(): void;
  /** Rejects with an `AgnesFailure`. `onWaiting` is told when something else has to end first. */
  refreshTable(
    tableId: string,
    signal: AbortSignal,
    onWaiting?: (what: WaitingFor) => void,
  ): Promise<RefreshOutcome>;
  /** Refreshes of other windows are not seen, for this reason; told once. */
  readonly onFlightUnavailable: Event<AgnesFailure>;
  /** Somebody else may have changed what `load` reads: another window, the server, or this window's own storing. */
  readonly onChangedByOthers: Event<void>;
  /** Ended runs, oldest first, bounded. */
  runs(): Promise<readonly RunRecord[]>;
  /** When every table was last refreshed, or tried, in one go: the background timer goes by it. */
  lastCompletedAt(): Promise<EpochMicros | undefined>;
}

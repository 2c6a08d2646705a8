import type { TableDetails } from '../../core/cachedMetadata.ts';
import type { FailureReason, FileHolder } from '../../core/failure.ts';
import type { StorableOutcome, StoreAnswer } from '../../core/refreshOutcome.ts';
import type { SampleRow } from '../../core/sampleRow.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';

/** Which file, and how long to wait for it while somebody else holds it. */
export interface FileArgs {
  /** Realpath of an existing file: the write-ahead log follows the path that is opened. */
  readonly path: string;
  readonly busyWaitMs: number;
}

/** The rows of the tree. */
export interface CatalogReading {
  readonly rows: readonly CatalogRow[];
  /** What in the layout of the file forbids writing. */
  readonly obstacle: WireFailure | null;
}

/** One row of the tree. */
export interface TableFileReading {
  /** `null` when the id is not registered. */
  readonly row: CatalogRow | null;
  /** As in `CatalogReading`. */
  readonly obstacle: WireFailure | null;
}

/** The rows of the tree as the server's rolling snapshot has them. */
export interface SnapshotReading {
  /** The time of the older of its two files. */
  readonly takenAt: EpochMicros;
  readonly rows: readonly CatalogRow[];
}

/** What an attempt at a lock came to. */
export type LockTaking =
  | { readonly taken: true; readonly pid: number }
  | { readonly taken: false; readonly holder: FileHolder | null };

/** What the child does, by name: arguments and answer. Sent with the `advanced` serialization, which knows bigint. */
export interface WorkerCalls {
  readonly readCatalog: { readonly args: FileArgs; readonly value: CatalogReading };
  readonly readTable: {
    readonly args: FileArgs & { readonly tableId: string };
    readonly value: TableFileReading;
  };
  readonly readDetails: {
    readonly args: FileArgs & { readonly tableId: string };
    readonly value: TableDetails | null;
  };
  /** Descriptions by id, cut for a list. */
  readonly readDescriptions: { readonly args: FileArgs; readonly value: ReadonlyMap<string, string> };
  readonly readServerSnapshot: {
    /** Real path of the folder that the server exports to. */
    readonly args: { readonly folder: string };
    /** `null` where there is no whole one. */
    readonly value: SnapshotReading | null;
  };
  readonly storeOutcomes: {
    readonly args: FileArgs & {
      readonly outcomes: readonly StorableOutcome[];
      readonly now: EpochMicros;
      /** Path of the lock that the caller believes this child to hold; null where there is none. */
      readonly underLock: string | null;
    };
    readonly value: readonly StoreAnswer[];
  };
  /** Takes a lock and keeps it until `releaseLock`, or until the child is gone. Its folder exists. */
  readonly takeLock: { readonly args: { readonly path: string }; readonly value: LockTaking };
  readonly releaseLock: { readonly args: { readonly path: string }; readonly value: null };
  readonly createSampleFile: {
    readonly args: { readonly path: string; readonly rows: readonly SampleRow[] };
    /** Whether the file was created: `false` when the path is taken. */
    readonly value: boolean;
  };
}

/** Name of a call. */
export type CallKind = keyof WorkerCalls;

/** One call with its arguments. */
export type WorkerCall = {
  [K in CallKind]: { readonly kind: K; readonly args: WorkerCalls[K]['args'] };
}[CallKind];

/** An `AgnesFailure` on its way between two processes. */
export interface WireFailure {
  readonly reason: FailureReason;
  readonly detail: string | null;
  readonly holder: FileHolder | null;
}

/** What the parent sends. */
export type ToWorker =
  | { readonly type: 'call'; readonly id: number; readonly call: WorkerCall }
  /** Interrupts the call if it is the one at work. It is answered either way. */
  | { readonly type: 'cancel'; readonly id: number }
  /** Interrupts what is at work, answers it, and leaves. */
  | { readonly type: 'end' };

/** What the child sends: one answer for each call. */
export type FromWorker =
  | { readonly type: 'value'; readonly id: number; readonly value: WorkerCalls[CallKind]['value'] }
  | { readonly type: 'failure'; readonly id: number; readonly failure: WireFailure };

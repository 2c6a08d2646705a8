import type { TableMetadata } from './cachedMetadata.ts';
import type { FailureReason } from './failure.ts';
import { encodeStringList } from './stringList.ts';
import type { TableChange } from './tableChange.ts';
import type { EpochMicros } from './time.ts';

/** How long one table took, by a monotonic clock, in whole milliseconds. */
export interface RefreshTiming {
  /** Time with BigQuery; null when it was not asked. */
  readonly fetchMs: number | null;
  readonly totalMs: number;
}

/** What is told of a success. Column names are stored and not kept: of ten thousand tables they are most of the memory. */
export type RefreshedMetadata = Omit<TableMetadata, 'knownColumns'>;

/**
 * What is stored of a success. Column names wait as the text of their cell, one piece a table: as lists they would be many
 * times as much to collect, and each name would cross to the other process by itself.
 */
export interface StorableMetadata extends RefreshedMetadata {
  /** JSON, or null for "not known". */
  readonly knownColumnsText: string | null;
}

/** What is to be stored of what BigQuery said. */
export function storableMetadata({ knownColumns, ...told }: TableMetadata): StorableMetadata {
  return { ...told, knownColumnsText: encodeStringList(knownColumns) };
}

/** What one refresh found out about one table, as the engine hands it to the store. */
export type Observation =
  | { readonly kind: 'ok'; readonly metadata: StorableMetadata }
  /** `message` is the text to store, at most 512 code points of it. */
  | { readonly kind: 'failed'; readonly message: string };

/** An observation with what the fence needs: it is stored only if nothing later is there (decisions, "The fence"). */
export interface StorableOutcome {
  readonly tableId: string;
  /** When BigQuery was asked for what was observed. */
  readonly observedAt: EpochMicros;
  readonly observation: Observation;
  /** The registration's address fields as read before the request; stored only if they still stand so. */
  readonly registeredAs: RegisteredAs;
}

/** The registry fields that an address is made of. */
export interface RegisteredAs {
  readonly bucket: string | null;
  readonly sourceTable: string | null;
  readonly bqFqn: string | null;
}

/** What became of one outcome in the store. */
export type StoreResult =
  | 'stored'
  /** The row was refreshed later by someone else; theirs stays. */
  | 'superseded'
  /** The registration points elsewhere now, or is gone; nothing was written. */
  | 'registrationChanged';

/** What became of one outcome in the store. */
export interface StoreAnswer {
  readonly result: StoreResult;
  /** What is different from the row that was replaced; told where it is seen, never relied on. */
  readonly change?: TableChange;
}

/** What became of one outcome on its way to the store. */
export type StoreAttempt =
  | StoreAnswer
  /** The file could not be written. */
  | { readonly result: 'notStored'; readonly change?: never };

/** What every refresh has that came to an answer. */
interface AnsweredRefresh extends RefreshTiming {
  readonly tableId: string;
  readonly stored: StoredState;
  /** When BigQuery was asked for what was observed. */
  readonly observedAt: EpochMicros;
}

/** Outcome of one table's refresh. `ok`, `no_data` and `error` are Agnes's words (contract, 4.1). */
export type RefreshOutcome =
  | (AnsweredRefresh & {
      readonly status: 'ok';
      readonly metadata: RefreshedMetadata;
      /** What the registration pointed to when it was asked; absent where that is not known for certain. */
      readonly registeredAs?: RegisteredAs;
      /**
       * `observedAt` is only when somebody else was asked to refresh: the row has a time of its own, which a reading tells
       * soon.
       */
      readonly timeIsApproximate?: true;
      /** What is different from what the row held before. */
      readonly change?: TableChange;
    })
  | (AnsweredRefresh & {
      readonly status: 'no_data';
      /** Why, where it is not that BigQuery has no such table: `noDataOnServer`. */
      readonly reason?: FailureReason;
      readonly message: string;
      readonly storedMessage: string | null;
    })
  | (AnsweredRefresh & {
      readonly status: 'error';
      readonly reason: FailureReason;
      /** What is told; `storedMessage` is what the row holds, and the two differ in Agnes too. */
      readonly message: string;
      readonly storedMessage: string | null;
    })
  /** The run ended before the table's turn; its row is untouched. */
  | { readonly tableId: string; readonly status: 'not_attempted'; readonly reason: FailureReason }
  | { readonly tableId: string; readonly status: 'cancelled' };

/** `notStored`: the file could not be written; `notKept`: the failure is not the table's own, so it is never stored. */
export type StoredState = StoreResult | 'notStored' | 'notKept';

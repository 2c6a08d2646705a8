import type { FailureReason } from './failure.ts';
import type { RegisteredAs } from './refreshOutcome.ts';
import type { TableChange, TableShape } from './tableChange.ts';
import type { EpochMicros } from './time.ts';

/** A time that BigQuery told, and when it told it. */
export interface ObservedTime {
  readonly at: EpochMicros;
  readonly observedAt: EpochMicros;
}

/** What a refresh found to be different, and when that was. */
export interface NotedChange {
  /** Time of the refresh: the row's `refreshedAt` then. */
  readonly at: EpochMicros;
  readonly what: TableChange;
}

/** What the extension itself remembers of one table, beside what is cached of it. */
export interface TableFacts {
  readonly lastModified: ObservedTime | null;
  /** The table as the last refresh that was seen left it. */
  readonly seen: SeenRefresh | null;
  readonly change: NotedChange | null;
  /** Why the attempt failed that the row's `errorAt` is of. */
  readonly failure: { readonly at: EpochMicros; readonly reason: FailureReason } | null;
}

/** One refresh as it was first seen in the cache, whoever made it. */
export interface SeenRefresh extends Omit<TableShape, 'knownColumns'> {
  /** The row's `refreshedAt`. */
  readonly at: EpochMicros;
  /** Where the registration pointed to. */
  readonly registeredAs: RegisteredAs;
}

/** Rows and bytes of one table at one refresh. */
export interface HistoryPoint {
  /** The row's `refreshedAt`. */
  readonly at: EpochMicros;
  readonly rows: bigint | null;
  readonly sizeBytes: bigint | null;
}

/** Points that are kept of a table. */
export const MAX_HISTORY_POINTS = 100;

/**
 * What two windows remember of one table, as one: of each fact the later. Where both are of the same time it is the own one,
 * so that what nothing changed in stays the same object.
 */
export function mergeFacts(own: TableFacts, other: TableFacts): TableFacts {
  const seen = later(own.seen, other.seen, atOf);
  const lastModified = later(ofSame(own, seen), ofSame(other, seen), ({ observedAt }) => observedAt);
  const change = laterChange(own.change, other.change);
  const failed = later(own.failure, other.failure, atOf);
  // A success clears the failure, and a window that saw only the failure does not bring it back.
  const failure = failed !== null && seen !== null && seen.at >= failed.at ? null : failed;
  const isOwn =
    seen === own.seen &&
    lastModified === own.lastModified &&
    change === own.change &&
    failure === own.failure;
  return isOwn ? own : { seen, lastModified, change, failure };
}

/** Whether two refreshes were of the same thing in BigQuery, as far as is known. */
export function isSameTable(before: SeenRefresh, after: SeenRefresh): boolean {
  const sameType =
    before.entityType === null || after.entityType === null || before.entityType === after.entityType;
  return sameType && isRegisteredAlike(before.registeredAs, after.registeredAs);
}

/** Whether two registrations point to the same table. */
export function isRegisteredAlike(a: RegisteredAs, b: RegisteredAs): boolean {
  return a.bucket === b.bucket && a.sourceTable === b.sourceTable && a.bqFqn === b.bqFqn;
}

/** A time of what the table was before it became something else is none of its own. */
function ofSame(side: TableFacts, seen: SeenRefresh | null): TableFacts['lastModified'] {
  return side.seen === null || seen === null || isSameTable(side.seen, seen) ? side.lastModified : null;
}

/** Of two that are of one refresh, the one that compared the columns as well says more. */
function laterChange(own: NotedChange | null, other: NotedChange | null): NotedChange | null {
  const isFuller =
    own !== null && own.at === other?.at && own.what.columns === null && other.what.columns !== null;
  return isFuller ? other : later(own, other, atOf);
}

function atOf({ at }: { readonly at: bigint }): bigint {
  return at;
}

function later<T>(own: T | null, other: T | null, timeOf: (fact: T) => bigint): T | null {
  if (own === null || other === null) return own ?? other;
  return timeOf(other) > timeOf(own) ? other : own;
}

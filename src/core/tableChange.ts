import type { TableMetadata } from './cachedMetadata.ts';
import { truncateCodePoints } from './displayText.ts';

/** Column names that a change lists; the rest is a number. */
export const MAX_NAMED_COLUMNS = 20;

/** Code points of a text in a change: BigQuery's longest column name. Texts from a file can be of any length. */
export const MAX_CHANGE_TEXT = 300;

/** Rows that a table must have had for a loss of more than half of them to be told: small tables come and go. */
const COLLAPSE_FROM_ROWS = 100n;

/**
 * Names that BigQuery gives to no column of a table but to its own pseudo columns, in any case. Agnes's server lists those
 * among the columns, and `tables.get` does not (contract, 5.4).
 */
const PSEUDO_COLUMN =
  /^(?:_PARTITION|_TABLE_|_FILE_|_ROW_TIMESTAMP|_COLIDENTIFIER|__ROOT__|_CHANGE_(?:TYPE|TIMESTAMP|SEQUENCE_NUMBER)$)/i;

/** What of a table is compared between two refreshes. `null` is "not known", and is no difference to anything. */
export type TableShape = Pick<TableMetadata, 'rows' | 'entityType' | 'partitionBy' | 'knownColumns'>;

/** One value before and after. */
export interface Difference<T> {
  readonly before: T;
  readonly after: T;
}

/** Columns that came and went, without pseudo columns. Names are untrusted text, at most `MAX_NAMED_COLUMNS` of each, cut at `MAX_CHANGE_TEXT`. */
export interface ColumnChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly addedCount: number;
  readonly removedCount: number;
}

/** What a refresh found to be different. At least one of its fields is not `null`. */
export interface TableChange {
  readonly columns: ColumnChange | null;
  readonly entityType: Difference<string> | null;
  /** `null` inside: not partitioned. */
  readonly partitionBy: Difference<string | null> | null;
  /** The row count fell to nothing, or by more than half. */
  readonly rows: Difference<bigint> | null;
}

/**
 * What became different between two refreshes of one table, or `undefined` when nothing did that is told: a table that
 * grows, or loses a few rows, is as it was.
 *
 * @param before as the last successful refresh left it
 */
export function compareShapes(before: TableShape, after: TableShape): TableChange | undefined {
  const entityType = compareEntityTypes(before.entityType, after.entityType);
  const change: TableChange = {
    columns: compareColumns(before.knownColumns, after.knownColumns),
    entityType,
    // A view has no partitioning, and that it became one is told by its type.
    partitionBy: entityType === null ? comparePartitioning(before, after) : null,
    rows: collapse(before.rows, after.rows),
  };
  return Object.values(change).some((difference) => difference !== null) ? change : undefined;
}

function compareEntityTypes(before: string | null, after: string | null): Difference<string> | null {
  return before === null || after === null || before === after
    ? null
    : { before: cut(before), after: cut(after) };
}

/**
 * Without partitioning is `null`, and so is what is not known of it: Agnes's server stores a success without columns and
 * partitioning where one of its questions was not answered (contract, 4.3). Columns tell the two apart.
 */
function comparePartitioning(before: TableShape, after: TableShape): TableChange['partitionBy'] {
  if (before.knownColumns === null || after.knownColumns === null) return null;
  if (before.partitionBy === after.partitionBy) return null;
  return { before: cutOrNone(before.partitionBy), after: cutOrNone(after.partitionBy) };
}

function cutOrNone(text: string | null): string | null {
  return text === null ? null : cut(text);
}

function cut(text: string): string {
  return truncateCodePoints(text, MAX_CHANGE_TEXT);
}

function collapse(before: bigint | null, after: bigint | null): Difference<bigint> | null {
  if (before === null || after === null || after >= before) return null;
  const lost = after === 0n || (before >= COLLAPSE_FROM_ROWS && after * 2n < before);
  return lost ? { before, after } : null;
}

function compareColumns(
  before: readonly string[] | null,
  after: readonly string[] | null,
): ColumnChange | null {
  if (before === null || after === null) return null;
  const had = realColumns(before);
  const has = realColumns(after);
  const added = [...has].filter((name) => !had.has(name));
  const removed = [...had].filter((name) => !has.has(name));
  if (added.length === 0 && removed.length === 0) return null;
  return {
    added: added.slice(0, MAX_NAMED_COLUMNS).map(cut),
    removed: removed.slice(0, MAX_NAMED_COLUMNS).map(cut),
    addedCount: added.length,
    removedCount: removed.length,
  };
}

function realColumns(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name) => !PSEUDO_COLUMN.test(name)));
}

import type { CachedMetadata } from '../../core/cachedMetadata.ts';
import { decodeStringList } from '../../core/stringList.ts';
import { compareShapes, type TableChange, type TableShape } from '../../core/tableChange.ts';
import type { ServerTableAnswer } from '../../ports/agnesServer.ts';
import type { ShownTable, ShownTables } from './joinAnswers.ts';

/** A table after a refresh, as far as this user is told of it. */
export interface RefreshedTable {
  readonly cached: Pick<CachedMetadata, 'rows' | 'entityType' | 'partitionBy' | 'refreshedAt'>;
  /** As in `ShownTable`; null also where column-level facts are not given now. */
  readonly knownColumnsText: string | null;
}

/**
 * What a refresh left different, or `undefined` where there was none since the table was shown. Columns and partitioning
 * are compared where they were shown before and are given now: that they are withheld, or no longer so, is no change.
 *
 * @param before as it was shown before the refresh
 */
export function changeByRefresh(before: ShownTable, after: RefreshedTable): TableChange | undefined {
  const refreshedBefore = before.row.cached?.refreshedAt ?? null;
  const { refreshedAt } = after.cached;
  if (refreshedBefore === null || refreshedAt === null || refreshedAt <= refreshedBefore) return undefined;
  return compareWith(before, after.cached, after.knownColumnsText);
}

/** What refreshes between two readings left different, whoever made them; by table. */
export function changesSince(
  before: ShownTables | undefined,
  after: ShownTables,
): ReadonlyMap<string, TableChange> {
  const changes = new Map<string, TableChange>();
  for (const [id, old] of before ?? []) {
    const now = after.get(id);
    if (now === undefined || now.row.cached === null) continue;
    const { knownColumnsText } = now;
    const change = changeByRefresh(old, { cached: now.row.cached, knownColumnsText });
    if (change !== undefined) changes.set(id, change);
  }
  return changes;
}

/** As `changeByRefresh`, by what the server answers to a refresh of one table: nothing of its columns. */
export function changeByAnswer(
  before: ShownTable | undefined,
  { rows, entityType }: Extract<ServerTableAnswer, { status: 'ok' }>,
): TableChange | undefined {
  if (typeof before?.row.cached?.refreshedAt !== 'bigint') return undefined;
  return compareWith(before, { rows, entityType, partitionBy: null }, null);
}

type Compared = Omit<TableShape, 'knownColumns'>;

function compareWith(
  { row: { cached }, knownColumnsText }: ShownTable,
  after: Compared,
  columnsAfter: string | null,
): TableChange | undefined {
  if (cached === null) return undefined;
  const [before, now] = columnsToCompare(knownColumnsText, columnsAfter);
  return compareShapes(
    { ...shapeOf(cached), knownColumns: before },
    { ...shapeOf(after), knownColumns: now },
  );
}

function shapeOf({ rows, entityType, partitionBy }: Compared): Compared {
  return { rows, entityType, partitionBy };
}

/** The two lists; not known where one is not, and none where both are the same, which need not be read then. */
function columnsToCompare(
  before: string | null,
  after: string | null,
): readonly [readonly string[] | null, readonly string[] | null] {
  if (before === null || after === null) return [null, null];
  return before === after ? [[], []] : [decodeStringList(before), decodeStringList(after)];
}

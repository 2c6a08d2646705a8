import { decodeStringList } from '../../core/stringList.ts';
import { compareShapes, type TableChange } from '../../core/tableChange.ts';
import { CACHE, bigintColumn, instantColumn, textColumn, type TableLayout } from './agnesLayout.ts';
import { bigintCell, textCell } from './cells.ts';
import { SHARED, type DuckDbFile, type Row } from './duckDbFile.ts';

/** Bytes of one list of columns that is compared: more than BigQuery's 10,000 columns with names of 300 characters. */
const MAX_LIST_BYTES = 4_000_000;
/** Bytes of lists of columns that are compared in one call; of the tables beyond, columns are not compared. */
const MAX_COMPARED_BYTES = 16_000_000n;

/**
 * What the successes of a call make different, by their position in it. To be called between the verdict and the writing:
 * it reads the tables `incoming` and `verdict`, and the rows as they are before. Only what may differ comes out of DuckDB:
 * of ten thousand tables that are as they were, nothing. Where the rows are too much for it, nothing is different: outside
 * of the transaction that writes, a comparison that fails keeps nothing from being stored.
 *
 * @param cache layout of a file that is written to
 */
export async function findChanges(
  file: DuckDbFile,
  cache: TableLayout,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, TableChange>> {
  try {
    return await compareRows(file, cache);
  } catch {
    signal.throwIfAborted();
    return new Map();
  }
}

async function compareRows(file: DuckDbFile, cache: TableLayout): Promise<ReadonlyMap<number, TableChange>> {
  const differing = await file.rows(differingQuery(cache));
  const lists = await readLists(file, cache, differing);
  const changes = new Map<number, TableChange>();
  for (const row of differing) {
    const [position] = row;
    if (typeof position !== 'number') continue;
    const [hadColumns, hasColumns] = lists.get(position) ?? (row[7] === true ? SAME_LIST : NO_LISTS);
    const change = compareShapes(
      {
        rows: bigintCell(row[1]),
        entityType: textCell(row[3]),
        partitionBy: textCell(row[5]),
        knownColumns: hadColumns,
      },
      {
        rows: bigintCell(row[2]),
        entityType: textCell(row[4]),
        partitionBy: textCell(row[6]),
        knownColumns: hasColumns,
      },
    );
    if (change !== undefined) changes.set(position, change);
  }
  return changes;
}

type Lists = readonly [had: readonly string[] | null, has: readonly string[] | null];
/** Stands for two equal ones, whatever is in them. */
const SAME_LIST: Lists = [[], []];
const NO_LISTS: Lists = [null, null];

/** Before and after: position, then rows, type and partitioning twice, then whether the columns are the same and known. */
function differingQuery(cache: TableLayout): string {
  return `
    SELECT position, had_rows, rows, had_type, entity_type, had_partition, partition_by,
      coalesce(had_columns = known_columns, false), columns_bytes
    FROM (SELECT *, CASE WHEN had_columns <> known_columns THEN strlen(had_columns) END AS columns_bytes
      FROM (${replaced(cache)}))
    WHERE had_rows > rows OR had_type <> entity_type OR had_partition IS DISTINCT FROM partition_by
      OR columns_bytes IS NOT NULL
    ORDER BY position`;
}

/** The lists of columns that are not the same text, by position. */
async function readLists(
  file: DuckDbFile,
  cache: TableLayout,
  differing: readonly Row[],
): Promise<ReadonlyMap<number, Lists>> {
  const positions: number[] = [];
  let bytes = 0n;
  for (const row of differing) {
    const [position, size] = [row[0], bigintCell(row[8])];
    if (typeof position !== 'number' || size === null || bytes + size > MAX_COMPARED_BYTES) continue;
    bytes += size;
    positions.push(position);
  }
  if (positions.length === 0) return new Map();
  const rows = await file.rows(`
    SELECT position, had_columns, TRY_CAST(known_columns AS JSON)::VARCHAR
    FROM (${replaced(cache)})
    WHERE position IN (${positions.join(', ')})`);
  return new Map(
    rows.map(([position, had, has]) => [
      Number(position),
      [decodeStringList(textCell(had)), decodeStringList(textCell(has))],
    ]),
  );
}

/**
 * SQL for the successes that will be written, each with what is in the row that it replaces. The list of columns in it is
 * as we would have written it, for the server puts spaces between the names; one that is too long is not known.
 */
function replaced(cache: TableLayout): string {
  const had = (column: string): string => textColumn('c', cache, column);
  const columns = had('known_columns');
  return `
    SELECT i.position, i.rows, i.entity_type, i.partition_by, i.known_columns,
      c.had_rows, c.had_type, c.had_partition,
      CASE WHEN c.had_text = i.known_columns THEN i.known_columns
        ELSE coalesce(TRY(json(c.had_text))::VARCHAR, c.had_text) END AS had_columns
    FROM incoming i
    SEMI JOIN (FROM verdict WHERE registered AND NOT later) USING (position)
    JOIN (
      SELECT c.table_id, ${bigintColumn('c', cache, 'rows')} AS had_rows, ${had('entity_type')} AS had_type,
        ${had('partition_by')} AS had_partition,
        CASE WHEN strlen(${columns}) <= ${MAX_LIST_BYTES} THEN ${columns} END AS had_text
      FROM ${SHARED}.main.${CACHE} c
      WHERE ${instantColumn('c', cache, 'refreshed_at')} IS NOT NULL
    ) c ON c.table_id = i.table_id
    WHERE i.ok`;
}

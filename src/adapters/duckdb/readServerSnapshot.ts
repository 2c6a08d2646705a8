import type { DuckDBConnection } from '@duckdb/node-api';
import { AgnesFailure } from '../../core/failure.ts';
import { CACHE, REGISTRY } from './agnesLayout.ts';
import { textCell } from './cells.ts';
import { DuckDbFile, SHARED, pause, sqlText, withShared, type WorkContext } from './duckDbFile.ts';
import type { SnapshotReading } from './protocol.ts';
import { readEligible } from './readCatalog.ts';
import { findServerSnapshot, type ServerSnapshotFiles } from './serverSnapshotFiles.ts';

/** The server replaces the folder in two steps: there is none for an instant. */
const REPLACING_PAUSE_MS = 100;

/** What `catalogQuery` reads, the id first. The other columns are most of the bytes, and stay where they are. */
const REGISTRY_COLUMNS = [
  'id',
  'name',
  'source_type',
  'query_mode',
  'bucket',
  'source_table',
  'bq_fqn',
  'access_policy_sql',
  'folder',
] as const;
const CACHE_COLUMNS = [
  'table_id',
  'rows',
  'size_bytes',
  'partition_by',
  'clustered_by',
  'entity_type',
  'refreshed_at',
  'error_at',
  'error_msg',
] as const;

/**
 * Reads what `readCatalog` reads from the server's rolling snapshot instead: Parquet files that nobody locks. A reading
 * that the server cut off by replacing the folder is made once more. Nothing is written there, and neither `schema.sql`
 * nor `load.sql` is looked at.
 *
 * @returns `null` where there is no whole snapshot
 * @throws AgnesFailure `cancelled`, `fileWithoutTables`, or what DuckDB says of files that are no Parquet
 */
export async function readServerSnapshot(
  { folder }: { readonly folder: string },
  context: WorkContext,
): Promise<SnapshotReading | null> {
  try {
    const reading = await readOnce(folder, context);
    if (reading !== undefined) return reading;
  } catch {
    // The second attempt tells.
  }
  await pause(REPLACING_PAUSE_MS, context.clock, context.signal);
  context.signal.throwIfAborted();
  return (await readOnce(folder, context)) ?? null;
}

/** `undefined`: it is not there, or was replaced between its first file and its second. */
async function readOnce(folder: string, context: WorkContext): Promise<SnapshotReading | undefined> {
  const files = await findServerSnapshot(folder);
  if (files === undefined) return undefined;
  const { rows } = await withShared(
    { path: folder, writing: false },
    context,
    (connection) => loadTables(connection, files, context),
    (file) => readEligible(file, context),
  );
  const after = await findServerSnapshot(folder);
  return after?.identity === files.identity ? { takenAt: files.takenAt, rows } : undefined;
}

/** Makes tables in memory under the names that they have in the shared file, so that the same queries read them. */
async function loadTables(
  connection: DuckDBConnection,
  { registry, cache }: ServerSnapshotFiles,
  context: WorkContext,
): Promise<void> {
  const memory = new DuckDbFile(connection, context);
  await memory.run(`ATTACH ':memory:' AS ${SHARED}`);
  await loadTable(memory, REGISTRY, registry, REGISTRY_COLUMNS);
  await loadTable(memory, CACHE, cache, CACHE_COLUMNS);
}

async function loadTable(
  memory: DuckDbFile,
  table: string,
  parquet: string,
  [id, ...others]: readonly [string, ...string[]],
): Promise<void> {
  // A folder on the way that is called `id=5` would be taken for a column.
  const source = `read_parquet(${sqlText(globLiteral(parquet))}, hive_partitioning = false)`;
  const described = await memory.rows(`DESCRIBE SELECT * FROM ${source}`);
  const present = new Set(described.map(([name]) => textCell(name)?.toLowerCase()));
  if (!present.has(id)) {
    throw new AgnesFailure('fileWithoutTables', { detail: `${table}.parquet without ${id}` });
  }
  const columns = [id, ...others.filter((column) => present.has(column))];
  await memory.run(
    `CREATE TABLE ${SHARED}.main.${table} AS
     SELECT ${columns.map((column) => `"${column}"`).join(', ')} FROM ${source}`,
  );
}

/** A path that DuckDB, which takes one for a pattern, matches as it is. */
function globLiteral(file: string): string {
  return file.replaceAll(/[*?[]/g, '[$&]');
}

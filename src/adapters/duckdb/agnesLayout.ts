import { AgnesFailure } from '../../core/failure.ts';
import { textCell } from './cells.ts';
import { SHARED, type DuckDbFile } from './duckDbFile.ts';

/** Table of registrations (contract, 2.4). */
export const REGISTRY = 'table_registry';
/** Table of cached metadata (contract, 2.2). */
export const CACHE = 'bq_metadata_cache';

/** A table as it is in this file. Layouts differ: by version, and in column order after upgrades (contract, 2.2, 2.4). */
export interface TableLayout {
  /** Lower-case column name → type as DuckDB prints it. */
  readonly columns: ReadonlyMap<string, string>;
  /** Whether a primary key or unique constraint stands on the id column alone. */
  readonly keyed: boolean;
}

/** The two tables of one file. */
export interface AgnesLayout {
  readonly registry: TableLayout;
  /** `undefined`: the file has none. */
  readonly cache: TableLayout | undefined;
}

/** Columns that tell which rows are eligible: without them the registry is none. */
const REGISTRY_ESSENTIALS = ['id', 'query_mode', 'source_type'];

/** What a cache row is written with, and the types that take it without loss. */
const CACHE_TYPES: Readonly<Record<string, readonly string[]>> = {
  table_id: ['VARCHAR'],
  rows: ['BIGINT', 'HUGEINT'],
  size_bytes: ['BIGINT', 'HUGEINT'],
  partition_by: ['VARCHAR'],
  clustered_by: ['JSON', 'VARCHAR'],
  entity_type: ['VARCHAR'],
  known_columns: ['JSON', 'VARCHAR'],
  refreshed_at: ['TIMESTAMP'],
  error_at: ['TIMESTAMP'],
  error_msg: ['VARCHAR'],
};

/**
 * Looks at the two tables by their columns, never by `schema_version`: its stamp can claim columns that are not there
 * (contract, 2.1). A view of that name is no table.
 *
 * @throws AgnesFailure `fileWithoutTables` when there is no registry
 */
export async function probeLayout(file: DuckDbFile): Promise<AgnesLayout> {
  const cells = await file.rows(`
    SELECT lower(c.table_name), lower(c.column_name), c.data_type
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_catalog, table_schema, table_name)
    WHERE c.table_catalog = '${SHARED}' AND c.table_schema = 'main' AND t.table_type = 'BASE TABLE'
      AND lower(c.table_name) IN ('${REGISTRY}', '${CACHE}')`);
  const keys = await file.rows(`
    SELECT lower(table_name), lower(constraint_column_names[1])
    FROM duckdb_constraints()
    WHERE database_name = '${SHARED}' AND schema_name = 'main' AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')
      AND len(constraint_column_names) = 1 AND lower(table_name) IN ('${REGISTRY}', '${CACHE}')`);
  const tableLayout = (table: string, idColumn: string): TableLayout => ({
    columns: new Map(
      cells
        .filter(([name]) => name === table)
        .map(([, column, type]) => [textCell(column) ?? '', textCell(type) ?? '']),
    ),
    keyed: keys.some(([name, column]) => name === table && column === idColumn),
  });
  const registry = tableLayout(REGISTRY, 'id');
  const cache = tableLayout(CACHE, 'table_id');
  const missing = REGISTRY_ESSENTIALS.filter((column) => !registry.columns.has(column));
  if (missing.length > 0) {
    throw new AgnesFailure('fileWithoutTables', { detail: `${REGISTRY} without ${missing.join(', ')}` });
  }
  return { registry, cache: cache.columns.has('table_id') ? cache : undefined };
}

/** Why the cache of this file is not written, or `undefined` when it is: we change no column and create no table. */
export function layoutObstacle({ cache }: AgnesLayout): AgnesFailure | undefined {
  if (cache === undefined) return new AgnesFailure('fileTooOldToWrite', { detail: `no ${CACHE}` });
  const unfit = Object.entries(CACHE_TYPES)
    .filter(([column, types]) => !types.includes(cache.columns.get(column) ?? ''))
    .map(([column]) => column);
  if (!cache.keyed) unfit.push('primary key');
  return unfit.length === 0
    ? undefined
    : new AgnesFailure('fileTooOldToWrite', { detail: `${CACHE}: ${unfit.join(', ')}` });
}

/** SQL for a column as text, `NULL` where the file does not have it. */
export function textColumn(alias: string, { columns }: TableLayout, column: string): string {
  return columns.has(column) ? `TRY_CAST(${alias}."${column}" AS VARCHAR)` : 'NULL::VARCHAR';
}

/** As `textColumn`, and `NULL` for text that says nothing: forms of Agnes save an empty field as empty text. */
export function filledTextColumn(alias: string, layout: TableLayout, column: string): string {
  const text = textColumn(alias, layout, column);
  return `CASE WHEN trim(${text}) <> '' THEN ${text} END`;
}

/** SQL for a column as a 64-bit integer, `NULL` where the file does not have it. */
export function bigintColumn(alias: string, { columns }: TableLayout, column: string): string {
  return columns.has(column) ? `TRY_CAST(${alias}."${column}" AS BIGINT)` : 'NULL::BIGINT';
}

/** SQL for an instant in epoch microseconds; `NULL` for infinity. The stored value is UTC wall clock (contract, section 3). */
export function instantColumn(alias: string, { columns }: TableLayout, column: string): string {
  if (!columns.has(column)) return 'NULL::BIGINT';
  const instant = `TRY_CAST(${alias}."${column}" AS TIMESTAMP)`;
  return `CASE WHEN isfinite(${instant}) THEN epoch_us(${instant}) END`;
}

/** SQL for a table of the shared file with each id once: files without a key can hold it twice, then the first row counts. */
export function rowsOnce(table: string, { keyed }: TableLayout, idColumn: string): string {
  const from = `${SHARED}.main.${table}`;
  return keyed
    ? from
    : `(SELECT * FROM ${from} QUALIFY row_number() OVER (PARTITION BY "${idColumn}" ORDER BY rowid) = 1)`;
}

/** SQL for what Agnes refreshes: both words exact, case-sensitive, untrimmed (contract, 2.5). */
export function eligibleCondition(alias: string, registry: TableLayout): string {
  const queryMode = textColumn(alias, registry, 'query_mode');
  return `${queryMode} = 'remote' AND ${textColumn(alias, registry, 'source_type')} = 'bigquery'`;
}

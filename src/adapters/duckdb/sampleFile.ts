import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { encodeGotchas } from '../../core/gotchas.ts';
import type { SampleRow } from '../../core/sampleRow.ts';
import { encodeStringList } from '../../core/stringList.ts';
import type { EpochMicros } from '../../core/time.ts';
import { duckDbFailure } from './duckDbErrors.ts';
import { SHARED, sqlText, type WorkContext } from './duckDbFile.ts';
import { loadDuckDb } from './loadDuckDb.ts';

/** The two tables as a fresh Agnes 0.84 lays them out (contract, 2.1, 2.2, 2.4), all columns in their order. */
const SCHEMA = [
  'CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at TIMESTAMP DEFAULT current_timestamp)',
  'INSERT INTO schema_version (version) VALUES (121)',
  `CREATE TABLE table_registry (
    id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, source_type VARCHAR, bucket VARCHAR, source_table VARCHAR,
    source_query TEXT, sync_strategy VARCHAR DEFAULT 'full_refresh', query_mode VARCHAR DEFAULT 'local',
    sync_schedule VARCHAR, profile_after_sync BOOLEAN DEFAULT true, primary_key VARCHAR, folder VARCHAR,
    description TEXT, registered_by VARCHAR, registered_at TIMESTAMP DEFAULT current_timestamp,
    incremental_window_days INTEGER, max_history_days INTEGER, incremental_column VARCHAR, where_filters VARCHAR,
    partition_by VARCHAR, partition_granularity VARCHAR, initial_load_chunk_days INTEGER, bq_fqn VARCHAR,
    sample_questions JSON, things_to_know TEXT, pairs_well_with JSON, grain VARCHAR, platforms VARCHAR,
    partition_col VARCHAR, history VARCHAR, gotchas VARCHAR, server_only BOOLEAN DEFAULT false,
    connection_id VARCHAR, access_policy_sql VARCHAR, access_policy_note VARCHAR,
    access_policy_updated_at TIMESTAMP, access_policy_updated_by VARCHAR, policy_mapping BOOLEAN DEFAULT false)`,
  `CREATE TABLE bq_metadata_cache (
    table_id VARCHAR PRIMARY KEY, rows BIGINT, size_bytes BIGINT, partition_by VARCHAR, clustered_by JSON,
    entity_type VARCHAR, known_columns JSON, refreshed_at TIMESTAMP, error_at TIMESTAMP, error_msg VARCHAR)`,
];

/** What `hasAccessPolicy` stands for in a file: the text of a policy. */
const SAMPLE_POLICY = 'true';

/**
 * Creates the file of the sample catalog, with its folder. It is written under another name and renamed, so that nobody
 * sees half of it. Never used for a shared file: those are the server's to create.
 *
 * @returns `false`, and nothing done, when the path is taken
 */
export async function createSampleFile(
  { path, rows }: { readonly path: string; readonly rows: readonly SampleRow[] },
  { signal }: WorkContext,
): Promise<boolean> {
  signal.throwIfAborted();
  const draft = `${path}.${randomUUID()}.new`;
  try {
    if (await exists(path)) return false;
    await mkdir(dirname(path), { recursive: true });
    await writeDraft(draft, rows);
    signal.throwIfAborted();
    await rename(draft, path);
    return true;
  } catch (thrown) {
    throw duckDbFailure(thrown, { path: draft, writing: true });
  } finally {
    await rm(draft, { force: true });
    await rm(`${draft}.wal`, { force: true });
  }
}

async function writeDraft(path: string, rows: readonly SampleRow[]): Promise<void> {
  const { DuckDBInstance, DuckDBTimestampValue } = await loadDuckDb();
  const instant = (micros: EpochMicros | null): DuckDBValue =>
    micros === null ? null : new DuckDBTimestampValue(micros);
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
  });
  const connection = await instance.connect();
  try {
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    await connection.run(`ATTACH ${sqlText(path)} AS ${SHARED} (TYPE duckdb)`);
    await connection.run(`USE ${SHARED}`);
    await connection.run('BEGIN TRANSACTION');
    for (const statement of SCHEMA) await connection.run(statement);
    for (const { registration, cached } of rows) {
      await insert(connection, 'table_registry', {
        id: registration.id,
        name: registration.name,
        source_type: registration.sourceType,
        query_mode: registration.queryMode,
        bucket: registration.bucket,
        source_table: registration.sourceTable,
        bq_fqn: registration.bqFqn,
        folder: registration.folder,
        description: registration.description,
        grain: registration.grain,
        gotchas: encodeGotchas(registration.gotchas),
        things_to_know: registration.thingsToKnow,
        access_policy_sql: registration.hasAccessPolicy ? SAMPLE_POLICY : null,
      });
      if (cached === null) continue;
      await insert(connection, 'bq_metadata_cache', {
        table_id: registration.id,
        rows: cached.rows,
        size_bytes: cached.sizeBytes,
        partition_by: cached.partitionBy,
        clustered_by: encodeStringList(cached.clusteredBy),
        entity_type: cached.entityType,
        known_columns: encodeStringList(cached.knownColumns),
        refreshed_at: instant(cached.refreshedAt),
        error_at: instant(cached.errorAt),
        error_msg: cached.errorMessage,
      });
    }
    await connection.run('COMMIT');
    await connection.run(`CHECKPOINT ${SHARED}`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function insert(
  connection: DuckDBConnection,
  table: string,
  values: Readonly<Record<string, DuckDBValue>>,
): Promise<void> {
  const columns = Object.keys(values);
  const parameters = columns.map((_, index) => `$${index + 1}`);
  await connection.run(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${parameters.join(', ')})`,
    Object.values(values),
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}

import type { TableResource } from '../src/sample/tableResource.ts';
import { writeAgnesFile } from '../test/fixtures/agnesFile.ts';

const COLUMNS = 200;
const WORDS = ['customer', 'order', 'shipping', 'billing', 'session', 'campaign', 'refund', 'inventory'];
const QUALITIES = ['id', 'country_code', 'created_at', 'amount_usd', 'is_active', 'source', 'first_seen'];

/** Names of the 200 columns of each table, such as `customer_created_at_042`: 21 characters on average. */
const COLUMN_NAMES: readonly string[] = Array.from({ length: COLUMNS }, (_, index) => {
  const word = WORDS[index % WORDS.length] ?? '';
  const quality = QUALITIES[index % QUALITIES.length] ?? '';
  return `${word}_${quality}_${String(index).padStart(3, '0')}`;
});

/** What BigQuery says of each of the tables. */
export const MANY_COLUMNS: TableResource = {
  type: 'TABLE',
  numRows: '1234567890',
  numBytes: '98765432100',
  numTotalLogicalBytes: '98765432100',
  timePartitioning: { type: 'DAY', field: 'order_created_at_009' },
  clustering: { fields: ['customer_id_000', 'order_country_code_001'] },
  schema: { fields: COLUMN_NAMES.map((name) => ({ name, type: 'STRING', mode: 'NULLABLE' })) },
};

/** Writes a shared file with eligible tables `table_00000`, `table_00001` and so on, each refreshed long ago. */
export async function writeManyTables(path: string, count: number): Promise<void> {
  const id = "format('table_{:05d}', i)";
  await writeAgnesFile(path, {
    era: 'current',
    extraSql: [
      `INSERT INTO table_registry (id, name, source_type, query_mode, bucket, source_table)
       SELECT ${id}, ${id}, 'bigquery', 'remote', 'dataset', ${id} FROM range(${count}) t(i)`,
      `INSERT INTO bq_metadata_cache (table_id, rows, size_bytes, partition_by, clustered_by, entity_type,
         known_columns, refreshed_at)
       SELECT ${id}, 1, 2, 'day', '["country"]', 'BASE TABLE', '${JSON.stringify(COLUMN_NAMES)}',
         TIMESTAMP '2020-01-01'
       FROM range(${count}) t(i)`,
    ],
  });
}

import assert from 'node:assert/strict';
import { BigQueryStandIn, type StandInOptions } from '../../src/sample/bigQueryStandIn.ts';
import { readElsewhere } from '../fixtures/agnesFileProcesses.ts';

/** Columns of a table: enough that a row is more than one write. */
const COLUMNS = 20;

/**
 * A BigQuery whose every answer is another one, and one whose fields belong together: a row that is put together from two
 * answers is told at once.
 */
export function startCountingBigQuery(options: Partial<StandInOptions> = {}): Promise<BigQueryStandIn> {
  let answers = 0;
  return BigQueryStandIn.start({
    ...options,
    tables: () => {
      answers += 1;
      const fields = Array.from({ length: COLUMNS }, (_, i) => ({ name: `c${answers}_${i}` }));
      return {
        resource: {
          type: 'TABLE',
          numRows: String(answers),
          numBytes: String(answers * 1_000),
          timePartitioning: { type: 'DAY', field: `c${answers}_0` },
          clustering: { fields: [`c${answers}_1`] },
          schema: { fields },
        },
      };
    },
  });
}

/** One row as another process reads it. */
export interface ReadRow {
  readonly tableId: string;
  readonly rows: bigint;
  readonly refreshedAt: bigint;
}

/** Which DuckDB reads: the one of the product, or that of the Agnes server. */
export type DuckDbVersion = 'current' | '1.5.2';

/** Reads all rows in a plain DuckDB of another process, and fails for one that is not of one answer. */
export async function readConsistentRows(
  file: string,
  version: DuckDbVersion = 'current',
): Promise<ReadonlyMap<string, ReadRow>> {
  const printed = await readElsewhere(
    file,
    `SELECT table_id, rows, size_bytes, partition_by, clustered_by, known_columns, epoch_us(refreshed_at), error_msg
     FROM bq_metadata_cache`,
    { DUCKDB_VERSION: version },
  );
  return new Map(
    printed.map(([tableId, rows, bytes, partitionBy, clusteredBy, columns, refreshedAt, error]) => {
      const n = BigInt(String(rows));
      const names = Array.from({ length: COLUMNS }, (_, i) => `c${n}_${i}`);
      assert.deepEqual(
        [String(bytes), partitionBy, JSON.parse(String(clusteredBy)), JSON.parse(String(columns)), error],
        [String(n * 1_000n), names[0], [names[1]], names, null],
        `row of ${String(tableId)}`,
      );
      const id = String(tableId);
      return [id, { tableId: id, rows: n, refreshedAt: BigInt(String(refreshedAt)) }];
    }),
  );
}

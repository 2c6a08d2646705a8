import { AgnesFailure } from '../../core/failure.ts';

/**
 * Loads DuckDB with its native library, on first use: about 100 ms and 24 MB.
 *
 * @throws AgnesFailure `duckDbMissing` where there is none for this platform, or it can't be loaded
 */
export async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await import('@duckdb/node-api');
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AgnesFailure('duckDbMissing', { detail, cause: thrown });
  }
}

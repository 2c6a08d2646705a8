import type { DuckDBValue } from '@duckdb/node-api';
import { hasDate, type EpochMicros } from '../../core/time.ts';

/** Text of a cell whose column was cast to VARCHAR; what is of another type all the same is "not known". */
export function textCell(value: DuckDBValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** As `textCell`, for a column that was cast to BIGINT. */
export function bigintCell(value: DuckDBValue | undefined): bigint | null {
  return typeof value === 'bigint' ? value : null;
}

/** An instant from `epoch_us`; one that no calendar here can show is "not known". */
export function instantCell(value: DuckDBValue | undefined): EpochMicros | null {
  const micros = bigintCell(value);
  return micros !== null && hasDate(micros) ? micros : null;
}

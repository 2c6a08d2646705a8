import type { CachedMetadata } from '../../core/cachedMetadata.ts';
import { MAX_ERROR_CODE_POINTS } from '../../core/displayText.ts';
import { decodeStringList } from '../../core/stringList.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';
import {
  CACHE,
  REGISTRY,
  bigintColumn,
  filledTextColumn,
  instantColumn,
  rowsOnce,
  textColumn,
  type AgnesLayout,
  type TableLayout,
} from './agnesLayout.ts';
import { bigintCell, instantCell, textCell } from './cells.ts';
import type { Row } from './duckDbFile.ts';

const NO_CACHE: TableLayout = { columns: new Map(), keyed: true };

/**
 * SQL for the rows of the tree: registrations (`r`) with what is cached of each. Cache rows without a registration are not
 * among them (contract, 2.2, "Orphans"). Column types are BigQuery's affair and Agnes's: whatever the file has is cast. An
 * error is cut as Agnes cuts it: other writers might not have.
 *
 * @param condition on `r`, by `textColumn`
 */
export function catalogQuery({ registry, cache = NO_CACHE }: AgnesLayout, condition: string): string {
  const registered = (column: string): string => textColumn('r', registry, column);
  const cached = (column: string): string => textColumn('c', cache, column);
  const join =
    cache === NO_CACHE
      ? ''
      : `LEFT JOIN ${rowsOnce(CACHE, cache, 'table_id')} c ON ${cached('table_id')} = ${registered('id')}`;
  return `
    SELECT ${registered('id')}, ${registered('name')}, ${registered('source_type')}, ${registered('query_mode')},
      ${registered('bucket')}, ${registered('source_table')}, ${registered('bq_fqn')},
      ${registered('access_policy_sql')} <> '', ${cached('table_id')} IS NOT NULL,
      ${bigintColumn('c', cache, 'rows')}, ${bigintColumn('c', cache, 'size_bytes')},
      ${cached('partition_by')}, ${cached('clustered_by')}, ${cached('entity_type')},
      ${instantColumn('c', cache, 'refreshed_at')}, ${instantColumn('c', cache, 'error_at')},
      left(${cached('error_msg')}, ${MAX_ERROR_CODE_POINTS}), ${filledTextColumn('r', registry, 'folder')}
    FROM ${rowsOnce(REGISTRY, registry, 'id')} r ${join}
    WHERE ${registered('id')} IS NOT NULL AND ${condition}
    ORDER BY ${registered('name')}, ${registered('id')}`;
}

/** A row of `catalogQuery`. */
export function catalogRow(cells: Row): CatalogRow {
  const id = textCell(cells[0]) ?? '';
  const registration: TableRegistration = {
    id,
    name: textCell(cells[1]) ?? id,
    sourceType: textCell(cells[2]),
    queryMode: textCell(cells[3]),
    bucket: textCell(cells[4]),
    sourceTable: textCell(cells[5]),
    bqFqn: textCell(cells[6]),
    hasAccessPolicy: cells[7] === true,
    folder: textCell(cells[17]),
  };
  const cached: CachedMetadata = {
    rows: bigintCell(cells[9]),
    sizeBytes: bigintCell(cells[10]),
    partitionBy: textCell(cells[11]),
    clusteredBy: decodeStringList(textCell(cells[12])),
    entityType: textCell(cells[13]),
    refreshedAt: instantCell(cells[14]),
    errorAt: instantCell(cells[15]),
    errorMessage: textCell(cells[16]),
  };
  return { registration, cached: cells[8] === true ? cached : null };
}

import { AgnesFailure } from '../../core/failure.ts';
import {
  eligibleCondition,
  layoutObstacle,
  probeLayout,
  textColumn,
  type AgnesLayout,
} from './agnesLayout.ts';
import { catalogQuery, catalogRow } from './catalogQuery.ts';
import { withDuckDbFile, type DuckDbFile, type WorkContext } from './duckDbFile.ts';
import type { CatalogReading, FileArgs, TableFileReading, WireFailure } from './protocol.ts';
import { toWireFailure } from './wireFailure.ts';

/** More than any Agnes server has. A file that claims more is refused rather than shown in part. */
export const MAX_CATALOG_ROWS = 200_000;

/** Reads everything eligible with what the tree shows of it, in Agnes's order. */
export async function readCatalog(args: FileArgs, context: WorkContext): Promise<CatalogReading> {
  return withDuckDbFile({ ...args, writing: false }, context, (file) => readEligible(file, context));
}

/**
 * `readCatalog` on what is open.
 *
 * @throws AgnesFailure `fileWithoutTables`, or `fileDamaged` for more rows than there can be
 */
export async function readEligible(file: DuckDbFile, context: WorkContext): Promise<CatalogReading> {
  const layout = await probeLayout(file);
  const query = catalogQuery(layout, eligibleCondition('r', layout.registry));
  context.reached('reading');
  const rows = await file.rows(`${query} LIMIT ${MAX_CATALOG_ROWS + 1}`);
  if (rows.length > MAX_CATALOG_ROWS) {
    throw new AgnesFailure('fileDamaged', { detail: `more than ${MAX_CATALOG_ROWS} registered tables` });
  }
  return { rows: rows.map(catalogRow), obstacle: obstacleOf(layout) };
}

/** Reads one registration, eligible or not, with what is cached of it. */
export async function readTable(
  args: FileArgs & { readonly tableId: string },
  context: WorkContext,
): Promise<TableFileReading> {
  return withDuckDbFile({ ...args, writing: false }, context, async (file) => {
    const layout = await probeLayout(file);
    const query = catalogQuery(layout, `${textColumn('r', layout.registry, 'id')} = $1`);
    const [row] = await file.rows(query, [args.tableId]);
    return { row: row === undefined ? null : catalogRow(row), obstacle: obstacleOf(layout) };
  });
}

function obstacleOf(layout: AgnesLayout): WireFailure | null {
  const obstacle = layoutObstacle(layout);
  return obstacle === undefined ? null : toWireFailure(obstacle);
}

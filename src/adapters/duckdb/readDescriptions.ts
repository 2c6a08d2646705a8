import {
  REGISTRY,
  eligibleCondition,
  filledTextColumn,
  probeLayout,
  rowsOnce,
  textColumn,
} from './agnesLayout.ts';
import { textCell } from './cells.ts';
import { withDuckDbFile, type WorkContext } from './duckDbFile.ts';
import type { FileArgs } from './protocol.ts';
import { MAX_CATALOG_ROWS } from './readCatalog.ts';

/** Characters of a description that a list shows at most. */
const MAX_LENGTH = 300;

/** The beginnings of the descriptions of what is eligible, by id; tables without one are not among them. */
export async function readDescriptions(
  args: FileArgs,
  context: WorkContext,
): Promise<ReadonlyMap<string, string>> {
  return withDuckDbFile({ ...args, writing: false }, context, async (file) => {
    const { registry } = await probeLayout(file);
    const id = textColumn('r', registry, 'id');
    const description = filledTextColumn('r', registry, 'description');
    const rows = await file.rows(
      `SELECT ${id}, left(${description}, ${MAX_LENGTH})
       FROM ${rowsOnce(REGISTRY, registry, 'id')} r
       WHERE ${id} IS NOT NULL AND ${description} IS NOT NULL AND ${eligibleCondition('r', registry)}
       LIMIT ${MAX_CATALOG_ROWS}`,
    );
    return new Map(rows.map(([tableId, text]) => [textCell(tableId) ?? '', textCell(text) ?? '']));
  });
}

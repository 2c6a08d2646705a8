import type { TableDetails } from '../../core/cachedMetadata.ts';
import { decodeStringList } from '../../core/stringList.ts';
import { CACHE, REGISTRY, probeLayout, rowsOnce, textColumn } from './agnesLayout.ts';
import { textCell } from './cells.ts';
import { withDuckDbFile, type WorkContext } from './duckDbFile.ts';
import type { FileArgs } from './protocol.ts';

/** Most bytes of a list of columns: ten times BigQuery's 10,000 columns with names of 300 characters, escaped. */
const MAX_KNOWN_COLUMNS_BYTES = 32_000_000;
/** Longest description that is shown, in characters. */
const MAX_DESCRIPTION_LENGTH = 65_536;

/** The rest of what is stored of one registered table; `null` when the id is not registered. */
export async function readDetails(
  args: FileArgs & { readonly tableId: string },
  context: WorkContext,
): Promise<TableDetails | null> {
  return withDuckDbFile({ ...args, writing: false }, context, async (file) => {
    const { registry, cache } = await probeLayout(file);
    const [row] = await file.rows(
      `SELECT left(${textColumn('r', registry, 'description')}, ${MAX_DESCRIPTION_LENGTH}),
         ${textColumn('r', registry, 'folder')}
       FROM ${rowsOnce(REGISTRY, registry, 'id')} r
       WHERE ${textColumn('r', registry, 'id')} = $1`,
      [args.tableId],
    );
    if (row === undefined) return null;
    const known = cache === undefined ? 'NULL' : textColumn('c', cache, 'known_columns');
    const [cached] =
      cache === undefined
        ? []
        : await file.rows(
            `SELECT CASE WHEN strlen(${known}) <= ${MAX_KNOWN_COLUMNS_BYTES} THEN ${known} END
             FROM ${rowsOnce(CACHE, cache, 'table_id')} c
             WHERE ${textColumn('c', cache, 'table_id')} = $1`,
            [args.tableId],
          );
    return {
      knownColumns: decodeStringList(textCell(cached?.[0])),
      description: textCell(row[0]),
      folder: textCell(row[1]),
    };
  });
}

import type { TableDetails } from '../../core/cachedMetadata.ts';
import { decodeGotchas } from '../../core/gotchas.ts';
import { decodeStringList } from '../../core/stringList.ts';
import { CACHE, REGISTRY, filledTextColumn, probeLayout, rowsOnce, textColumn } from './agnesLayout.ts';
import { textCell } from './cells.ts';
import { withDuckDbFile, type WorkContext } from './duckDbFile.ts';
import type { FileArgs } from './protocol.ts';

/** Most bytes of a list of columns: ten times BigQuery's 10,000 columns with names of 300 characters, escaped. */
const MAX_KNOWN_COLUMNS_BYTES = 32_000_000;
/** Longest text of documentation that is shown, in characters. */
const MAX_TEXT_LENGTH = 65_536;
/** Most bytes of a list of gotchas: several times as many as are shown, however escaped. A longer one is not read. */
const MAX_GOTCHAS_BYTES = 16_000_000;

/** The rest of what is stored of one registered table; `null` when the id is not registered. */
export async function readDetails(
  args: FileArgs & { readonly tableId: string },
  context: WorkContext,
): Promise<TableDetails | null> {
  return withDuckDbFile({ ...args, writing: false }, context, async (file) => {
    const { registry, cache } = await probeLayout(file);
    const text = (column: string): string => filledTextColumn('r', registry, column);
    const gotchas = text('gotchas');
    const [row] = await file.rows(
      `SELECT left(${text('description')}, ${MAX_TEXT_LENGTH}), ${text('folder')},
         left(${text('grain')}, ${MAX_TEXT_LENGTH}), left(${text('things_to_know')}, ${MAX_TEXT_LENGTH}),
         CASE WHEN strlen(${gotchas}) <= ${MAX_GOTCHAS_BYTES} THEN ${gotchas} END
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
      grain: textCell(row[2]),
      thingsToKnow: textCell(row[3]),
      gotchas: decodeGotchas(textCell(row[4])),
    };
  });
}

/**
 * Tables that a command is meant for: the rows that are selected in a tree, if the clicked one is among them, else the
 * clicked row; or the table that it was given by id. Empty where it came from the palette.
 *
 * @param target first argument of the command: a row, or an id
 * @param selected second argument, which VS Code gives where several rows are selected
 */
export function targetTableIds(target: unknown, selected?: unknown): readonly string[] {
  if (typeof target === 'string') return [target];
  const clicked = tableIdOf(target);
  if (clicked === undefined) return [];
  const ids = (Array.isArray(selected) ? selected : []).flatMap((row: unknown) => tableIdOf(row) ?? []);
  return ids.includes(clicked) ? [...new Set(ids)] : [clicked];
}

/** What tells which rows are selected. */
export interface SelectedRows {
  /** In the order of the selection. */
  readonly selectedTableIds: readonly string[];
}

/** The same; from a key that somebody bound there is no row: then the selected ones of the view are meant. */
export function targetsOrSelected(
  target: unknown,
  selected: unknown,
  { selectedTableIds }: SelectedRows,
): readonly string[] {
  const ids = targetTableIds(target, selected);
  return ids.length > 0 ? ids : selectedTableIds;
}

/** The same for a command that is for one table. */
export function selectedOr(target: unknown, view: SelectedRows): string | undefined {
  return targetsOrSelected(target, undefined, view)[0];
}

/** Rows of every tree that stand for a table have its id. */
function tableIdOf(row: unknown): string | undefined {
  if (typeof row !== 'object' || row === null || !('tableId' in row)) return undefined;
  return typeof row.tableId === 'string' ? row.tableId : undefined;
}

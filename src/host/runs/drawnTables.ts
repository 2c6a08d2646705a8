import type { ChangedTableRow, FailedTableRow, RunsRow } from './runsRows.ts';

/** Rows of tables that were drawn, by table: one of them may stand below many runs. */
export class DrawnTables {
  readonly #rows = new Map<string, Set<FailedTableRow | ChangedTableRow>>();

  /** A row was drawn; one that is of no table is passed over. */
  add(row: RunsRow): void {
    if (row.kind !== 'failed' && row.kind !== 'changed') return;
    const rows = this.#rows.get(row.tableId);
    if (rows === undefined) this.#rows.set(row.tableId, new Set([row]));
    else rows.add(row);
  }

  /** The drawn rows of these tables. */
  of(tableIds: Iterable<string>): readonly (FailedTableRow | ChangedTableRow)[] {
    return Array.from(tableIds).flatMap((id) => [...(this.#rows.get(id) ?? [])]);
  }

  /** Rows are made anew. */
  clear(): void {
    this.#rows.clear();
  }
}

/** A row of `table_registry` that the tree shows. Columns that a file does not have are `null` (contract, 2.4). */
export interface TableRegistration {
  /** Key of the registry and of the cache. Opaque: older rows hold any text. */
  readonly id: string;
  /** Name in SQL; the id where the row has none. */
  readonly name: string;
  readonly sourceType: string | null;
  readonly queryMode: string | null;
  /** Dataset, or only a label where `bqFqn` is set. */
  readonly bucket: string | null;
  readonly sourceTable: string | null;
  /** `project.dataset.table`, the physical address, since schema 51. */
  readonly bqFqn: string | null;
  /** A row access policy stands on the table: column-level facts are for administrators (contract, 7.2). */
  readonly hasAccessPolicy: boolean;
  /** Where Agnes files it, for people; `null` where it has none or it is not known. */
  readonly folder: string | null;
}

/** Whether Agnes refreshes this row: both words exact, case-sensitive, untrimmed (contract, 2.5). */
export function isEligible(row: Pick<TableRegistration, 'queryMode' | 'sourceType'>): boolean {
  return row.queryMode === 'remote' && row.sourceType === 'bigquery';
}

import type { Event } from '../../core/emitter.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { TableChange } from '../../core/tableChange.ts';
import type { HistoryPoint, ObservedTime, TableFacts } from '../../core/tableFacts.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';

/** What the extension itself remembers of the tables of one source. Nothing here rejects or throws. */
export interface TableMemory {
  /** Reads what is kept; until then nothing is known. */
  load(): Promise<void>;
  /** What is remembered of a table; answers at once. */
  facts(tableId: string): TableFacts | undefined;
  /** Ids of tables whose facts changed. */
  readonly onDidChange: Event<readonly string[]>;
  /**
   * Takes in a reading of the source itself.
   *
   * @param changes what the source itself saw to be different in it, by table: more than the rows tell
   */
  observeCatalog(rows: readonly CatalogRow[], changes?: ReadonlyMap<string, TableChange>): void;
  /** Takes in what this window's refresh came to, with the row as it is after it. */
  observeOutcome(outcome: RefreshOutcome, row: CatalogRow): void;
  /** Takes in what BigQuery said when somebody looked at one table: a later time than the one that is known counts. */
  observeInspection(tableId: string, lastModified: ObservedTime): void;
  /** Rows and bytes over the refreshes that were seen, oldest first. */
  history(tableId: string): Promise<readonly HistoryPoint[]>;
  /** Writes what is held back. */
  flush(): Promise<void>;
}

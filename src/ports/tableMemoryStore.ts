import type { HistoryPoint, TableFacts } from '../core/tableFacts.ts';

/**
 * Keeps what is remembered of the tables of one source, over restarts and for all windows; in the extension's own storage,
 * for the shared file has no column for it. Nothing here rejects or throws: what can't be kept is warned of once and lives
 * in memory.
 */
export interface TableMemoryStore {
  /** By table id; what other windows wrote too. */
  readFacts(): Promise<ReadonlyMap<string, TableFacts>>;
  /** Keeps these, in place of what was kept of the same tables; throttled. Later facts of other windows stay. */
  keepFacts(facts: ReadonlyMap<string, TableFacts>): void;
  /** Keeps nothing more of these: they are not registered any more. Their history stays until it is in the way. */
  forgetFacts(tableIds: readonly string[]): void;
  /** Adds points; one that is known already adds nothing. */
  addHistory(points: ReadonlyMap<string, HistoryPoint>): void;
  /** Oldest first, at most `MAX_HISTORY_POINTS`, with what was just added. */
  readHistory(tableId: string): Promise<readonly HistoryPoint[]>;
  /** Writes what is held back. */
  flush(): Promise<void>;
}

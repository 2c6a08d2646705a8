import type { RunRecord } from '../core/runSummary.ts';

/** The ended runs of one source, bounded, oldest first; kept over restarts and shared by all windows. */
export interface RunRecords {
  /** Empty where nothing is recorded or the record can't be read. */
  read(): Promise<readonly RunRecord[]>;
  /**
   * Keeps the record; one of the same run is replaced. Never rejects for a folder that can't be written: it warns once and
   * keeps the record in memory.
   *
   * @param mayWrite not while single flight is lost: another window may be writing, so the record stays in memory until the
   *   next one that is written
   */
  append(record: RunRecord, mayWrite: boolean): Promise<void>;
}

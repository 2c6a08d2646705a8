import type { RunRecord } from '../core/runSummary.ts';

/** The ended runs of one source, bounded, oldest first; kept over restarts and shared by all windows. */
export interface RunRecords {
  /** Empty where nothing is recorded or the record can't be read. */
  read(): Promise<readonly RunRecord[]>;
  /**
   * Keeps the record; one of the same run is replaced. Called by the holder of single flight alone, where there is one.
   * Never rejects for a folder that can't be written: it warns once and keeps the record in memory.
   */
  append(record: RunRecord): Promise<void>;
}

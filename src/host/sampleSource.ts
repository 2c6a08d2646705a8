import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDbWorker } from '../adapters/duckdb/duckDbWorker.ts';
import type { Disposable } from '../core/disposable.ts';
import type { Clock } from '../ports/clock.ts';
import { sampleRows, startSampleBigQuery } from '../sample/sampleCatalog.ts';
import { SAMPLE_PROJECT } from '../sample/sampleTables.ts';

const FILE = 'system.duckdb';

export interface OpenedSample extends Disposable {
  /** Real path of the sample's DuckDB file. */
  readonly realPath: string;
  /** Endpoint of its stand-in for BigQuery, which ends with it. */
  readonly endpoint: string;
  readonly project: string;
}

/** Opens the sample catalog: makes its file on first use, and starts its BigQuery in this process. */
export async function openSample(folder: string, worker: DuckDbWorker, clock: Clock): Promise<OpenedSample> {
  const file = path.join(folder, FILE);
  await worker.call('createSampleFile', { path: file, rows: sampleRows(clock.now()) });
  const realPath = await realpath(file);
  const standIn = await startSampleBigQuery(clock.now());
  return {
    realPath,
    endpoint: standIn.url,
    project: SAMPLE_PROJECT,
    dispose: () => void standIn.dispose(),
  };
}

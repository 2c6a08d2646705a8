import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveBigQueryConfiguration } from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import { BigQueryProvider } from '../../../src/adapters/bigquery/bigQueryProvider.ts';
import { DuckDbTableStore, type BusyWaits } from '../../../src/adapters/duckdb/duckDbTableStore.ts';
import { DuckDbWorker } from '../../../src/adapters/duckdb/duckDbWorker.ts';
import { watchDatabaseFile } from '../../../src/adapters/files/fileWatch.ts';
import { FileRunRecords } from '../../../src/adapters/files/fileRunRecords.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import { LocalSource } from '../../../src/sources/localSource.ts';
import { MemoryLog } from '../../fixtures/engineFakes.ts';

const WORKER_ENTRY = fileURLToPath(new URL('../../../src/adapters/duckdb/workerEntry.ts', import.meta.url));
export const PROJECT = 'engine-tests';

export interface LocalWindowOptions {
  readonly database: string;
  readonly endpoint: string;
  readonly stateFolder: string;
  readonly concurrency?: number;
  readonly waits?: BusyWaits;
}

/** What one editor window makes for a shared file, with real parts throughout and no VS Code. */
export class LocalWindow {
  readonly worker: DuckDbWorker;
  readonly source: LocalSource;
  readonly log = new MemoryLog();

  constructor({ database, endpoint, stateFolder, concurrency = 16, waits }: LocalWindowOptions) {
    const clock = createSystemClock();
    this.worker = new DuckDbWorker({ entryPath: WORKER_ENTRY, clock, env: process.env });
    const configuration = resolveBigQueryConfiguration({ project: PROJECT, apiEndpoint: endpoint }, {});
    const provider = new BigQueryProvider({
      configuration,
      fetch: (url, init) => fetch(url, init),
      clock,
      environment: {},
      platform: process.platform,
    });
    this.source = new LocalSource({
      realPath: database,
      label: path.basename(database),
      capabilities: { backgroundRefresh: true },
      watch: (onChange) => watchDatabaseFile(database, clock, this.log, onChange),
      store: new DuckDbTableStore(database, this.worker, clock, waits),
      records: new FileRunRecords(stateFolder, this.log),
      clock,
      random: Math.random,
      log: this.log,
      policy: () => ({ intervalSeconds: 14_400n, thresholdSeconds: 28_800n }),
      prepare: () => ({ concurrency, project: PROJECT, provider }),
      owned: { dispose: () => provider.dispose() },
    });
  }

  async dispose(): Promise<void> {
    this.source.dispose();
    await this.worker.dispose();
  }
}

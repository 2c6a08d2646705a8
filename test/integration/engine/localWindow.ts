import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveBigQueryConfiguration } from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import { BigQueryProvider } from '../../../src/adapters/bigquery/bigQueryProvider.ts';
import { DuckDbRunLock } from '../../../src/adapters/duckdb/duckDbRunLock.ts';
import { DuckDbTableStore, type BusyWaits } from '../../../src/adapters/duckdb/duckDbTableStore.ts';
import { DuckDbWorker } from '../../../src/adapters/duckdb/duckDbWorker.ts';
import { ServerSnapshot } from '../../../src/adapters/duckdb/serverSnapshot.ts';
import { watchDatabaseFile } from '../../../src/adapters/files/fileWatch.ts';
import { FileRunBoard } from '../../../src/adapters/files/fileRunBoard.ts';
import { FileRunRecords } from '../../../src/adapters/files/fileRunRecords.ts';
import { FileTableMemory } from '../../../src/adapters/files/fileTableMemory.ts';
import { KeptCatalog } from '../../../src/adapters/files/keptCatalog.ts';
import { LatestEarlierCatalog } from '../../../src/adapters/files/latestEarlierCatalog.ts';
import { prepareStateFolder } from '../../../src/adapters/files/stateFolder.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import { LocalSource, localSourceId, type LocalSourceParts } from '../../../src/sources/localSource.ts';
import { RememberedTables } from '../../../src/sources/memory/rememberedTables.ts';
import { MemoryLog } from '../../fixtures/engineFakes.ts';

const WORKER_ENTRY = fileURLToPath(new URL('../../../src/adapters/duckdb/workerEntry.ts', import.meta.url));
export const PROJECT = 'engine-tests';

export interface LocalWindowOptions {
  readonly database: string;
  readonly endpoint: string;
  readonly stateFolder: string;
  readonly concurrency?: number | 'auto';
  readonly requestsPerSecond?: number;
  readonly waits?: BusyWaits;
  /** Program of the child, in place of the product's own. */
  readonly workerEntry?: string;
  /** A child that other windows use as well, in place of one of its own; it outlives the window. */
  readonly worker?: DuckDbWorker;
  /** Changes parts on their way into the source, to watch them or to crash in them. */
  readonly alter?: (parts: LocalSourceParts) => LocalSourceParts;
}

/** What one editor window makes for a shared file, with real parts throughout and no VS Code. */
export class LocalWindow {
  readonly worker: DuckDbWorker;
  readonly #ownsWorker: boolean;
  readonly source: LocalSource;
  readonly log = new MemoryLog();

  constructor({
    database,
    endpoint,
    stateFolder,
    concurrency = 16,
    requestsPerSecond = 100,
    waits,
    workerEntry = WORKER_ENTRY,
    worker,
    alter = (parts) => parts,
  }: LocalWindowOptions) {
    const clock = createSystemClock();
    this.#ownsWorker = worker === undefined;
    this.worker = worker ?? startWorker(workerEntry);
    const configuration = resolveBigQueryConfiguration({ project: PROJECT, apiEndpoint: endpoint }, {});
    const provider = new BigQueryProvider({
      configuration,
      fetch: (url, init) => fetch(url, init),
      clock,
      environment: {},
      platform: process.platform,
    });
    const prepareFolder = (): Promise<void> => prepareStateFolder(stateFolder);
    const id = localSourceId(database);
    const memory = new RememberedTables(
      new FileTableMemory(path.join(stateFolder, 'memory'), id, clock, this.log),
      clock,
    );
    const parts: LocalSourceParts = {
      realPath: database,
      label: path.basename(database),
      backgroundRefresh: true,
      watch: (onChange) => watchDatabaseFile(database, clock, this.log, onChange),
      store: new DuckDbTableStore(database, this.worker, clock, waits),
      earlier: new LatestEarlierCatalog(
        new KeptCatalog(path.join(stateFolder, 'snapshots'), id, clock, this.log),
        new ServerSnapshot(database, this.worker, this.log),
        clock,
      ),
      memory,
      lock: new DuckDbRunLock({ folder: stateFolder, prepareFolder, worker: this.worker }),
      board: new FileRunBoard({ folder: stateFolder, prepareFolder, clock, log: this.log }),
      records: new FileRunRecords(stateFolder, this.log),
      window: `window of ${process.pid}`,
      clock,
      random: Math.random,
      log: this.log,
      policy: () => ({ intervalSeconds: 14_400n, thresholdSeconds: 28_800n }),
      prepare: () => ({ limits: { concurrency, requestsPerSecond }, project: PROJECT, provider }),
      owned: {
        dispose: () => {
          memory.dispose();
          provider.dispose();
        },
      },
    };
    this.source = new LocalSource(alter(parts));
  }

  async dispose(): Promise<void> {
    this.source.dispose();
    await this.source.settled();
    if (this.#ownsWorker) await this.worker.dispose();
  }
}

/** The product's DuckDB child, for one window or for several. */
export function startWorker(entryPath = WORKER_ENTRY): DuckDbWorker {
  return new DuckDbWorker({ entryPath, clock: createSystemClock(), env: process.env });
}

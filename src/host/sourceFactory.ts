import { homedir } from 'node:os';
import path from 'node:path';
import type * as vscode from 'vscode';
import type { BigQuerySettings } from '../adapters/bigquery/bigQueryConfiguration.ts';
import { DuckDbTableStore } from '../adapters/duckdb/duckDbTableStore.ts';
import type { DuckDbWorker } from '../adapters/duckdb/duckDbWorker.ts';
import { DuckDbRunLock } from '../adapters/duckdb/duckDbRunLock.ts';
import { ServerSnapshot } from '../adapters/duckdb/serverSnapshot.ts';
import { inspectSharedFile } from '../adapters/duckdb/sharedFile.ts';
import { watchDatabaseFile } from '../adapters/files/fileWatch.ts';
import { FileRunBoard } from '../adapters/files/fileRunBoard.ts';
import { FileRunRecords } from '../adapters/files/fileRunRecords.ts';
import { FileTableMemory } from '../adapters/files/fileTableMemory.ts';
import { KeptCatalog } from '../adapters/files/keptCatalog.ts';
import { LatestEarlierCatalog } from '../adapters/files/latestEarlierCatalog.ts';
import { guardAgainstPostgres } from '../adapters/files/postgresGuard.ts';
import { prepareStateFolder, stateFolderFor } from '../adapters/files/stateFolder.ts';
import { DisposableStore } from '../core/disposable.ts';
import { AgnesFailure } from '../core/failure.ts';
import { LocalSource, localSourceId } from '../sources/localSource.ts';
import { RememberedTables } from '../sources/memory/rememberedTables.ts';
import type { MetadataSource } from '../sources/metadataSource.ts';
import { absolutePath } from './absolutePath.ts';
import { LazyBigQueryProvider } from './lazyBigQueryProvider.ts';
import type { ServerParts } from './server/serverParts.ts';
import type { StorageFolders, UserState } from './server/userState.ts';
import { sampleLabel, type ServerChoice, type SourceChoice } from './sourceChoice.ts';
import { windowName } from './windowName.ts';

export interface SourceFactoryParts extends ServerParts {
  readonly worker: DuckDbWorker;
  /** Folder of the extension for all workspaces. */
  readonly storage: vscode.Uri;
}

/** Makes the source of a choice. */
export class SourceFactory {
  readonly #parts: SourceFactoryParts;

  constructor(parts: SourceFactoryParts) {
    this.#parts = parts;
  }

  /**
   * Rejects with an `AgnesFailure` when the file is not there or not usable at all. A server that can't be reached opens:
   * reading it says so.
   */
  async open(choice: SourceChoice): Promise<MetadataSource> {
    if (choice.kind === 'sample') return this.#openSample();
    if (choice.kind === 'server') {
      const { openServerSource } = await import('./server/serverSource.ts');
      return openServerSource(choice, this.#parts, this.#folders);
    }
    const file = absolutePath(choice.path);
    if (file === undefined) {
      throw new AgnesFailure('settingInvalid', {
        detail: 'database is not an absolute path',
        setting: 'database',
      });
    }
    const { realPath } = await inspectSharedFile(file);
    return this.#openFile(realPath, {
      label: realPath,
      bigQuerySettings: () => this.#parts.settings.bigQuery,
      backgroundRefresh: true,
      owned: new DisposableStore(),
    });
  }

  /** What is kept of a server for who is signed in there, to be forgotten; `undefined` where nobody is. */
  async stateOfUser(choice: ServerChoice): Promise<UserState | undefined> {
    const { stateOfUser } = await import('./server/serverSource.ts');
    return stateOfUser(choice, this.#parts, this.#folders);
  }

  get #folders(): StorageFolders {
    const { fsPath } = this.#parts.storage;
    return { snapshots: path.join(fsPath, 'snapshots'), memory: path.join(fsPath, 'memory') };
  }

  async #openSample(): Promise<MetadataSource> {
    const { openSample } = await import('./sampleSource.ts');
    const { storage, worker, clock } = this.#parts;
    const owned = new DisposableStore();
    const sample = owned.add(await openSample(path.join(storage.fsPath, 'sample'), worker, clock));
    const settings: BigQuerySettings = { project: sample.project, apiEndpoint: sample.endpoint };
    return this.#openFile(sample.realPath, {
      label: sampleLabel(),
      bigQuerySettings: () => settings,
      backgroundRefresh: false,
      owned,
    });
  }

  #openFile(
    realPath: string,
    {
      label,
      bigQuerySettings,
      backgroundRefresh,
      owned,
    }: {
      readonly label: string;
      readonly bigQuerySettings: () => BigQuerySettings;
      readonly backgroundRefresh: boolean;
      readonly owned: DisposableStore;
    },
  ): MetadataSource {
    const { worker, clock, log, settings, environment } = this.#parts;
    const provider = owned.add(new LazyBigQueryProvider(bigQuerySettings, environment, clock));
    const store = guardAgainstPostgres(new DuckDbTableStore(realPath, worker, clock), async () => {
      const { isStateInPostgres } = await import('../adapters/files/agnesBackend.ts');
      return isStateInPostgres(realPath, environment);
    });
    const place = { platform: process.platform, home: homedir(), environment };
    const folder = stateFolderFor(realPath, place);
    const prepareFolder = (): Promise<void> => prepareStateFolder(folder);
    const id = localSourceId(realPath);
    const { snapshots, memory: memoryFolder } = this.#folders;
    const memory = owned.add(new RememberedTables(new FileTableMemory(memoryFolder, id, clock, log), clock));
    return new LocalSource({
      realPath,
      label,
      backgroundRefresh,
      watch: (onChange) => watchDatabaseFile(realPath, clock, log, onChange),
      store,
      earlier: new LatestEarlierCatalog(
        new KeptCatalog(snapshots, id, clock, log),
        new ServerSnapshot(realPath, worker, log),
        clock,
      ),
      memory,
      lock: new DuckDbRunLock({ folder, prepareFolder, worker }),
      board: new FileRunBoard({ folder, prepareFolder, clock, log }),
      records: new FileRunRecords(folder, log),
      window: windowName(),
      clock,
      random: Math.random,
      log,
      policy: () => settings.policy,
      prepare: () => ({ limits: settings.policy, ...provider.bind() }),
      owned,
    });
  }
}

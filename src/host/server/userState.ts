import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { FileRunRecords } from '../../adapters/files/fileRunRecords.ts';
import { FileTableMemory } from '../../adapters/files/fileTableMemory.ts';
import { KeptCatalog } from '../../adapters/files/keptCatalog.ts';
import { LatestEarlierCatalog, type EarlierPlace } from '../../adapters/files/latestEarlierCatalog.ts';
import { stateFolderFor } from '../../adapters/files/stateFolder.ts';
import type { EarlierCatalogs } from '../../ports/earlierCatalogs.ts';
import type { RunRecords } from '../../ports/runRecords.ts';
import type { TableMemoryStore } from '../../ports/tableMemoryStore.ts';
import type { ServerParts } from './serverParts.ts';

/** A server has no snapshot of its own that could be read here. */
const NOWHERE: EarlierPlace = {
  takenAt: () => Promise.resolve(undefined),
  read: () => Promise.resolve(undefined),
};

/** The part of the parts that it takes. */
export type UserStateParts = Pick<ServerParts, 'clock' | 'log' | 'environment'>;

/** Folders in the extension's own storage, each for all sources. */
export interface StorageFolders {
  /** Of the kept snapshots. */
  readonly snapshots: string;
  /** Of what is remembered of tables. */
  readonly memory: string;
}

/** What is kept on disk of one server for one of its users: what one of them sees is not what another one sees. */
export class UserState {
  readonly #kept: KeptCatalog;
  readonly #memory: FileTableMemory;
  readonly #folder: string;
  readonly #parts: UserStateParts;

  constructor(origin: string, user: string, parts: UserStateParts, folders: StorageFolders) {
    const { clock, log, environment } = parts;
    const id = `server:${origin} ${user}`;
    this.#parts = parts;
    this.#kept = new KeptCatalog(folders.snapshots, id, clock, log);
    this.#memory = new FileTableMemory(folders.memory, id, clock, log);
    this.#folder = stateFolderFor(id, { platform: process.platform, home: homedir(), environment });
  }

  get records(): RunRecords {
    return new FileRunRecords(this.#folder, this.#parts.log);
  }

  /**
   * @param isSignedOut asked before what waits is written at the end: this user may have signed out, in whatever window
   */
  earlier(isSignedOut: () => Promise<boolean>): EarlierCatalogs {
    const kept = this.#kept;
    const inner = new LatestEarlierCatalog(kept, NOWHERE, this.#parts.clock);
    return {
      keep: (catalog) => inner.keep(catalog),
      latest: (laterThan, signal) => inner.latest(laterThan, signal),
      flush: async () => {
        if (await isSignedOut()) await kept.forget();
        else await inner.flush();
      },
    };
  }

  /** @param isSignedOut as for `earlier` */
  memory(isSignedOut: () => Promise<boolean>): TableMemoryStore {
    const memory = this.#memory;
    return {
      readFacts: () => memory.readFacts(),
      keepFacts: (facts) => memory.keepFacts(facts),
      forgetFacts: (tableIds) => memory.forgetFacts(tableIds),
      addHistory: (points) => memory.addHistory(points),
      readHistory: (tableId) => memory.readHistory(tableId),
      flush: async () => {
        if (await isSignedOut()) await memory.forget();
        else await memory.flush();
      },
    };
  }

  /** Removes it all; never rejects. */
  async forget(): Promise<void> {
    await this.#kept.forget();
    await this.#memory.forget();
    await rm(this.#folder, { recursive: true, force: true }).catch((error: unknown) => {
      this.#parts.log.warn(`the history could not be removed: ${String(error)}`);
    });
  }
}

/** Of nobody in particular nothing is kept: it could be shown to somebody else. */
export const NOBODYS_STATE: {
  readonly earlier: EarlierCatalogs;
  readonly records: RunRecords;
  readonly memory: TableMemoryStore;
} = {
  earlier: {
    keep: () => undefined,
    latest: () => Promise.resolve(undefined),
    flush: () => Promise.resolve(),
  },
  records: { read: () => Promise.resolve([]), append: () => Promise.resolve() },
  memory: {
    readFacts: () => Promise.resolve(new Map()),
    keepFacts: () => undefined,
    forgetFacts: () => undefined,
    addHistory: () => undefined,
    readHistory: () => Promise.resolve([]),
    flush: () => Promise.resolve(),
  },
};

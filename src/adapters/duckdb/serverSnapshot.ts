import { asFailure } from '../../core/failure.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { Log } from '../../ports/log.ts';
import type { Catalog } from '../../ports/tableStore.ts';
import type { DuckDbWorker } from './duckDbWorker.ts';
import { findServerSnapshot, serverSnapshotFolder } from './serverSnapshotFiles.ts';

/** The rolling snapshot that a server keeps beside its database. It is as readable while the server runs as otherwise. */
export class ServerSnapshot {
  readonly #folder: string;
  readonly #worker: DuckDbWorker;
  readonly #log: Log;

  /** @param databasePath real path of the shared file */
  constructor(databasePath: string, worker: DuckDbWorker, log: Log) {
    this.#folder = serverSnapshotFolder(databasePath);
    this.#worker = worker;
    this.#log = log;
  }

  /** Looks by stat alone. `undefined` where there is none; never rejects. */
  async takenAt(): Promise<EpochMicros | undefined> {
    return (await findServerSnapshot(this.#folder))?.takenAt;
  }

  /** `undefined` where there is none that can be read; never rejects. */
  async read(signal?: AbortSignal): Promise<Catalog | undefined> {
    try {
      const reading = await this.#worker.call('readServerSnapshot', { folder: this.#folder }, signal);
      if (reading === null) return undefined;
      return { readAt: reading.takenAt, rows: reading.rows, writeObstacle: undefined };
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (failure.reason !== 'cancelled') this.#log.debug(`reading ${this.#folder}: ${failure.message}`);
      return undefined;
    }
  }
}

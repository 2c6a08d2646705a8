import path from 'node:path';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { LockAnswer, RunLease, RunLock } from '../../ports/runLock.ts';
import type { DuckDbWorker } from './duckDbWorker.ts';

/** The lock file of one shared file: an empty database of our own, never written to, never unlinked. */
const FILE = 'lock.duckdb';

export interface DuckDbRunLockOptions {
  /** Folder of the OS user's state for one shared file. */
  readonly folder: string;
  /** Makes the folder ready; rejects with an `AgnesFailure` where that can't be. */
  readonly prepareFolder: () => Promise<void>;
  readonly worker: DuckDbWorker;
}

/** Single flight as DuckDB's lock on a file, held by the child process for the length of a run (decisions). */
export class DuckDbRunLock implements RunLock {
  readonly #options: DuckDbRunLockOptions;
  readonly #path: string;

  constructor(options: DuckDbRunLockOptions) {
    this.#options = options;
    this.#path = path.join(options.folder, FILE);
  }

  async tryTake(): Promise<LockAnswer> {
    const { prepareFolder, worker } = this.#options;
    try {
      await prepareFolder();
    } catch (thrown) {
      return { kind: 'unavailable', failure: asFailure(thrown, 'fileReadOnly') };
    }
    try {
      const taking = await worker.call('takeLock', { path: this.#path });
      if (!taking.taken) return { kind: 'heldElsewhere', holder: taking.holder ?? undefined };
      return { kind: 'taken', lease: this.#lease(taking.pid) };
    } catch (thrown) {
      const failure = asFailure(thrown);
      if (!isUnwritable(failure)) throw failure;
      const { folder } = this.#options;
      const place = { folder, obstacle: 'lockNotWritable' } as const;
      const detail = `The lock file in ${folder} can’t be written to.`;
      return {
        kind: 'unavailable',
        failure: new AgnesFailure(failure.reason, { detail, place, cause: failure }),
      };
    }
  }

  #lease(pid: number): RunLease {
    const { worker } = this.#options;
    const pin = worker.pin(pid);
    return {
      lockId: this.#path,
      pid,
      lost: pin.lost,
      release: async () => {
        // With its child gone the lock is free; a call would start another child for nothing.
        if (!pin.lost.aborted) {
          await worker.call('releaseLock', { path: this.#path }).catch(() => undefined);
        }
        pin.release();
      },
    };
  }
}

function isUnwritable({ reason }: AgnesFailure): boolean {
  return reason === 'fileReadOnly' || reason === 'diskFull';
}

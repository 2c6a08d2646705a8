import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { FileRunRecords } from '../../adapters/files/fileRunRecords.ts';
import { KeptCatalog } from '../../adapters/files/keptCatalog.ts';
import { LatestEarlierCatalog, type EarlierPlace } from '../../adapters/files/latestEarlierCatalog.ts';
import { stateFolderFor } from '../../adapters/files/stateFolder.ts';
import type { EarlierCatalogs } from '../../ports/earlierCatalogs.ts';
import type { RunRecords } from '../../ports/runRecords.ts';
import type { ServerParts } from './serverParts.ts';

/** A server has no snapshot of its own that could be read here. */
const NOWHERE: EarlierPlace = {
  takenAt: () => Promise.resolve(undefined),
  read: () => Promise.resolve(undefined),
};

/** The part of the parts that it takes. */
export type UserStateParts = Pick<ServerParts, 'clock' | 'log' | 'environment'>;

/** What is kept on disk of one server for one of its users: what one of them sees is not what another one sees. */
export class UserState {
  readonly #kept: KeptCatalog;
  readonly #folder: string;
  readonly #parts: UserStateParts;

  /** @param snapshots folder of the kept snapshots */
  constructor(origin: string, user: string, parts: UserStateParts, snapshots: string) {
    const { clock, log, environment } = parts;
    const id = `server:${origin} ${user}`;
    this.#parts = parts;
    this.#kept = new KeptCatalog(snapshots, id, clock, log);
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

  /** Removes it all; never rejects. */
  async forget(): Promise<void> {
    await this.#kept.forget();
    await rm(this.#folder, { recursive: true, force: true }).catch((error: unknown) => {
      this.#parts.log.warn(`the history could not be removed: ${String(error)}`);
    });
  }
}

/** Of nobody in particular nothing is kept: it could be shown to somebody else. */
export const NOBODYS_STATE: { readonly earlier: EarlierCatalogs; readonly records: RunRecords } = {
  earlier: {
    keep: () => undefined,
    latest: () => Promise.resolve(undefined),
    flush: () => Promise.resolve(),
  },
  records: { read: () => Promise.resolve([]), append: () => Promise.resolve() },
};

import type { TableDetails } from '../../core/cachedMetadata.ts';
import type { AgnesFailure } from '../../core/failure.ts';
import type { StorableOutcome, StoreAnswer } from '../../core/refreshOutcome.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  AccessOptions,
  Catalog,
  StoreOptions,
  TableReading,
  TableStore,
} from '../../ports/tableStore.ts';
import type { DuckDbWorker } from './duckDbWorker.ts';
import type { WireFailure } from './protocol.ts';
import { inspectSharedFile } from './sharedFile.ts';
import { fromWireFailure } from './wireFailure.ts';

/** How long to wait for a file that somebody else holds: a reader can show something else meanwhile. */
export interface BusyWaits {
  readonly readMs: number;
  readonly writeMs: number;
}

/** Four processes that take turns wait 3.8 s at most (engine facts); the Agnes server holds the file for good. */
const DEFAULT_WAITS: BusyWaits = { readMs: 3_000, writeMs: 12_000 };

/** Another window's transaction is over by then; the Agnes server's hold is not. */
const QUICK_WAIT_MS = 300;

/** One shared DuckDB file. It is inspected anew for each call: a server may have replaced it. */
export class DuckDbTableStore implements TableStore {
  readonly #path: string;
  readonly #worker: DuckDbWorker;
  readonly #clock: Clock;
  readonly #waits: BusyWaits;

  /** @param worker started on first need; may be shared with other files, and is disposed by whoever made it */
  constructor(path: string, worker: DuckDbWorker, clock: Clock, waits: BusyWaits = DEFAULT_WAITS) {
    this.#path = path;
    this.#worker = worker;
    this.#clock = clock;
    this.#waits = waits;
  }

  async readCatalog({ signal, quick }: AccessOptions = {}): Promise<Catalog> {
    const { realPath, writeObstacle } = await inspectSharedFile(this.#path);
    const readAt = this.#clock.now();
    const file = { path: realPath, busyWaitMs: this.#waitMs('readMs', quick) };
    const { rows, obstacle } = await this.#worker.call('readCatalog', file, signal);
    return { readAt, rows, writeObstacle: writeObstacle ?? received(obstacle) };
  }

  async readTable(tableId: string, signal?: AbortSignal): Promise<TableReading> {
    const { realPath, writeObstacle } = await inspectSharedFile(this.#path);
    const file = { path: realPath, busyWaitMs: this.#waits.readMs };
    const { row, obstacle } = await this.#worker.call('readTable', { ...file, tableId }, signal);
    return { row, writeObstacle: writeObstacle ?? received(obstacle) };
  }

  async readDetails(tableId: string, signal?: AbortSignal): Promise<TableDetails | null> {
    const { realPath } = await inspectSharedFile(this.#path);
    const file = { path: realPath, busyWaitMs: this.#waits.readMs };
    return this.#worker.call('readDetails', { ...file, tableId }, signal);
  }

  async readDescriptions(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { realPath } = await inspectSharedFile(this.#path);
    return this.#worker.call('readDescriptions', { path: realPath, busyWaitMs: this.#waits.readMs }, signal);
  }

  /** @throws AgnesFailure also with the obstacle that `readCatalog` reports, when there is one */
  async storeOutcomes(
    outcomes: readonly StorableOutcome[],
    { signal, quick, underLock }: StoreOptions = {},
  ): Promise<readonly StoreAnswer[]> {
    const { realPath, writeObstacle } = await inspectSharedFile(this.#path);
    if (writeObstacle !== undefined) throw writeObstacle;
    if (outcomes.length === 0) return [];
    return this.#worker.call(
      'storeOutcomes',
      {
        path: realPath,
        busyWaitMs: this.#waitMs('writeMs', quick),
        outcomes,
        now: this.#clock.now(),
        underLock: underLock ?? null,
      },
      signal,
    );
  }

  #waitMs(kind: keyof BusyWaits, quick = false): number {
    return quick ? Math.min(QUICK_WAIT_MS, this.#waits[kind]) : this.#waits[kind];
  }
}

function received(obstacle: WireFailure | null): AgnesFailure | undefined {
  return obstacle === null ? undefined : fromWireFailure(obstacle);
}

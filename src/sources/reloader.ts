import { DisposableStore, type Disposable } from '../core/disposable.ts';
import { describeFailure } from '../core/failureTexts.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';
import type { MetadataSource } from './metadataSource.ts';
import type { TableModel } from './tableModel.ts';

const FIRST_RETRY_MS = 5_000;
const MAX_RETRY_MS = 60_000;
/** Others may write all the time: their changes are read at most this often. */
const MIN_DISTANCE_MS = 1_000;
/** While another window runs: who reads all the time keeps that one from storing (engine facts, "sharing a file"). */
const RUN_DISTANCE_MS = 5_000;

/**
 * Reads the source again without being asked: when somebody else changed it, and after a failure that may pass, with
 * growing distance. What is on screen then catches up by itself.
 */
export class Reloader implements Disposable {
  readonly #model: TableModel;
  readonly #clock: Clock;
  readonly #owned = new DisposableStore();
  #source: MetadataSource | undefined;
  #watch: Disposable | undefined;
  #cancelRetry: CancelTimer | undefined;
  #retries = 0;
  #disposed = false;
  #cancelReading: CancelTimer | undefined;

  constructor(model: TableModel, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
    this.#owned.add(model.onDidChange(() => this.#follow()));
  }

  #follow(): void {
    if (this.#disposed) return;
    const { source, failure } = this.#model;
    if (source !== this.#source) {
      this.#source = source;
      this.#stop();
      this.#watch?.dispose();
      this.#watch = source?.onChangedByOthers(() => this.#onChangedByOthers());
    }
    if (source === undefined || failure === undefined || !describeFailure(failure).mayPass) {
      this.#cancelRetry?.();
      this.#cancelRetry = undefined;
      this.#retries = 0;
    } else this.#cancelRetry ??= this.#clock.after(this.#retryDelayMs(), () => void this.#retry());
  }

  #retryDelayMs(): number {
    return Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries);
  }

  async #retry(): Promise<void> {
    this.#retries += 1;
    const { source } = this.#model;
    // Still set while reading, so that the failure of this reading plans the next one and not two.
    await this.#model.load({ quick: true });
    if (this.#disposed || this.#model.source !== source) return; // late: another source has its own retries
    this.#cancelRetry = undefined;
    this.#follow();
  }

  #onChangedByOthers(): void {
    // A run of this window reads the file when it ends, and a failure is tried again anyway.
    const { currentRun } = this.#model;
    const isOwnRun = currentRun?.place.kind === 'here';
    if (isOwnRun || this.#cancelRetry !== undefined) return;
    const distanceMs = currentRun === undefined ? MIN_DISTANCE_MS : RUN_DISTANCE_MS;
    this.#cancelReading ??= this.#clock.after(distanceMs, () => {
      this.#cancelReading = undefined;
      void this.#model.load();
    });
  }

  #stop(): void {
    this.#cancelRetry?.();
    this.#cancelReading?.();
    this.#cancelRetry = undefined;
    this.#cancelReading = undefined;
    this.#retries = 0;
  }

  dispose(): void {
    this.#disposed = true;
    this.#stop();
    this.#watch?.dispose();
    this.#owned.dispose();
  }
}

import type { Disposable } from '../../core/disposable.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';

/** A server that needs long for its answer is asked less often: reading is to be a hundredth of the time. */
const DISTANCE_PER_DURATION = 100;
export const MIN_REREAD_MS = 60_000;
export const MAX_REREAD_MS = 600_000;
/** After a failure that does not pass by itself as far as one can tell, such as an answer that could not be read. */
export const REREAD_AFTER_FAILURE_MS = 300_000;

export interface RereadTimerParts {
  readonly clock: Clock;
  /** Switched on; asked each time. */
  readonly enabled: () => boolean;
  /** A run is on, whose polls show what changes. */
  readonly isBusy: () => boolean;
  readonly onDue: () => void;
}

/** Says when a server is to be read again: nothing tells of what others change there. */
export class RereadTimer implements Disposable {
  readonly #parts: RereadTimerParts;
  #cancel: CancelTimer | undefined;
  #disposed = false;

  constructor(parts: RereadTimerParts) {
    this.#parts = parts;
  }

  /** The server was read, and took so long: the next reading is planned anew. */
  planAfter(durationMs: number): void {
    this.#wait(Math.min(MAX_REREAD_MS, Math.max(MIN_REREAD_MS, durationMs * DISTANCE_PER_DURATION)));
  }

  /** The server could not be read, and nobody else tries again. */
  planAfterFailure(): void {
    this.#wait(REREAD_AFTER_FAILURE_MS);
  }

  /** Nothing is planned until the server could be read again: others try, or it is of no use. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(distanceMs: number): void {
    this.stop();
    if (this.#disposed) return;
    const { clock, enabled, isBusy, onDue } = this.#parts;
    this.#cancel = clock.after(distanceMs, () => {
      // Who reads because of it plans the next one.
      if (enabled() && !isBusy()) onDue();
      else this.#wait(distanceMs);
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.stop();
  }
}

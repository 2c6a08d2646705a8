import type { Disposable } from '../core/disposable.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';

/** Ages are written in minutes at the finest, so twice a minute is often enough. */
const CHECK_MS = 30_000;

/** Has whoever shows ages look twice a minute whether they read differently by now. */
export class AgeTimer implements Disposable {
  readonly #clock: Clock;
  readonly #onCheck: () => void;
  #cancelTimer: CancelTimer;

  constructor(clock: Clock, onCheck: () => void) {
    this.#clock = clock;
    this.#onCheck = onCheck;
    this.#cancelTimer = this.#schedule();
  }

  #schedule(): CancelTimer {
    return this.#clock.after(CHECK_MS, () => {
      this.#onCheck();
      this.#cancelTimer = this.#schedule();
    });
  }

  dispose(): void {
    this.#cancelTimer();
  }
}

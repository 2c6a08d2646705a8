import type { Disposable } from '../../core/disposable.ts';
import type { AgnesFailure } from '../../core/failure.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';

/** How long a run without an answer of its own is watched while no further table passes, or no status can be read. */
export const MAX_SILENCE_MS = 300_000;

/**
 * Notices when a run has not moved for long, as far as anybody could see it: who could not look waits until that, too, was
 * for long.
 */
export class Silence implements Disposable {
  readonly #clock: Clock;
  readonly #onSilent: (failure: AgnesFailure | undefined) => void;
  /** When somebody could look last, monotonic. */
  #lookedMs: number;
  /** Why nobody could since. */
  #failure: AgnesFailure | undefined;
  #cancel: CancelTimer | undefined;

  /** @param onSilent told once, with the reason where nobody could look */
  constructor(clock: Clock, onSilent: (failure: AgnesFailure | undefined) => void) {
    this.#clock = clock;
    this.#onSilent = onSilent;
    this.#lookedMs = clock.monotonicMs();
  }

  /** Something moved: from now on it counts. */
  moved(): void {
    this.#wait(MAX_SILENCE_MS);
  }

  looked(): void {
    this.#lookedMs = this.#clock.monotonicMs();
    this.#failure = undefined;
  }

  couldNotLook(failure: AgnesFailure): void {
    this.#failure = failure;
  }

  #wait(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(ms, () => {
      const sightlessMs =
        this.#failure === undefined ? MAX_SILENCE_MS : this.#clock.monotonicMs() - this.#lookedMs;
      if (sightlessMs >= MAX_SILENCE_MS) this.#onSilent(this.#failure);
      else this.#wait(MAX_SILENCE_MS - sightlessMs);
    });
  }

  dispose(): void {
    this.#cancel?.();
  }
}

import type { EpochMicros } from '../../../src/core/time.ts';
import type { CancelTimer, Clock } from '../../../src/ports/clock.ts';

/** A clock that stands still until it is told. */
export class FakeClock implements Clock {
  #ms = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  readonly #startedAt: EpochMicros;

  constructor(startedAt: EpochMicros) {
    this.#startedAt = startedAt;
  }

  now(): EpochMicros {
    return this.#startedAt + BigInt(this.#ms) * 1_000n;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    const timer = { at: this.#ms + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass and runs what is due by then. */
  advance(ms: number): void {
    this.#ms += ms;
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.#ms && this.#timers.delete(timer)) timer.callback();
    }
  }
}

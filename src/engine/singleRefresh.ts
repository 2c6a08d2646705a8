import { AgnesFailure } from '../core/failure.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import { untilAborted } from './waiting.ts';

/** One refresh of one table that several callers may wait for; it is given up when none of them waits any more. */
export class SingleRefresh {
  readonly outcome: Promise<RefreshOutcome>;
  readonly #abort = new AbortController();
  #waiting = 0;

  /** @param start begins the work; its signal aborts when nobody waits any more */
  constructor(start: (signal: AbortSignal) => Promise<RefreshOutcome>) {
    this.outcome = start(this.#abort.signal);
    // Whoever joined is told; a failure after all of them went is nobody's.
    this.outcome.catch(() => undefined);
  }

  /** Waits for the outcome; rejects with `cancelled` as soon as this caller's signal aborts. */
  async join(signal: AbortSignal): Promise<RefreshOutcome> {
    this.#waiting += 1;
    try {
      return await untilAborted(this.outcome, signal);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.cancel();
    }
  }

  /** Given up: it may still take a moment to settle, and nobody joins it any more. */
  get isCancelled(): boolean {
    return this.#abort.signal.aborted;
  }

  cancel(): void {
    this.#abort.abort(new AgnesFailure('cancelled'));
  }
}

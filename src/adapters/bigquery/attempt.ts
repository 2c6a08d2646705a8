import type { Clock } from '../../ports/clock.ts';

/**
 * One attempt's end: its deadline, or the caller's abort. The caller's signal lives for a whole run and is let go of at
 * the end, which `AbortSignal.any` would leave to the garbage collector.
 */
export class Attempt {
  readonly #abortion = new AbortController();
  readonly #caller: AbortSignal;
  readonly #cancelTimer: () => void;
  #isExpired = false;
  readonly #onCallerAbort = (): void => this.#abortion.abort(this.#caller.reason);

  constructor(clock: Clock, deadlineMs: number, caller: AbortSignal) {
    this.#caller = caller;
    caller.addEventListener('abort', this.#onCallerAbort, { once: true });
    this.#cancelTimer = clock.after(deadlineMs, () => {
      this.#isExpired = true;
      this.#abortion.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#abortion.signal;
  }

  /** Whether the deadline ended it. */
  get isExpired(): boolean {
    return this.#isExpired;
  }

  /** Waits for what can't be aborted itself; rejects when the attempt ends first. */
  async waitFor<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    let onAbort = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      onAbort = () => reject(new Error('attempt ended'));
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await Promise.race([promise, ended]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  end(): void {
    this.#cancelTimer();
    this.#caller.removeEventListener('abort', this.#onCallerAbort);
  }
}

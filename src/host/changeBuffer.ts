import type { Disposable } from '../core/disposable.ts';
import type { CancelTimer, Clock } from '../ports/clock.ts';

/** Soon enough to look immediate, and long enough that a run of thousands of tables redraws some twenty times a second. */
const COLLECT_MS = 50;

/** Collects ids of changed tables, and hands them over together. */
export class ChangeBuffer implements Disposable {
  readonly #clock: Clock;
  readonly #flush: (ids: ReadonlySet<string>) => void;
  #ids = new Set<string>();
  #cancelTimer: CancelTimer | undefined;

  constructor(clock: Clock, flush: (ids: ReadonlySet<string>) => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.#ids.add(id);
    this.#cancelTimer ??= this.#clock.after(COLLECT_MS, () => {
      this.#cancelTimer = undefined;
      const collected = this.#ids;
      this.#ids = new Set();
      this.#flush(collected);
    });
  }

  /** Forgets what is collected: everything is drawn anew. */
  clear(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#ids.clear();
  }

  dispose(): void {
    this.clear();
  }
}

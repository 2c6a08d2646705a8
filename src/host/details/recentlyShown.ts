import type { Disposable } from '../../core/disposable.ts';

/** Keeps a number of things by key; one more ends the one that was shown longest ago. */
export class RecentlyShown<T extends Disposable> implements Disposable {
  readonly #max: number;
  /** In that order too. */
  readonly #items = new Map<string, T>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The thing of this key, made where there is none: from now on the one that was shown last. */
  show(key: string, make: () => T): T {
    const item = this.#items.get(key) ?? make();
    this.#items.delete(key);
    this.#items.set(key, item);
    while (this.#items.size > this.#max) {
      const [oldest] = this.#items;
      if (oldest === undefined) break;
      this.#items.delete(oldest[0]);
      oldest[1].dispose();
    }
    return item;
  }

  /** Shown longest ago first. */
  get items(): readonly T[] {
    return [...this.#items.values()];
  }

  /** Somebody else ended it. */
  forget(key: string, item: T): void {
    if (this.#items.get(key) === item) this.#items.delete(key);
  }

  dispose(): void {
    for (const item of this.items) item.dispose();
    this.#items.clear();
  }
}

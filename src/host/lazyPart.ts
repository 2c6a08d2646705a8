import type { Disposable } from '../core/disposable.ts';

/** A part whose code loads when somebody first wants it; where that fails, it is tried anew for the next one. */
export class LazyPart<T extends Disposable> implements Disposable {
  readonly #load: () => Promise<T>;
  #loading: Promise<T> | undefined;
  #loaded: T | undefined;
  #isDisposed = false;

  /** @param load imports the code and makes the part; may reject */
  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** What is there already, without loading it. */
  get loaded(): T | undefined {
    return this.#loaded;
  }

  /** Rejects as the loading does. */
  get(): Promise<T> {
    if (this.#loading === undefined) {
      const loading = this.#make();
      this.#loading = loading;
      loading.catch(() => {
        if (this.#loading === loading) this.#loading = undefined;
      });
    }
    return this.#loading;
  }

  async #make(): Promise<T> {
    const part = await this.#load();
    // The window closed while it was loading.
    if (this.#isDisposed) part.dispose();
    else this.#loaded = part;
    return part;
  }

  /** What is still loading ends when it is there. */
  dispose(): void {
    this.#isDisposed = true;
    this.#loaded?.dispose();
    this.#loaded = undefined;
  }
}

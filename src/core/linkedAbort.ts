import type { Disposable } from './disposable.ts';

/**
 * Aborts by itself or with the first of other signals, and lets go of those when it is disposed. `AbortSignal.any` leaves
 * that to the garbage collector: what ten thousand tables hang on the signal of a run would stay until it comes by.
 */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #onAbort = (): void => {
    this.#controller.abort(this.#sources.find(({ aborted }) => aborted)?.reason);
    this.dispose();
  };

  constructor(...sources: readonly AbortSignal[]) {
    this.#sources = sources;
    if (sources.some(({ aborted }) => aborted)) this.#onAbort();
    else for (const source of sources) source.addEventListener('abort', this.#onAbort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller.abort();
  }

  dispose(): void {
    for (const source of this.#sources) source.removeEventListener('abort', this.#onAbort);
  }
}

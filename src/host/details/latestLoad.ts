import type { Disposable } from '../../core/disposable.ts';
import { asFailure } from '../../core/failure.ts';
import { NOT_LOADED, type Loaded } from './detailsInput.ts';

/** Reads something again and again; a later reading ends the one before, and only the latest one counts. */
export class LatestLoad<T> implements Disposable {
  readonly #onChange: () => void;
  #state: Loaded<T> = NOT_LOADED;
  #abort: AbortController | undefined;

  /** @param onChange told when a reading begins or ends */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get state(): Loaded<T> {
    return this.#state;
  }

  /** @param read may reject; `undefined` from it is nothing known */
  start(read: (signal: AbortSignal) => Promise<T | undefined>): void {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#state = { ...this.#state, isLoading: true };
    this.#onChange();
    void this.#read(read, abort.signal);
  }

  async #read(read: (signal: AbortSignal) => Promise<T | undefined>, signal: AbortSignal): Promise<void> {
    let state: Loaded<T>;
    try {
      state = { value: await read(signal), isLoading: false, failure: undefined };
    } catch (error) {
      // What an earlier reading gave stays: the failure says that it is of then.
      state = { value: this.#state.value, isLoading: false, failure: asFailure(error) };
    }
    if (signal.aborted) return;
    this.#state = state;
    this.#onChange();
  }

  /** Ends the reading that is under way and forgets what was read. */
  reset(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.#state = NOT_LOADED;
  }

  dispose(): void {
    this.reset();
  }
}

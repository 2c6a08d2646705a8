interface Watch {
  readonly callbacks: Set<() => void>;
  readonly onAbort: () => void;
}

/**
 * Calls many back when a signal is aborted, with one listener a signal: a signal looks through all its listeners before it
 * takes another, which for the ten thousand tables of a run is 300 ms in which the window stands still.
 */
export class SharedAbort {
  readonly #watches = new Map<AbortSignal, Watch>();

  /** The signal is not aborted yet. */
  add(signal: AbortSignal, callback: () => void): void {
    const watch = this.#watches.get(signal) ?? this.#watch(signal);
    watch.callbacks.add(callback);
  }

  delete(signal: AbortSignal, callback: () => void): void {
    const watch = this.#watches.get(signal);
    watch?.callbacks.delete(callback);
    if (watch?.callbacks.size === 0) this.#forget(signal, watch);
  }

  #watch(signal: AbortSignal): Watch {
    const callbacks = new Set<() => void>();
    const watch: Watch = {
      callbacks,
      onAbort: () => {
        this.#forget(signal, watch);
        for (const callback of callbacks) callback();
      },
    };
    this.#watches.set(signal, watch);
    signal.addEventListener('abort', watch.onAbort, { once: true });
    return watch;
  }

  #forget(signal: AbortSignal, watch: Watch): void {
    this.#watches.delete(signal);
    signal.removeEventListener('abort', watch.onAbort);
  }
}

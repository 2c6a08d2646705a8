/** Something that holds a resource until it is disposed; disposing twice does nothing. */
export interface Disposable {
  dispose(): void;
}

/** Holds several disposables and ends them in reverse order; one that is added too late is ended at once. */
export class DisposableStore implements Disposable {
  readonly #items: Disposable[] = [];
  #disposed = false;

  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  dispose(): void {
    this.#disposed = true;
    for (let item = this.#items.pop(); item !== undefined; item = this.#items.pop()) item.dispose();
  }
}

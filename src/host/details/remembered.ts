/** Keeps one thing for as long as what it is made of is the same: the same objects, not only equal ones. */
export class Remembered<T> {
  #kept: { readonly from: readonly unknown[]; readonly made: T } | undefined;

  /**
   * @param from all that `make` looks at
   * @returns the very same thing as the last time, where each of `from` is what it was then
   */
  get(from: readonly unknown[], make: () => T): T {
    const { from: before } = this.#kept ?? {};
    const isSame =
      before?.length === from.length && before.every((one, index) => Object.is(one, from[index]));
    if (this.#kept === undefined || !isSame) this.#kept = { from, made: make() };
    return this.#kept.made;
  }
}

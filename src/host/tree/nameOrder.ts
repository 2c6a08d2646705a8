import type { TableView } from '../../sources/tableView.ts';

/** Built once: making one costs more than a thousand comparisons. Numbers in names count as numbers. */
const collator = new Intl.Collator('en', { numeric: true });

/** Names as people order them; equal ones by their characters, so that the order is always the same. */
export function compareNames(a: string, b: string): number {
  const order = collator.compare(a, b);
  if (order !== 0) return order;
  return a < b ? -1 : Number(a > b);
}

/** Places of tables by name. Comparing names is the dear part of arranging, and names seldom change: kept until they do. */
export class NameOrder {
  #names = new Map<string, string>();
  #places = new Map<string, number>();

  /** The place of each table by id: by name, then by id. */
  places(views: readonly TableView[]): ReadonlyMap<string, number> {
    if (!this.#isKnown(views)) this.#sort(views);
    return this.#places;
  }

  #isKnown(views: readonly TableView[]): boolean {
    if (views.length !== this.#names.size) return false;
    return views.every(({ registration: { id, name } }) => this.#names.get(id) === name);
  }

  #sort(views: readonly TableView[]): void {
    const sorted = views
      .map(({ registration: { id, name } }) => ({ id, name }))
      .sort((a, b) => compareNames(a.name, b.name) || compareNames(a.id, b.id));
    this.#names = new Map(sorted.map(({ id, name }) => [id, name]));
    this.#places = new Map(sorted.map(({ id }, place) => [id, place]));
  }
}

import { createHash } from 'node:crypto';
import { countFreshness, FRESHNESS_STATES, type FreshnessCounts } from '../../core/freshness.ts';
import type { TableView } from '../../sources/tableView.ts';
import {
  effectiveGrouping,
  type Arrangement,
  type FallbackReason,
  type Grouping,
  type GroupingCapabilities,
  type SortKey,
  type TableFilter,
} from './arrangement.ts';
import { compareNames, NameOrder } from './nameOrder.ts';
import { filterTest } from './tableFilter.ts';
import { datasetName, folderName, tableLabel } from './tableTexts.ts';

/** Rows of one list: VS Code makes all of them when it is opened. A longer list is divided. */
export const MAX_GROUP_SIZE = 500;
/** Rows that are open before anybody opened anything, so that the first look is quick with any number of tables. */
const MAX_OPEN_AT_FIRST = 500;

/** Between the pieces of a key: no name has one, for names are single lines. */
const KEY_SEPARATOR = '\n';

export type GroupKind = 'pinned' | Exclude<Grouping, 'flat'> | 'part';

/** A group of tables, or a part of one. */
export interface ArrangedGroup {
  readonly kind: GroupKind;
  /** Names it over time: expansion and selection hang on it. */
  readonly key: string;
  /** Dataset or folder, `''` where a table has none; state; of a part, its first and last name. One line to show. */
  readonly name: string;
  readonly counts: FreshnessCounts;
  readonly children: readonly ArrangedChild[];
  /** Open until somebody closes it. */
  readonly isOpenAtFirst: boolean;
  /** Why it is a group of states, where somebody chose something else. */
  readonly because: FallbackReason | undefined;
}

/** A group, or the id of a table. */
export type ArrangedChild = ArrangedGroup | string;

export interface Arranged {
  readonly grouping: Grouping;
  readonly roots: readonly ArrangedChild[];
  /** What was arranged, by id, as it stood then; without what is filtered away. */
  readonly shown: ReadonlyMap<string, TableView>;
}

/** What decides where tables stand. */
export interface ArrangeOptions {
  readonly arrangement: Arrangement;
  readonly pinned: ReadonlySet<string>;
  readonly capabilities: GroupingCapabilities;
}

/**
 * Lays tables out: the pinned ones in a group on top and nowhere else, the others in their groups, sorted, no list longer
 * than `MAX_GROUP_SIZE` rows. Loses none of the tables that pass the filter, and shows none twice.
 *
 * @param names order of names, kept from one call to the next
 */
export function arrangeTables(
  views: Iterable<TableView>,
  { arrangement, pinned, capabilities }: ArrangeOptions,
  names = new NameOrder(),
): Arranged {
  const all = [...views];
  const isShown = filterTest(arrangement.filter);
  const shown = isShown === undefined ? all : all.filter(isShown);
  const sorted = sortTables(shown, arrangement.sort, names.places(all));
  const { grouping, because } = effectiveGrouping(arrangement.grouping, capabilities);
  const onTop = sorted.filter(({ registration }) => pinned.has(registration.id));
  const others =
    onTop.length === 0 ? sorted : sorted.filter(({ registration }) => !pinned.has(registration.id));
  const room = new Room();
  const roots: ArrangedChild[] = [];
  // Other groups for each filter: one that was closed without it would hide what the filter finds.
  const under = isShown === undefined ? '' : `${KEY_SEPARATOR}filter:${digest(arrangement.filter)}`;
  if (onTop.length > 0) roots.push(makeGroup('pinned', `pinned${under}`, '', onTop, undefined, room));
  if (grouping === 'flat') roots.push(...divide(`flat${under}`, others, room));
  else {
    for (const [name, ofGroup] of groupBy(others, grouping)) {
      roots.push(makeGroup(grouping, `${grouping}:${name}${under}`, name, ofGroup, because, room));
    }
  }
  return { grouping, roots, shown: new Map(shown.map((view) => [view.registration.id, view])) };
}

/** Counts rows that are open at first. */
class Room {
  #left = MAX_OPEN_AT_FIRST;

  /** Whether as many more rows still find room: then they take it. */
  take(rows: number): boolean {
    if (rows > this.#left) {
      this.#left = 0; // what comes later stays closed too: open ones below closed ones would be found by nobody
      return false;
    }
    this.#left -= rows;
    return true;
  }
}

function makeGroup(
  kind: GroupKind,
  key: string,
  name: string,
  views: readonly TableView[],
  because: FallbackReason | undefined,
  room: Room,
): ArrangedGroup {
  const isDivided = views.length > MAX_GROUP_SIZE;
  const isOpenAtFirst = isDivided || room.take(views.length);
  const children = divide(key, views, room);
  return { kind, key, name, counts: countFreshness(views), children, isOpenAtFirst, because };
}

function divide(key: string, views: readonly TableView[], room: Room): readonly ArrangedChild[] {
  if (views.length <= MAX_GROUP_SIZE) return views.map(({ registration }) => registration.id);
  const parts: ArrangedChild[] = [];
  for (let from = 0; from < views.length; from += MAX_GROUP_SIZE) {
    const part = views.slice(from, from + MAX_GROUP_SIZE);
    // By place, not by its names: they change with every table that comes, and the part stays open.
    parts.push(makeGroup('part', partKey(key, from / MAX_GROUP_SIZE), partName(part), part, undefined, room));
  }
  return parts;
}

function partKey(key: string, index: number): string {
  return `${key}${KEY_SEPARATOR}part:${index}`;
}

/** Names a filter, in few characters however long it is. */
function digest({ text, states, entityTypes }: TableFilter): string {
  const all = JSON.stringify([text, states.toSorted(), entityTypes.toSorted()]);
  return createHash('sha256').update(all).digest('base64url').slice(0, 12);
}

function partName(views: readonly TableView[]): string {
  const [first, last] = [views[0], views.at(-1)];
  return first === undefined || last === undefined
    ? ''
    : `${tableLabel(first, 40)} – ${tableLabel(last, 40)}`;
}

/** Groups that have tables: datasets and folders by name with the nameless last, states with the worst first. */
function groupBy(views: readonly TableView[], grouping: Exclude<Grouping, 'flat'>): [string, TableView[]][] {
  const groups = [...Map.groupBy(views, (view) => groupOf(view, grouping))];
  const states: readonly string[] = FRESHNESS_STATES;
  if (grouping === 'freshness') return groups.sort(([a], [b]) => states.indexOf(a) - states.indexOf(b));
  return groups.sort(([a], [b]) => Number(a === '') - Number(b === '') || compareNames(a, b));
}

function groupOf({ registration, freshness }: TableView, grouping: Exclude<Grouping, 'flat'>): string {
  switch (grouping) {
    case 'dataset':
      return datasetName(registration);
    case 'folder':
      return folderName(registration);
    case 'freshness':
      return freshness;
  }
}

/** Sorted, without touching the array: what is not known comes last, equal values stand by name. */
function sortTables(
  views: readonly TableView[],
  sort: SortKey,
  places: ReadonlyMap<string, number>,
): readonly TableView[] {
  const keyed = views.map((view) => ({
    view,
    value: sortValue(view, sort),
    place: places.get(view.registration.id) ?? 0,
  }));
  // Oldest first, but largest first.
  const sign = sort === 'age' ? 1 : -1;
  keyed.sort((a, b) => {
    if (a.value === b.value) return a.place - b.place;
    if (a.value === null) return 1;
    if (b.value === null) return -1;
    return a.value < b.value ? -sign : sign;
  });
  return keyed.map(({ view }) => view);
}

/** Exact: sizes and times are beyond what a number can hold. */
function sortValue({ cached }: TableView, sort: SortKey): bigint | null {
  switch (sort) {
    case 'name':
      return null;
    case 'age':
      return cached?.refreshedAt ?? null;
    case 'size':
      return cached?.sizeBytes ?? null;
    case 'rows':
      return cached?.rows ?? null;
  }
}

/** Makes the test whether a table that changed stands where it stood, in a group that counts as it counted. */
export function placeTest({
  arrangement,
}: ArrangeOptions): (before: TableView | undefined, after: TableView) => boolean {
  const { sort, filter } = arrangement;
  const isShown = filterTest(filter);
  return (before, after) => {
    const shows = isShown?.(after) ?? true;
    if (before === undefined || !shows) return (before !== undefined) === shows;
    return (
      before.freshness === after.freshness &&
      sortValue(before, sort) === sortValue(after, sort) &&
      (before.registration === after.registration || hasSamePlace(before, after))
    );
  };
}

function hasSamePlace({ registration: a }: TableView, { registration: b }: TableView): boolean {
  return a.name === b.name && a.bucket === b.bucket && a.bqFqn === b.bqFqn && a.folder === b.folder;
}

import type { CachedMetadata } from '../../core/cachedMetadata.ts';
import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { RefreshOutcome, RegisteredAs } from '../../core/refreshOutcome.ts';
import { compareShapes, type TableChange, type TableShape } from '../../core/tableChange.ts';
import {
  isRegisteredAlike,
  isSameTable,
  mergeFacts,
  type HistoryPoint,
  type NotedChange,
  type ObservedTime,
  type SeenRefresh,
  type TableFacts,
} from '../../core/tableFacts.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { TableMemoryStore } from '../../ports/tableMemoryStore.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';
import type { TableMemory } from './tableMemory.ts';

/** Tables that something is remembered of; what comes above it is shown without. */
export const MAX_FACTS = 200_000;
/** Tables that are not registered any more and of which it is remembered what was seen last: they may come back. */
export const MAX_GONE = 10_000;
/** Wait before what another window remembers of its refresh is read: it writes only every few seconds. */
const OTHERS_WAIT_MS = 15_000;

const NOTHING_REMEMBERED: TableFacts = { lastModified: null, seen: null, change: null, failure: null };

const NEVER: EpochMicros = -(2n ** 63n);

type OkOutcome = Extract<RefreshOutcome, { status: 'ok' }>;

/**
 * What is remembered of the tables of one source, in memory, with a store behind it that other windows share. What is
 * observed before the store was read is taken in after it, or every table would look new.
 */
export class RememberedTables implements TableMemory, Disposable {
  readonly #store: TableMemoryStore;
  readonly #clock: Clock;
  readonly #changed = new Emitter<readonly string[]>();
  readonly onDidChange = this.#changed.event;
  readonly #facts = new Map<string, TableFacts>();
  #loading: Promise<void> | undefined;
  /** What came before the store was read, in order. */
  #waiting: (() => void)[] | undefined = [];
  #cancelReread: CancelTimer | undefined;
  /** Time of the latest failure of somebody else in a reading. */
  #latestError: EpochMicros = NEVER;
  #disposed = false;

  constructor(store: TableMemoryStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  load(): Promise<void> {
    return (this.#loading ??= this.#load());
  }

  async #load(): Promise<void> {
    const kept = await this.#store.readFacts();
    const ids: string[] = [];
    for (const [id, facts] of kept) {
      if (this.#facts.size >= MAX_FACTS) break;
      this.#facts.set(id, facts);
      ids.push(id);
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (this.#disposed) return;
    this.#tell(ids);
    for (const observe of waiting) observe();
  }

  facts(tableId: string): TableFacts | undefined {
    return this.#facts.get(tableId);
  }

  history(tableId: string): Promise<readonly HistoryPoint[]> {
    return this.#store.readHistory(tableId);
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  observeCatalog(
    rows: readonly CatalogRow[],
    changes: ReadonlyMap<string, TableChange> = new Map<string, TableChange>(),
  ): void {
    if (this.#isTooEarly(() => this.observeCatalog(rows, changes))) return;
    const news = new Map<string, TableFacts>();
    const points = new Map<string, HistoryPoint>();
    let known = 0;
    let latestError = this.#latestError;
    for (const { registration, cached } of rows) {
      const before = this.#facts.get(registration.id);
      if (before !== undefined) known += 1;
      const errorAt = cached?.errorAt ?? null;
      if (errorAt !== null && errorAt > latestError && before?.failure?.at !== errorAt) latestError = errorAt;
      const at = cached?.refreshedAt ?? null;
      if (cached === null || at === null || before?.seen?.at === at) continue;
      if (before === undefined && this.#facts.size + news.size >= MAX_FACTS) continue;
      const seen = seenRefresh(at, cached, registration);
      const change = changes.get(registration.id);
      news.set(registration.id, withRefresh(before ?? NOTHING_REMEMBERED, seen, change));
      points.set(registration.id, { at, rows: cached.rows, sizeBytes: cached.sizeBytes });
    }
    if (known < this.#facts.size) this.#forgetAllBut(rows);
    if (news.size > 0) this.#keep(news, points);
    // Somebody else made these attempts, and may know more of them than the shared file tells.
    if (news.size > 0 || latestError > this.#latestError) this.#planReread();
    this.#latestError = latestError;
  }

  observeOutcome(outcome: RefreshOutcome, row: CatalogRow): void {
    if (!('stored' in outcome) || outcome.stored !== 'stored') return;
    if (this.#isTooEarly(() => this.observeOutcome(outcome, row))) return;
    const { tableId, observedAt: at } = outcome;
    const before = this.#facts.get(tableId);
    if (before === undefined && this.#facts.size >= MAX_FACTS) return;
    const facts = before ?? NOTHING_REMEMBERED;
    if (outcome.status === 'ok' && outcome.timeIsApproximate === true) {
      const after = withAnswer(facts, outcome);
      if (after !== facts) this.#keep(new Map([[tableId, after]]), new Map());
      return;
    }
    if (outcome.status === 'ok') {
      const { rows, sizeBytes } = outcome.metadata;
      this.#keep(
        new Map([[tableId, withSuccess(facts, outcome, outcome.registeredAs ?? row.registration)]]),
        new Map([[tableId, { at, rows, sizeBytes }]]),
      );
      return;
    }
    const reason = outcome.reason ?? 'tableNotFound';
    this.#keep(new Map([[tableId, { ...facts, failure: { at, reason } }]]), new Map());
  }

  observeInspection(tableId: string, lastModified: ObservedTime): void {
    if (this.#isTooEarly(() => this.observeInspection(tableId, lastModified))) return;
    const before = this.#facts.get(tableId);
    if (before === undefined && this.#facts.size >= MAX_FACTS) return;
    const known = before?.lastModified ?? null;
    if (known !== null && known.observedAt >= lastModified.observedAt) return;
    this.#keep(new Map([[tableId, { ...(before ?? NOTHING_REMEMBERED), lastModified }]]), new Map());
  }

  /** Whether the store has not been read yet: then it is asked to be, and this is done after it. */
  #isTooEarly(observe: () => void): boolean {
    if (this.#waiting === undefined) return false;
    this.#waiting.push(observe);
    void this.load();
    return true;
  }

  #keep(facts: ReadonlyMap<string, TableFacts>, points: ReadonlyMap<string, HistoryPoint>): void {
    for (const [id, one] of facts) this.#facts.set(id, one);
    this.#store.keepFacts(facts);
    if (points.size > 0) this.#store.addHistory(points);
    this.#tell([...facts.keys()]);
  }

  /**
   * Of a table that is not registered any more only what was seen last stays: where its id comes back for another table, the
   * old numbers are known to be none of that one's.
   */
  #forgetAllBut(rows: readonly CatalogRow[]): void {
    const registered = new Set<string>();
    for (const { registration } of rows) registered.add(registration.id);
    const gone = [...this.#facts].filter(([id]) => !registered.has(id));
    const seen = gone.flatMap(([id, { seen: last }]) => (last === null ? [] : [{ id, seen: last }]));
    if (seen.length > MAX_GONE) seen.sort((a, b) => (a.seen.at > b.seen.at ? -1 : 1));
    const kept = new Map(seen.slice(0, MAX_GONE).map((one) => [one.id, one.seen]));
    const [reduced, forgotten] = [new Map<string, TableFacts>(), new Array<string>()];
    for (const [id, facts] of gone) {
      const last = kept.get(id);
      if (last === undefined) forgotten.push(id);
      else if (!isOnlySeen(facts)) reduced.set(id, { ...NOTHING_REMEMBERED, seen: last });
    }
    for (const id of forgotten) this.#facts.delete(id);
    if (forgotten.length > 0) this.#store.forgetFacts(forgotten);
    if (reduced.size > 0) this.#keep(reduced, new Map());
    this.#tell(forgotten);
  }

  #planReread(): void {
    if (this.#disposed) return;
    this.#cancelReread ??= this.#clock.after(OTHERS_WAIT_MS, () => {
      this.#cancelReread = undefined;
      void this.#reread();
    });
  }

  /** Takes over what other windows know and this one does not. What was seen is for each window's own readings to say. */
  async #reread(): Promise<void> {
    const kept = await this.#store.readFacts();
    if (this.#disposed) return;
    const ids: string[] = [];
    for (const [id, other] of kept) {
      const own = this.#facts.get(id);
      if (other === own || (own === undefined && this.#facts.size >= MAX_FACTS)) continue;
      // What is not registered goes with the next reading.
      const merged = own === undefined ? other : mergeFacts(own, { ...other, seen: own.seen });
      if (merged === own) continue;
      this.#facts.set(id, merged);
      ids.push(id);
    }
    this.#tell(ids);
  }

  #tell(ids: readonly string[]): void {
    if (ids.length > 0) this.#changed.fire(ids);
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelReread?.();
    this.#changed.dispose();
  }
}

function seenRefresh(
  at: EpochMicros,
  { rows, entityType, partitionBy }: Omit<TableShape, 'knownColumns'>,
  { bucket, sourceTable, bqFqn }: RegisteredAs,
): SeenRefresh {
  return { at, rows, entityType, partitionBy, registeredAs: { bucket, sourceTable, bqFqn } };
}

/** As somebody else's refresh leaves the facts: the shared file tells nothing of columns and of the second clock. */
function withRefresh(before: TableFacts, seen: SeenRefresh, change: TableChange | undefined): TableFacts {
  const isSame = before.seen === null || isSameTable(before.seen, seen);
  return {
    lastModified: isSame ? before.lastModified : null,
    seen,
    change: change === undefined ? noted(before, seen) : { at: seen.at, what: change },
    failure: before.failure,
  };
}

function withSuccess(before: TableFacts, outcome: OkOutcome, registeredAs: RegisteredAs): TableFacts {
  const { observedAt: at, metadata, change } = outcome;
  const seen = seenRefresh(at, metadata, registeredAs);
  return {
    lastModified: observedTime(before, seen, outcome),
    seen,
    change: change === undefined ? noted(before, seen) : { at, what: change },
    failure: null,
  };
}

/**
 * As a success leaves the facts whose own time is not known yet: it is seen, and a point of the history, with the reading that
 * tells it, or it would be two.
 */
function withAnswer(before: TableFacts, { observedAt, change }: OkOutcome): TableFacts {
  if (change === undefined && before.failure === null) return before;
  const noticed = change === undefined ? before.change : { at: observedAt, what: change };
  return { ...before, change: noticed, failure: null };
}

/**
 * Nothing is said of a view, whose rows are not counted either: then the time of the table that it was counts no more. Of an
 * outcome that is only known from somebody else's row nothing is known: then the time before it stays.
 */
function observedTime(before: TableFacts, seen: SeenRefresh, outcome: OkOutcome): ObservedTime | null {
  const { observedAt, metadata } = outcome;
  if (metadata.lastModified !== null) return { at: metadata.lastModified, observedAt };
  const isOfAnother = before.seen !== null && !isSameTable(before.seen, seen);
  return metadata.rows === null || isOfAnother ? null : before.lastModified;
}

/** The change that this refresh is, or the one that was known before. */
function noted({ seen: before, change }: TableFacts, seen: SeenRefresh): NotedChange | null {
  if (before === null || before.at === seen.at) return change;
  const what = compareShapes({ ...before, knownColumns: null }, { ...seen, knownColumns: null });
  return what === undefined ? change : { at: seen.at, what };
}

function isOnlySeen({ lastModified, change, failure }: TableFacts): boolean {
  return lastModified === null && change === null && failure === null;
}

/** Whether a registration points to another table than the one that its numbers are of, as far as that was seen. */
export function isRepointed(
  facts: TableFacts | undefined,
  registration: RegisteredAs,
  cached: CachedMetadata | null,
): boolean {
  const seen = facts?.seen;
  return (
    seen !== undefined &&
    seen !== null &&
    seen.at === cached?.refreshedAt &&
    !isRegisteredAlike(seen.registeredAs, registration)
  );
}

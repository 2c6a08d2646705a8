import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { ModelChange, TableModel } from '../../sources/tableModel.ts';
import type { TableView } from '../../sources/tableView.ts';
import { ChangeBuffer } from '../changeBuffer.ts';
import { ANY_CAPABILITIES, countFilters, type EffectiveGrouping, effectiveGrouping } from './arrangement.ts';
import { arrangeTables, placeTest, type ArrangeOptions } from './arrangeTables.ts';
import type { KeptArrangement } from './keptArrangement.ts';
import { NameOrder } from './nameOrder.ts';
import type { Pins } from './pins.ts';
import { TreeNodes, type GroupNode, type NodeChanges, type TableNode, type TreeNode } from './treeNodes.ts';

/** Time between two arrangements that changes of tables ask for, at least: a run changes hundreds of them a second. */
const MIN_DISTANCE_MS = 1_000;
/** The same while a run is on: rows that jump every second can't be read, and drawing them takes longer than arranging. */
const MIN_DISTANCE_IN_RUN_MS = 5_000;
/** And at least this many times what the last one took, so that arranging takes a twentieth of the time at most. */
const COST_FACTOR = 20;

export interface ArrangedTablesParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly arrangement: KeptArrangement;
  readonly pins: Pins;
}

/**
 * The rows of the view "Tables" as they stand, kept so that a change draws anew only what looks different: a row by itself
 * at once, its place among the others a little later where much changes.
 */
export class ArrangedTables implements Disposable {
  readonly #parts: ArrangedTablesParts;
  readonly #nodes = new TreeNodes();
  readonly #names = new NameOrder();
  readonly #change = new Emitter<readonly TreeNode[] | undefined>();
  /** Rows to draw anew, each with all that stands below it; `undefined` for everything. */
  readonly onDidChange = this.#change.event;
  readonly #arranged = new Emitter<void>();
  /** The tables were arranged anew: `shownCount` may be another. */
  readonly onArranged = this.#arranged.event;
  readonly #owned = new DisposableStore();
  readonly #changed: ChangeBuffer;
  #options: ArrangeOptions;
  #shown: ReadonlyMap<string, TableView> = new Map();
  #grouping: EffectiveGrouping | undefined;
  #selected: () => readonly TreeNode[] = () => [];
  /** When tables may be arranged again: while a run is on, and else. */
  #nextAtMs = { inRun: 0, else: 0 };
  #cancelTimer: CancelTimer | undefined;
  /** The timer waits as long as it does for a run's sake. */
  #waitsInRun = false;

  constructor(parts: ArrangedTablesParts) {
    this.#parts = parts;
    const { model, clock, arrangement, pins } = parts;
    this.#changed = this.#owned.add(new ChangeBuffer(clock, (ids) => this.#onTables(ids)));
    this.#owned.add(model.onDidChange((change) => this.#onModel(change)));
    this.#owned.add(arrangement.onDidChange(() => this.#arrangeNow()));
    this.#owned.add(pins.onDidChange(() => this.#arrangeNow()));
    this.#options = this.#currentOptions();
    this.#arrange();
  }

  /** Has rows that somebody selected keep their selection when they move. @param selected asked each time */
  keepSelected(selected: () => readonly TreeNode[]): void {
    this.#selected = selected;
  }

  get roots(): readonly TreeNode[] {
    return this.#nodes.roots;
  }

  /** The row of a table; `undefined` for one that is filtered away or not there at all. */
  table(id: string): TableNode | undefined {
    return this.#nodes.table(id);
  }

  parent(node: TreeNode): GroupNode | undefined {
    return this.#nodes.parent(node);
  }

  /** Tables that pass the filter. */
  get shownCount(): number {
    return this.#shown.size;
  }

  get isFiltered(): boolean {
    return countFilters(this.#parts.arrangement.current.filter) > 0;
  }

  isPinned(tableId: string): boolean {
    return this.#options.pinned.has(tableId);
  }

  #onModel(change: ModelChange): void {
    if (change.kind === 'tables') this.#changed.add(change.ids);
    else if (change.kind === 'all') {
      this.#changed.clear();
      this.#arrange();
      this.#change.fire(undefined);
    } else if (this.#isGroupedOtherwise()) {
      // What a server tells of its tables is known with a reading only.
      this.#arrangeNow();
    } else if (this.#waitsInRun && this.#parts.model.currentRun === undefined) {
      // The run is over, and with it the longer wait.
      this.#schedule(this.#waitMs());
    }
  }

  #isGroupedOtherwise(): boolean {
    const { grouping, because } = this.#currentGrouping();
    return grouping !== this.#grouping?.grouping || because !== this.#grouping.because;
  }

  #onTables(ids: ReadonlySet<string>): void {
    const { model } = this.#parts;
    const stays = placeTest(this.#options);
    const rows: TreeNode[] = [];
    let isMoved = false;
    for (const id of ids) {
      const view = model.table(id);
      if (view === undefined) continue;
      const node = this.#nodes.table(id);
      if (node !== undefined) rows.push(node);
      isMoved ||= !stays(this.#shown.get(id), view);
    }
    const groups = isMoved ? this.#arrangeSoon() : [];
    if (groups === 'all') this.#change.fire(undefined);
    else if (rows.length + groups.length > 0) this.#change.fire([...groups, ...rows]);
  }

  /** Arranges at once where it is time, else when it is. @returns what has to be drawn anew for it now */
  #arrangeSoon(): NodeChanges {
    const waitMs = this.#waitMs();
    if (waitMs <= 0) return this.#arrange();
    if (this.#cancelTimer === undefined) this.#schedule(waitMs);
    return [];
  }

  #schedule(waitMs: number): void {
    const { model, clock } = this.#parts;
    this.#cancelTimer?.();
    this.#waitsInRun = model.currentRun !== undefined;
    this.#cancelTimer = clock.after(Math.max(0, waitMs), () => this.#arrangeNow());
  }

  #waitMs(): number {
    const { model, clock } = this.#parts;
    const { inRun, else: other } = this.#nextAtMs;
    return (model.currentRun === undefined ? other : inRun) - clock.monotonicMs();
  }

  #arrangeNow(): void {
    const changes = this.#arrange();
    if (changes === 'all') this.#change.fire(undefined);
    else if (changes.length > 0) this.#change.fire(changes);
  }

  #arrange(): NodeChanges {
    const { model, clock } = this.#parts;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#waitsInRun = false;
    const startedMs = clock.monotonicMs();
    this.#options = this.#currentOptions();
    this.#grouping = this.#currentGrouping();
    const { roots, shown } = arrangeTables(model.tables, this.#options, this.#names);
    const changes = this.#nodes.update(roots, this.#selected());
    this.#shown = shown;
    const endedMs = clock.monotonicMs();
    const next = (minMs: number): number => endedMs + Math.max(minMs, COST_FACTOR * (endedMs - startedMs));
    this.#nextAtMs = { inRun: next(MIN_DISTANCE_IN_RUN_MS), else: next(MIN_DISTANCE_MS) };
    this.#arranged.fire();
    return changes;
  }

  #currentOptions(): ArrangeOptions {
    const { model, arrangement, pins } = this.#parts;
    return {
      arrangement: arrangement.current,
      pinned: pins.of(model.source?.id),
      capabilities: model.source?.capabilities ?? ANY_CAPABILITIES,
    };
  }

  #currentGrouping(): EffectiveGrouping {
    const { capabilities, arrangement } = this.#currentOptions();
    return effectiveGrouping(arrangement.grouping, capabilities);
  }

  dispose(): void {
    this.#cancelTimer?.();
    this.#owned.dispose();
    this.#change.dispose();
    this.#arranged.dispose();
  }
}

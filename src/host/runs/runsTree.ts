import * as vscode from 'vscode';
import { DisposableStore } from '../../core/disposable.ts';
import type { WatchedRun } from '../../engine/watchedRun.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelChange, TableModel } from '../../sources/tableModel.ts';
import { AgeTimer } from '../ageTimer.ts';
import { ChangeBuffer } from '../changeBuffer.ts';
import { plainLines } from '../plainLines.ts';
import { hidesColumns, showsPolicied } from '../policiedColumns.ts';
import { tableContext } from '../tree/rowContext.ts';
import { DrawnTables } from './drawnTables.ts';
import {
  childRows,
  CURRENT_RUN,
  endedRunRows,
  retriableTables,
  runsKey,
  type ChangedTableRow,
  type EndedRunRow,
  type RunsRow,
} from './runsRows.ts';
import {
  causeTexts,
  changedTableTexts,
  currentRunTexts,
  endedRunTexts,
  endReasonTexts,
  failedTableTexts,
  unrecordedTexts,
  type RowTexts,
} from './runsTexts.ts';

export interface RunsTreeParts {
  readonly model: TableModel;
  readonly clock: Clock;
  /** Name of this window, as its runs have it. */
  readonly window: string;
  readonly isAdministrator: () => boolean;
}

/** The view "Runs": the run that is on, then the ended ones, newest first. Reads the model, keeps nothing of it. */
export class RunsTree implements vscode.TreeDataProvider<RunsRow>, vscode.Disposable {
  readonly #parts: RunsTreeParts;
  readonly #change = new vscode.EventEmitter<RunsRow[] | undefined>();
  readonly onDidChangeTreeData = this.#change.event;
  readonly #owned = new DisposableStore();
  readonly #progress: ChangeBuffer;
  /** Tables that read differently: what their rows offer depends on what came of them since. */
  readonly #tables: ChangeBuffer;
  #ended: readonly EndedRunRow[] = [];
  #key = '';
  #current: WatchedRun | undefined;
  readonly #children = new Map<RunsRow, readonly RunsRow[]>();
  readonly #parents = new Map<RunsRow, RunsRow>();
  /** Descriptions of the ended runs as they were last drawn, to draw again only what reads differently by now. */
  readonly #drawn = new Map<EndedRunRow, string>();
  readonly #drawnTables = new DrawnTables();

  constructor(parts: RunsTreeParts) {
    this.#parts = parts;
    this.#owned.add(this.#change);
    this.#progress = this.#owned.add(
      new ChangeBuffer(parts.clock, () => {
        if (this.#current !== undefined) this.#change.fire([CURRENT_RUN]);
      }),
    );
    this.#tables = this.#owned.add(
      new ChangeBuffer(parts.clock, (ids) => {
        const rows = this.#drawnTables.of(ids);
        if (rows.length > 0) this.#change.fire([...rows]);
      }),
    );
    this.#owned.add(parts.model.onDidChange((change) => this.#onChange(change)));
    this.#readModel();
    this.#owned.add(new AgeTimer(parts.clock, () => this.#redrawAges()));
  }

  getChildren(row?: RunsRow): RunsRow[] {
    if (row === undefined) return [...(this.#current === undefined ? [] : [CURRENT_RUN]), ...this.#ended];
    return [...this.#childrenOf(row)];
  }

  getParent(row: RunsRow): RunsRow | undefined {
    return this.#parents.get(row);
  }

  getTreeItem(row: RunsRow): vscode.TreeItem {
    const texts = this.#textsOf(row);
    const hasChildren = this.#childrenOf(row).length > 0;
    const item = new vscode.TreeItem(
      texts.label,
      hasChildren ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
    );
    const contextValue = this.#contextValue(row);
    item.id = row.id;
    item.description = texts.description;
    item.tooltip = plainLines(texts.tooltip);
    item.accessibilityInformation = { label: texts.spoken };
    item.iconPath = new vscode.ThemeIcon(
      texts.icon,
      texts.color === undefined ? undefined : new vscode.ThemeColor(texts.color),
    );
    if (contextValue !== undefined) item.contextValue = contextValue;
    if (row.kind === 'run') this.#drawn.set(row, texts.description);
    this.#drawnTables.add(row);
    return item;
  }

  /** Rows are kept, so that VS Code can be told of one of them alone. */
  #childrenOf(row: RunsRow): readonly RunsRow[] {
    const known = this.#children.get(row);
    if (known !== undefined) return known;
    const children = childRows(row);
    this.#children.set(row, children);
    for (const child of children) this.#parents.set(child, row);
    return children;
  }

  #textsOf(row: RunsRow): RowTexts {
    const { model, window } = this.#parts;
    switch (row.kind) {
      case 'current':
        // VS Code may ask for a row that was there a moment ago.
        return this.#current === undefined ? GONE : currentRunTexts(this.#current, model.now());
      case 'run':
        return endedRunTexts(row.record, { now: model.now(), window });
      case 'endReason':
        return endReasonTexts(row.reason);
      case 'cause':
        return causeTexts(row.reason, row.tables.length);
      case 'failed':
        return failedTableTexts(row.tableId, model.table(row.tableId), row.reason, row.isGrouped);
      case 'unrecorded':
        return unrecordedTexts(row);
      case 'changed':
        return this.#changedTexts(row);
    }
  }

  #changedTexts({ tableId, change }: ChangedTableRow): RowTexts {
    const { model, isAdministrator } = this.#parts;
    const view = model.table(tableId);
    const hidden = hidesColumns(view?.registration, showsPolicied(model, isAdministrator));
    return changedTableTexts(tableId, view, change, hidden);
  }

  #contextValue(row: RunsRow): string | undefined {
    const { model } = this.#parts;
    switch (row.kind) {
      case 'current':
        return `current;place=${this.#current?.place.kind ?? 'gone'}`;
      case 'run': {
        const { size } = retriableTables(row.record, (id) => model.table(id) !== undefined);
        return size > 0 ? 'run;retry' : 'run';
      }
      case 'failed':
      case 'changed': {
        const view = model.table(row.tableId);
        if (view === undefined) return undefined;
        const addressKnown = model.source?.addressOf(view.registration) !== undefined;
        // Tables are pinned in their own view.
        return tableContext(view, { pinned: false, addressKnown });
      }
      default:
        return undefined;
    }
  }

  #onChange(change: ModelChange): void {
    const hasNewRuns = this.#readModel();
    // Tables that came or went read differently below the runs.
    if (hasNewRuns || change.kind === 'all') {
      this.redraw();
    } else if (change.kind === 'tables') {
      this.#tables.add(change.ids);
    } else if (this.#current !== undefined) {
      this.#progress.add([CURRENT_RUN.id]);
    }
  }

  /** Every row anew. */
  redraw(): void {
    this.#progress.clear();
    this.#tables.clear();
    this.#change.fire(undefined);
  }

  /** @returns whether there are other rows now */
  #readModel(): boolean {
    const { currentRun, runs } = this.#parts.model;
    const key = runsKey(runs);
    if (key === this.#key && currentRun === this.#current) return false;
    this.#current = currentRun;
    if (key === this.#key) return true;
    this.#key = key;
    const known = new Map(this.#ended.map((row) => [runsKey([row.record]), row]));
    this.#ended = endedRunRows(runs).map((row) => known.get(runsKey([row.record])) ?? row);
    this.#children.clear();
    this.#parents.clear();
    this.#drawn.clear();
    this.#drawnTables.clear();
    return true;
  }

  #redrawAges(): void {
    const aged = this.#ended.filter((row) => {
      const drawn = this.#drawn.get(row);
      return drawn !== undefined && drawn !== this.#textsOf(row).description;
    });
    if (aged.length > 0) this.#change.fire(aged);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

const GONE: RowTexts = {
  ...{ label: '', description: '', tooltip: [], spoken: '' },
  ...{ icon: 'blank', color: undefined },
};

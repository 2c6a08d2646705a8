import * as vscode from 'vscode';
import type { TableDetails } from '../../core/cachedMetadata.ts';
import { DisposableStore } from '../../core/disposable.ts';
import { asFailure, type AgnesFailure } from '../../core/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelChange, TableModel } from '../../sources/tableModel.ts';
import type { TableView } from '../../sources/tableView.ts';
import { ChangeBuffer } from '../changeBuffer.ts';
import type { NextRun } from '../nextRun.ts';
import { FRESHNESS_LOOKS, REFRESHING_ICON } from '../freshnessWords.ts';
import { datasetDescription, datasetOf, tableDescription, tableLabel, tableSpoken } from './tableTexts.ts';
import { tableTooltip } from './tableTooltip.ts';
import { tableUri } from './tableUri.ts';

/** Ages are written in minutes at the finest, so twice a minute is often enough. */
const AGE_CHECK_MS = 30_000;

/** A row of the tree. Nodes are kept by id, so that VS Code can be told of one of them alone. */
export type TreeNode = DatasetNode | TableNode;
export interface DatasetNode {
  readonly kind: 'dataset';
  readonly dataset: string;
  readonly tables: readonly TableNode[];
}
export interface TableNode {
  readonly kind: 'table';
  readonly tableId: string;
}

export interface TablesTreeParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly nextRun: () => NextRun;
  readonly isAdministrator: () => boolean;
}

/** The view "Tables": datasets, and their tables in the order of Agnes. Reads the model, keeps nothing of it. */
export class TablesTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #parts: TablesTreeParts;
  readonly #change = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.#change.event;
  readonly #owned = new DisposableStore();
  #roots: readonly DatasetNode[] | undefined;
  #nodes = new Map<string, TableNode>();
  #datasets = new Map<TableNode, DatasetNode>();
  readonly #changed: ChangeBuffer;
  /** Texts as they were last drawn, to draw again only what reads differently by now. */
  readonly #drawn = new Map<string, string>();
  #cancelAgeCheck: (() => void) | undefined;

  constructor(parts: TablesTreeParts) {
    this.#parts = parts;
    this.#owned.add(this.#change);
    this.#changed = this.#owned.add(new ChangeBuffer(parts.clock, (ids) => this.#redraw(ids)));
    this.#owned.add(parts.model.onDidChange((change) => this.#onChange(change)));
    this.#scheduleAgeCheck();
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (node === undefined) return [...(this.#roots ??= this.#buildRoots())];
    return node.kind === 'dataset' ? [...node.tables] : [];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    if (node.kind === 'dataset') return undefined;
    return this.#datasets.get(node);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return node.kind === 'dataset' ? this.#datasetItem(node) : this.#tableItem(node);
  }

  async resolveTreeItem(
    item: vscode.TreeItem,
    node: TreeNode,
    token: vscode.CancellationToken,
  ): Promise<vscode.TreeItem> {
    const view = node.kind === 'table' ? this.#parts.model.table(node.tableId) : undefined;
    if (view === undefined) return item;
    const { details, failure } = await this.#readDetails(view.registration.id, token);
    const { model, clock, nextRun, isAdministrator } = this.#parts;
    item.tooltip = new vscode.MarkdownString(
      tableTooltip(view, {
        now: clock.now(),
        thresholdSeconds: model.source?.policy().thresholdSeconds ?? 0n,
        nextRun: nextRun(),
        asOf: model.failure === undefined ? undefined : model.snapshot?.readAt,
        details,
        detailsFailure: failure,
        administrator: isAdministrator(),
      }),
    );
    return item;
  }

  async #readDetails(
    tableId: string,
    token: vscode.CancellationToken,
  ): Promise<{ readonly details: TableDetails | undefined; readonly failure: AgnesFailure | undefined }> {
    const abort = new AbortController();
    const subscription = token.onCancellationRequested(() => abort.abort());
    try {
      const details = await this.#parts.model.source?.details(tableId, abort.signal);
      return { details: details ?? undefined, failure: undefined };
    } catch (error) {
      return { details: undefined, failure: asFailure(error) };
    } finally {
      subscription.dispose();
    }
  }

  #buildRoots(): readonly DatasetNode[] {
    const byDataset = Map.groupBy(this.#parts.model.tables, ({ registration }) => datasetOf(registration));
    const old = this.#nodes;
    this.#nodes = new Map();
    this.#drawn.clear();
    const roots = [...byDataset]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([dataset, views]): DatasetNode => {
        return { kind: 'dataset', dataset, tables: views.map((view) => this.#keep(view, old)) };
      });
    this.#datasets = new Map(roots.flatMap((root) => root.tables.map((node) => [node, root])));
    return roots;
  }

  #keep(view: TableView, old: ReadonlyMap<string, TableNode>): TableNode {
    const { id } = view.registration;
    const node = old.get(id) ?? { kind: 'table', tableId: id };
    this.#nodes.set(id, node);
    return node;
  }

  #datasetItem({ dataset, tables }: DatasetNode): vscode.TreeItem {
    const item = new vscode.TreeItem(dataset, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `dataset:${dataset}`;
    item.iconPath = new vscode.ThemeIcon('database');
    item.contextValue = 'dataset';
    item.description = datasetDescription(this.#viewsOf(tables));
    item.tooltip = `${dataset}: ${item.description}`;
    item.accessibilityInformation = { label: `Dataset ${dataset}, ${item.description}` };
    return item;
  }

  #viewsOf(nodes: readonly TableNode[]): readonly TableView[] {
    return nodes.flatMap(({ tableId }) => this.#parts.model.table(tableId) ?? []);
  }

  #tableItem({ tableId }: TableNode): vscode.TreeItem {
    const view = this.#parts.model.table(tableId);
    if (view === undefined) return new vscode.TreeItem(tableId);
    const now = this.#parts.clock.now();
    const look = FRESHNESS_LOOKS[view.freshness];
    const item = new vscode.TreeItem(tableLabel(view));
    item.id = `table:${tableId}`;
    item.resourceUri = tableUri(tableId);
    item.iconPath = new vscode.ThemeIcon(
      view.refreshing ? REFRESHING_ICON : look.icon,
      new vscode.ThemeColor(look.color),
    );
    item.contextValue = `table;state=${view.freshness}`;
    item.description = tableDescription(view, now);
    item.accessibilityInformation = { label: tableSpoken(view, now) };
    this.#drawn.set(tableId, item.description);
    return item;
  }

  #onChange(change: ModelChange): void {
    if (change.kind === 'tables') this.#changed.add(change.ids);
    if (change.kind !== 'all') return;
    this.#changed.clear();
    this.#roots = undefined;
    this.#change.fire(undefined);
  }

  #redraw(ids: ReadonlySet<string>): void {
    const nodes = new Set<TreeNode>();
    for (const id of ids) {
      const node = this.#nodes.get(id);
      if (node === undefined) continue;
      nodes.add(node);
      // A dataset counts its tables, so it reads differently too.
      const dataset = this.#datasets.get(node);
      if (dataset !== undefined) nodes.add(dataset);
    }
    if (nodes.size > 0) this.#change.fire([...nodes]);
  }

  #scheduleAgeCheck(): void {
    this.#cancelAgeCheck = this.#parts.clock.after(AGE_CHECK_MS, () => {
      this.#redrawAges();
      this.#scheduleAgeCheck();
    });
  }

  /** An age that stands still while time goes on would be an old number shown as current. */
  #redrawAges(): void {
    const now = this.#parts.clock.now();
    const aged: TreeNode[] = [];
    for (const [id, text] of this.#drawn) {
      const view = this.#parts.model.table(id);
      const node = this.#nodes.get(id);
      if (view !== undefined && node !== undefined && tableDescription(view, now) !== text) aged.push(node);
    }
    if (aged.length > 0) this.#change.fire(aged);
  }

  dispose(): void {
    this.#cancelAgeCheck?.();
    this.#owned.dispose();
  }
}

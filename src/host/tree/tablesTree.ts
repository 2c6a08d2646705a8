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
import { groupItem } from './groupItem.ts';
import { groupKey, groupTables, groupingOf, type Grouping } from './tableGroups.ts';
import { tableDescription, tableLabel, tableSpoken } from './tableTexts.ts';
import { tableTooltip } from './tableTooltip.ts';
import { tableUri } from './tableUri.ts';

/** Ages are written in minutes at the finest, so twice a minute is often enough. */
const AGE_CHECK_MS = 30_000;

/** A row of the tree. Nodes are kept by id, so that VS Code can be told of one of them alone. */
export type TreeNode = GroupNode | TableNode;
export interface GroupNode {
  readonly kind: 'group';
  readonly grouping: Grouping;
  readonly key: string;
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

/** The view "Tables": groups, and their tables in the order of Agnes. Reads the model, keeps nothing of it. */
export class TablesTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #parts: TablesTreeParts;
  readonly #change = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.#change.event;
  readonly #owned = new DisposableStore();
  #roots: readonly GroupNode[] | undefined;
  #nodes = new Map<string, TableNode>();
  #groups = new Map<TableNode, GroupNode>();
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
    return node.kind === 'group' ? [...node.tables] : [];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node.kind === 'group' ? undefined : this.#groups.get(node);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return node.kind === 'group' ? this.#groupItem(node) : this.#tableItem(node);
  }

  async resolveTreeItem(
    item: vscode.TreeItem,
    node: TreeNode,
    token: vscode.CancellationToken,
  ): Promise<vscode.TreeItem> {
    const view = node.kind === 'table' ? this.#parts.model.table(node.tableId) : undefined;
    if (view === undefined) return item;
    const { details, failure } = await this.#readDetails(view.registration.id, token);
    const { model, nextRun, isAdministrator } = this.#parts;
    item.tooltip = new vscode.MarkdownString(
      tableTooltip(view, {
        now: model.now(),
        thresholdSeconds: model.source?.policy().thresholdSeconds ?? 0n,
        judgedByServer: model.source?.policy().decidedBy === 'server',
        addressKnown: model.source?.capabilities.dataset !== false,
        nextRun: nextRun(),
        asOf: model.failure === undefined ? undefined : model.snapshot?.readAt,
        details,
        detailsFailure: failure,
        // A server decides by itself what it withholds from whom.
        administrator: isAdministrator() && model.source?.server === undefined,
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

  #buildRoots(): readonly GroupNode[] {
    const { model } = this.#parts;
    const old = this.#nodes;
    this.#nodes = new Map();
    this.#drawn.clear();
    const roots = groupTables(model.tables, groupingOf(model)).map(({ grouping, key, views }): GroupNode => ({
      kind: 'group',
      grouping,
      key,
      tables: views.map((view) => this.#keep(view, old)),
    }));
    this.#groups = new Map(roots.flatMap((root) => root.tables.map((node) => [node, root])));
    return roots;
  }

  #keep(view: TableView, old: ReadonlyMap<string, TableNode>): TableNode {
    const { id } = view.registration;
    const node = old.get(id) ?? { kind: 'table', tableId: id };
    this.#nodes.set(id, node);
    return node;
  }

  #groupItem({ grouping, key, tables }: GroupNode): vscode.TreeItem {
    return groupItem({ grouping, key, views: this.#viewsOf(tables) });
  }

  #viewsOf(nodes: readonly TableNode[]): readonly TableView[] {
    return nodes.flatMap(({ tableId }) => this.#parts.model.table(tableId) ?? []);
  }

  #tableItem({ tableId }: TableNode): vscode.TreeItem {
    const view = this.#parts.model.table(tableId);
    if (view === undefined) return new vscode.TreeItem(tableId);
    const now = this.#parts.model.now();
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
    this.#rebuild();
  }

  #rebuild(): void {
    this.#roots = undefined;
    this.#change.fire(undefined);
  }

  #redraw(ids: ReadonlySet<string>): void {
    const nodes = new Set<TreeNode>();
    for (const id of ids) {
      const node = this.#nodes.get(id);
      const group = node && this.#groups.get(node);
      if (node === undefined || group === undefined) continue;
      if (this.#hasMoved(node, group)) {
        this.#rebuild();
        return;
      }
      nodes.add(node);
      // A group counts its tables, so it reads differently too.
      nodes.add(group);
    }
    if (nodes.size > 0) this.#change.fire([...nodes]);
  }

  /** Where tables are grouped by freshness, one that changes it stands in another group from then on. */
  #hasMoved({ tableId }: TableNode, { grouping, key }: GroupNode): boolean {
    const view = this.#parts.model.table(tableId);
    return view !== undefined && groupKey(view, grouping) !== key;
  }

  #scheduleAgeCheck(): void {
    this.#cancelAgeCheck = this.#parts.clock.after(AGE_CHECK_MS, () => {
      this.#redrawAges();
      this.#scheduleAgeCheck();
    });
  }

  /** An age that stands still while time goes on would be an old number shown as current. */
  #redrawAges(): void {
    const now = this.#parts.model.now();
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

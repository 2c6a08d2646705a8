import * as vscode from 'vscode';
import { DisposableStore } from '../../core/disposable.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { AgeTimer } from '../ageTimer.ts';
import { FRESHNESS_LOOKS, REFRESHING_ICON } from '../freshnessWords.ts';
import type { NextRun } from '../nextRun.ts';
import { showsPolicied } from '../policiedColumns.ts';
import type { ArrangedTables } from './arrangedTables.ts';
import { groupItem } from './groupItem.ts';
import { readDetails, type ReadDetails } from './readDetails.ts';
import { tableContext } from './rowContext.ts';
import { tableDescription, tableLabel, tableSpoken } from './tableTexts.ts';
import { tableTooltip } from './tableTooltip.ts';
import { tableUri } from './tableUri.ts';
import type { TreeNode } from './treeNodes.ts';

/** The ones that were opened or closed last. */
const MAX_REMEMBERED_GROUPS = 1_000;

export interface TablesTreeParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly tables: ArrangedTables;
  readonly nextRun: () => NextRun;
  readonly isAdministrator: () => boolean;
}

/** The rows of the view "Tables" as VS Code draws them. What stands where is decided in `ArrangedTables`. */
export class TablesTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  readonly #parts: TablesTreeParts;
  readonly #change = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.#change.event;
  readonly #owned = new DisposableStore();
  /** Texts as they were last drawn, to draw again only what reads differently by now. */
  readonly #drawn = new Map<string, string>();
  /** Groups by key that somebody opened or closed: they are so again after another grouping. */
  readonly #opened = new Map<string, boolean>();

  constructor(parts: TablesTreeParts) {
    this.#parts = parts;
    this.#owned.add(this.#change);
    this.#owned.add(
      parts.tables.onDidChange((nodes) => {
        if (nodes === undefined) this.#drawn.clear();
        this.#change.fire(nodes === undefined ? undefined : [...nodes]);
      }),
    );
    this.#owned.add(new AgeTimer(parts.clock, () => this.#redrawAges()));
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (node === undefined) return [...this.#parts.tables.roots];
    return node.kind === 'group' ? [...node.children] : [];
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return this.#parts.tables.parent(node);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    if (node.kind === 'table') return this.#tableItem(node.tableId);
    return groupItem(node.group, this.#opened.get(node.key) ?? node.group.isOpenAtFirst);
  }

  /** Every row anew, with the tooltips that VS Code keeps once it has them. */
  redraw(): void {
    this.#drawn.clear();
    this.#change.fire(undefined);
  }

  /** Somebody opened or closed a group. VS Code forgets that when it goes, and it may come back. */
  rememberOpen(node: TreeNode, isOpen: boolean): void {
    if (node.kind !== 'group') return;
    this.#opened.delete(node.key);
    this.#opened.set(node.key, isOpen);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > MAX_REMEMBERED_GROUPS && oldest !== undefined) this.#opened.delete(oldest);
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
        administrator: showsPolicied(model, isAdministrator),
      }),
    );
    return item;
  }

  async #readDetails(tableId: string, token: vscode.CancellationToken): Promise<ReadDetails> {
    const abort = new AbortController();
    const subscription = token.onCancellationRequested(() => abort.abort());
    try {
      return await readDetails(this.#parts.model, tableId, abort.signal);
    } finally {
      subscription.dispose();
    }
  }

  #tableItem(tableId: string): vscode.TreeItem {
    const { model, tables } = this.#parts;
    const view = model.table(tableId);
    if (view === undefined) return new vscode.TreeItem(tableId);
    const now = model.now();
    const look = FRESHNESS_LOOKS[view.freshness];
    const pinned = tables.isPinned(tableId);
    const addressKnown = model.source?.addressOf(view.registration) !== undefined;
    const item = new vscode.TreeItem(tableLabel(view));
    item.id = `table:${tableId}`;
    item.resourceUri = tableUri(tableId);
    item.iconPath = new vscode.ThemeIcon(
      view.refreshing ? REFRESHING_ICON : look.icon,
      new vscode.ThemeColor(look.color),
    );
    item.contextValue = tableContext(view, { pinned, addressKnown });
    item.description = tableDescription(view, now);
    item.accessibilityInformation = { label: tableSpoken(view, now, pinned) };
    this.#drawn.set(tableId, item.description);
    return item;
  }

  /** An age that stands still while time goes on would be an old number shown as current. */
  #redrawAges(): void {
    const { model, tables } = this.#parts;
    const now = model.now();
    const aged: TreeNode[] = [];
    for (const [id, text] of this.#drawn) {
      const view = model.table(id);
      const node = tables.table(id);
      if (view === undefined || node === undefined) this.#drawn.delete(id);
      else if (tableDescription(view, now) !== text) aged.push(node);
    }
    if (aged.length > 0) this.#change.fire(aged);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

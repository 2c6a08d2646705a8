import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { DisposableStore } from '../core/disposable.ts';
import type { Clock } from '../ports/clock.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { attentionBadge, countAttention, type CountedTables } from './attention.ts';
import { ChangeBuffer } from './changeBuffer.ts';
import { TABLES_VIEW } from './commandIds.ts';
import type { NextRun } from './nextRun.ts';
import { sampleLabel } from './sourceChoice.ts';
import type { ArrangedTables } from './tree/arrangedTables.ts';
import { FreshnessDecorations } from './tree/freshnessDecorations.ts';
import type { KeptArrangement } from './tree/keptArrangement.ts';
import { TableDrag, TableDrop } from './tree/tableDrag.ts';
import { TablesTree } from './tree/tablesTree.ts';
import type { TreeNode } from './tree/treeNodes.ts';
import { viewDescription } from './viewDescription.ts';
import { viewMessage } from './viewTexts.ts';

export interface TablesViewParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly tables: ArrangedTables;
  readonly arrangement: KeptArrangement;
  readonly nextRun: () => NextRun;
  readonly isAdministrator: () => boolean;
  /** The tables that the badge is of. */
  readonly counted: () => CountedTables;
}

/** The view "Tables" with its rows, colours, badge and message. */
export class TablesView implements vscode.Disposable {
  readonly #parts: TablesViewParts;
  readonly #tree: TablesTree;
  readonly #view: vscode.TreeView<TreeNode>;
  readonly #owned = new DisposableStore();
  readonly #counting: ChangeBuffer;

  constructor(parts: TablesViewParts) {
    const { model, clock, arrangement, tables } = parts;
    this.#parts = parts;
    this.#owned.add(new FreshnessDecorations(model, clock));
    this.#owned.add(TableDrop.register());
    const treeDataProvider = this.#owned.add(new TablesTree(parts));
    this.#tree = treeDataProvider;
    this.#view = this.#owned.add(
      vscode.window.createTreeView(TABLES_VIEW, {
        treeDataProvider,
        dragAndDropController: new TableDrag(model),
        canSelectMany: true,
        showCollapseAll: true,
      }),
    );
    tables.keepSelected(() => this.#view.selection);
    this.#owned.add(
      this.#view.onDidExpandElement(({ element }) => treeDataProvider.rememberOpen(element, true)),
    );
    this.#owned.add(
      this.#view.onDidCollapseElement(({ element }) => treeDataProvider.rememberOpen(element, false)),
    );
    this.#counting = this.#owned.add(new ChangeBuffer(clock, () => this.updateBadge()));
    this.#owned.add(
      model.onDidChange((change) => {
        this.#update();
        if (change.kind === 'tables') this.#counting.add(change.ids);
        else this.updateBadge();
      }),
    );
    this.#owned.add(arrangement.onDidChange(() => this.#update()));
    this.#owned.add(tables.onArranged(() => this.#update()));
  }

  /**
   * Selects a table's row, opens what it stands in and gives it the keyboard.
   *
   * @returns `false` for a table that has no row: it is filtered away, or not there any more
   */
  async reveal(tableId: string): Promise<boolean> {
    const node = this.#parts.tables.table(tableId);
    if (node === undefined) return false;
    await this.#view.reveal(node, { select: true, focus: true });
    return true;
  }

  /** Tables whose rows are selected, in the order of the selection. */
  get selectedTableIds(): readonly string[] {
    return this.#view.selection.flatMap((node) => (node.kind === 'table' ? [node.tableId] : []));
  }

  /** Counts anew: also when a pin or a setting changed what counts. */
  updateBadge(): void {
    const badge = attentionBadge(countAttention(this.#parts.counted().views));
    const { badge: shown } = this.#view;
    if (shown?.value === badge?.value && shown?.tooltip === badge?.tooltip) return;
    this.#view.badge = badge;
  }

  /** Draws every row and tooltip anew: who may see what of them changed. */
  redraw(): void {
    this.#tree.redraw();
  }

  #update(): void {
    const { model, arrangement, tables } = this.#parts;
    // Each assignment crosses to the window, so only a change makes one.
    const message = viewMessage(model, tables.shownCount) ?? '';
    if (this.#view.message !== message) this.#view.message = message;
    const isSample = model.label === sampleLabel();
    const title = isSample ? l10n.t('Sample') : l10n.t('Tables');
    if (this.#view.title !== title) this.#view.title = title;
    const description = viewDescription(model, arrangement.current, isSample ? undefined : model.label);
    if (this.#view.description !== description) this.#view.description = description;
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

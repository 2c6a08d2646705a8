import * as vscode from 'vscode';
import { DisposableStore } from '../core/disposable.ts';
import type { Clock } from '../ports/clock.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { TABLES_VIEW } from './commandIds.ts';
import type { NextRun } from './nextRun.ts';
import { SAMPLE_LABEL } from './sourceChoice.ts';
import { FreshnessDecorations } from './tree/freshnessDecorations.ts';
import { TablesTree, type TreeNode } from './tree/tablesTree.ts';
import { viewMessage } from './viewTexts.ts';

export interface TablesViewParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly nextRun: () => NextRun;
  readonly isAdministrator: () => boolean;
}

/** The view "Tables" with its rows, colours and message. */
export class TablesView implements vscode.Disposable {
  readonly #model: TableModel;
  readonly #view: vscode.TreeView<TreeNode>;
  readonly #owned = new DisposableStore();

  constructor(parts: TablesViewParts) {
    this.#model = parts.model;
    this.#owned.add(new FreshnessDecorations(parts.model, parts.clock));
    const treeDataProvider = this.#owned.add(new TablesTree(parts));
    this.#view = this.#owned.add(
      vscode.window.createTreeView(TABLES_VIEW, { treeDataProvider, showCollapseAll: true }),
    );
    this.#owned.add(parts.model.onDidChange(() => this.#update()));
  }

  #update(): void {
    // Each assignment crosses to the window, so only a change makes one.
    const message = viewMessage(this.#model) ?? '';
    if (this.#view.message !== message) this.#view.message = message;
    // The title, because VS Code leaves the description out where a container has one view.
    const title = this.#model.label === SAMPLE_LABEL ? 'Sample' : 'Tables';
    if (this.#view.title !== title) this.#view.title = title;
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

import * as vscode from 'vscode';
import { DisposableStore } from '../../core/disposable.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { RUNS_VIEW } from '../commandIds.ts';
import { windowName } from '../windowName.ts';
import { RunsTree } from './runsTree.ts';

export interface RunsViewParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly isAdministrator: () => boolean;
}

/** The view "Runs". */
export class RunsView implements vscode.Disposable {
  readonly #tree: RunsTree;
  readonly #owned = new DisposableStore();

  constructor(parts: RunsViewParts) {
    this.#tree = this.#owned.add(new RunsTree({ ...parts, window: windowName() }));
    const options = { treeDataProvider: this.#tree, showCollapseAll: true };
    this.#owned.add(vscode.window.createTreeView(RUNS_VIEW, options));
  }

  /** Draws every row anew: who may see what of them changed. */
  redraw(): void {
    this.#tree.redraw();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

import * as vscode from 'vscode';
import { DisposableStore } from '../../core/disposable.ts';
import type { ModelChange, TableModel } from '../../sources/tableModel.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { tableIdOf, tableUri } from './tableUri.ts';

/** VS Code folds a larger event to one URI a folder, and rows keep their old colour (decisions, "Decorations"). */
export const MAX_URIS_AN_EVENT = 250;

/** Colours the rows by freshness, and marks those whose last attempt failed. */
export class FreshnessDecorations implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #model: TableModel;
  readonly #change = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  readonly onDidChangeFileDecorations = this.#change.event;
  readonly #owned = new DisposableStore();

  constructor(model: TableModel) {
    this.#model = model;
    this.#owned.add(this.#change);
    this.#owned.add(model.onDidChange((change) => this.#onChange(change)));
    this.#owned.add(vscode.window.registerFileDecorationProvider(this));
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const id = tableIdOf(uri);
    const view = id === undefined ? undefined : this.#model.table(id);
    if (view === undefined) return undefined;
    const { color } = FRESHNESS_LOOKS[view.freshness];
    const failed = view.lastAttemptFailed && view.freshness !== 'error';
    return new vscode.FileDecoration(
      failed ? '!' : undefined,
      failed ? 'The last attempt failed' : undefined,
      new vscode.ThemeColor(color),
    );
  }

  #onChange(change: ModelChange): void {
    if (change.kind === 'status') return;
    const few = change.kind === 'tables' && change.ids.length <= MAX_URIS_AN_EVENT;
    this.#change.fire(few ? change.ids.map(tableUri) : undefined);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

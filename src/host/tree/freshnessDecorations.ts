import * as vscode from 'vscode';
import { DisposableStore } from '../../core/disposable.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelChange, TableModel } from '../../sources/tableModel.ts';
import { ChangeBuffer } from '../changeBuffer.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { rowMark } from './rowMarks.ts';
import { tableIdOf, tableUri } from './tableUri.ts';

/** VS Code folds a larger event to one URI a folder, and rows keep their old colour (decisions, "Decorations"). */
export const MAX_URIS_AN_EVENT = 250;

/** Colours the rows by freshness, and marks those whose numbers are not what one would think. */
export class FreshnessDecorations implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #model: TableModel;
  readonly #change = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  readonly onDidChangeFileDecorations = this.#change.event;
  readonly #owned = new DisposableStore();

  readonly #changed: ChangeBuffer;

  constructor(model: TableModel, clock: Clock) {
    this.#model = model;
    this.#owned.add(this.#change);
    this.#changed = this.#owned.add(new ChangeBuffer(clock, (ids) => this.#redraw(ids)));
    this.#owned.add(model.onDidChange((change) => this.#onChange(change)));
    this.#owned.add(vscode.window.registerFileDecorationProvider(this));
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const id = tableIdOf(uri);
    const view = id === undefined ? undefined : this.#model.table(id);
    if (view === undefined) return undefined;
    const mark = rowMark(view);
    const color = new vscode.ThemeColor(FRESHNESS_LOOKS[view.freshness].color);
    return new vscode.FileDecoration(mark?.badge, mark?.words, color);
  }

  #onChange(change: ModelChange): void {
    if (change.kind === 'tables') this.#changed.add(change.ids);
    if (change.kind !== 'all') return;
    this.#changed.clear();
    this.#change.fire(undefined);
  }

  #redraw(ids: ReadonlySet<string>): void {
    this.#change.fire(ids.size > MAX_URIS_AN_EVENT ? undefined : Array.from(ids, tableUri));
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

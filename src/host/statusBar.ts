import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { DisposableStore } from '../core/disposable.ts';
import type { TableModel } from '../sources/tableModel.ts';
import type { CountedTables } from './attention.ts';
import type { NextRun } from './nextRun.ts';
import { plainLines } from './plainLines.ts';
import { statusText } from './statusText.ts';

/** Left of the bar, behind what belongs to the whole workspace. */
const PRIORITY = 10;

/** The one status item: counts by the worst state, spinning while something runs; a click opens the view. */
export class StatusBar implements vscode.Disposable {
  readonly #model: TableModel;
  readonly #nextRun: () => NextRun;
  readonly #counted: () => CountedTables;
  readonly #item: vscode.StatusBarItem;
  readonly #owned = new DisposableStore();

  /** @param counted the tables that the item's number is of */
  constructor(model: TableModel, nextRun: () => NextRun, counted: () => CountedTables) {
    this.#model = model;
    this.#nextRun = nextRun;
    this.#counted = counted;
    this.#item = this.#owned.add(
      vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, PRIORITY),
    );
    this.#item.name = l10n.t('Agnes Freshness');
    this.#item.command = 'agnesFreshness.tables.focus';
    this.#owned.add(model.onDidChange(() => this.update()));
  }

  update(): void {
    const status = statusText(this.#model, this.#model.now(), this.#nextRun(), this.#counted());
    if (status === undefined) {
      this.#item.hide();
      return;
    }
    this.#item.text = status.text;
    this.#item.tooltip = plainLines(status.tooltip);
    this.#item.accessibilityInformation = { label: status.spoken };
    this.#item.show();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

import * as vscode from 'vscode';
import { DisposableStore } from '../core/disposable.ts';
import type { TableModel } from '../sources/tableModel.ts';
import type { NextRun } from './nextRun.ts';
import { statusText } from './statusText.ts';

/** Left of the bar, behind what belongs to the whole workspace. */
const PRIORITY = 10;

/** The one status item: counts by the worst state, spinning while something runs; a click opens the view. */
export class StatusBar implements vscode.Disposable {
  readonly #model: TableModel;
  readonly #nextRun: () => NextRun;
  readonly #item: vscode.StatusBarItem;
  readonly #owned = new DisposableStore();

  constructor(model: TableModel, nextRun: () => NextRun) {
    this.#model = model;
    this.#nextRun = nextRun;
    this.#item = this.#owned.add(
      vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, PRIORITY),
    );
    this.#item.name = 'Agnes Freshness';
    this.#item.command = 'agnesFreshness.tables.focus';
    this.#owned.add(model.onDidChange(() => this.update()));
  }

  update(): void {
    const status = statusText(this.#model, this.#model.now(), this.#nextRun());
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

/** Text from outside, such as a path, is escaped; each line stands by itself. */
function plainLines(lines: readonly string[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  lines.forEach((line, index) => {
    if (index > 0) markdown.appendMarkdown('\n\n');
    markdown.appendText(line);
  });
  return markdown;
}

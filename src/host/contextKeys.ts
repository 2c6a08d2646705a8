import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import type { TableModel } from '../sources/tableModel.ts';
import type { ArrangedTables } from './tree/arrangedTables.ts';
import { welcomeFor } from './welcomeFailures.ts';

type ContextValue = string | boolean | undefined;

/** Tells package.json's `when` clauses how things stand; each key is set when it changes, not at each event. */
export class ContextKeys implements Disposable {
  readonly #model: TableModel;
  readonly #tables: ArrangedTables;
  readonly #owned = new DisposableStore();
  readonly #set = new Map<string, ContextValue>();

  constructor(model: TableModel, tables: ArrangedTables) {
    this.#model = model;
    this.#tables = tables;
    this.#owned.add(model.onDidChange(() => this.update()));
    this.#owned.add(tables.onArranged(() => this.update()));
  }

  update(): void {
    const { failure, counts, isRefreshing, source } = this.#model;
    this.#put('agnesFreshness.state', this.#state());
    this.#put('agnesFreshness.failure', failure && welcomeFor(failure));
    this.#put('agnesFreshness.hasTables', counts.total > 0);
    this.#put('agnesFreshness.refreshing', isRefreshing);
    this.#put('agnesFreshness.canRefresh', source?.capabilities.refresh !== false);
    this.#put('agnesFreshness.onServer', source?.server !== undefined);
    this.#put('agnesFreshness.hasSource', source !== undefined);
    this.#put('agnesFreshness.filtered', this.#tables.isFiltered);
  }

  #state(): string {
    const { failure, source, snapshot, counts } = this.#model;
    if (snapshot !== undefined) {
      if (counts.total === 0) return 'empty';
      // With a filter on and nothing left, VS Code shows what helps in place of the rows.
      return this.#tables.shownCount === 0 ? 'filtered' : 'ready';
    }
    if (failure !== undefined) return 'failed';
    return source === undefined ? 'notConfigured' : 'reading';
  }

  #put(key: string, value: ContextValue): void {
    if (this.#set.has(key) && this.#set.get(key) === value) return;
    this.#set.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

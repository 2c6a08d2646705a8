import type * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../core/disposable.ts';
import type { Clock } from '../ports/clock.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { countedTables, type CountedTables } from './attention.ts';
import { ContextKeys } from './contextKeys.ts';
import type { NextRun } from './nextRun.ts';
import { RunsView } from './runs/runsView.ts';
import type { Settings } from './settings.ts';
import { StatusBar } from './statusBar.ts';
import { TablesView } from './tablesView.ts';
import { ArrangedTables } from './tree/arrangedTables.ts';
import { KeptArrangement } from './tree/keptArrangement.ts';
import { Pins } from './tree/pins.ts';

export interface OpenViewsParts {
  readonly model: TableModel;
  readonly clock: Clock;
  readonly settings: Settings;
  /** Where arrangement and pins are kept. */
  readonly state: vscode.Memento;
  readonly nextRun: () => NextRun;
}

/** What this window shows of the model all the time. */
export interface OpenViews extends Disposable {
  readonly tables: ArrangedTables;
  readonly view: TablesView;
  readonly arrangement: KeptArrangement;
  readonly pins: Pins;
  readonly statusBar: StatusBar;
}

/** Makes both views, the status item and the context keys, and has them follow what they are made of. */
export function openViews({ model, clock, settings, state, nextRun }: OpenViewsParts): OpenViews {
  const owned = new DisposableStore();
  const isAdministrator = (): boolean => settings.administrator;
  const arrangement = new KeptArrangement(state);
  const pins = new Pins(state);
  const tables = owned.add(new ArrangedTables({ model, clock, arrangement, pins }));
  const counted = (): CountedTables =>
    countedTables(model, pins.of(model.source?.id), settings.countsPinnedOnly);
  const statusBar = owned.add(new StatusBar(model, nextRun, counted));
  const contextKeys = owned.add(new ContextKeys(model, tables));
  const view = owned.add(
    new TablesView({ model, clock, tables, arrangement, nextRun, isAdministrator, counted }),
  );
  const runs = owned.add(new RunsView({ model, clock, isAdministrator }));
  const recount = (): void => {
    statusBar.update();
    view.updateBadge();
  };
  owned.add(pins.onDidChange(recount));
  owned.add(settings.onDidChange(['countPinnedOnly'], recount));
  // Rows and tooltips that were drawn already withhold what an administrator may see, or show what others may not.
  owned.add(
    settings.onDidChange(['administrator'], () => {
      view.redraw();
      runs.redraw();
    }),
  );
  contextKeys.update();
  return { tables, view, arrangement, pins, statusBar, dispose: () => owned.dispose() };
}

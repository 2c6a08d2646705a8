import path from 'node:path';
import type * as vscode from 'vscode';
import { DuckDbWorker } from './adapters/duckdb/duckDbWorker.ts';
import { createSystemClock } from './adapters/system/systemClock.ts';
import type { SettingKey } from './core/settingKeys.ts';
import { BackgroundRefresh } from './host/backgroundRefresh.ts';
import { registerCommands } from './host/commands/registerCommands.ts';
import { ContextKeys } from './host/contextKeys.ts';
import { Settings } from './host/settings.ts';
import { SourceController } from './host/sourceController.ts';
import { SourceFactory } from './host/sourceFactory.ts';
import { StatusBar } from './host/statusBar.ts';
import { TablesView } from './host/tablesView.ts';
import { WindowLog } from './host/windowLog.ts';
import { TableModel } from './sources/tableModel.ts';

/** Changes that decide colours; the engine reads the rest anew for each run. */
const JUDGED_BY: readonly SettingKey[] = ['interval', 'threshold'];

/** What tests may see of a running extension. */
export interface ExtensionApi {
  readonly model: TableModel;
}

/** The composition root: everything is made here, by hand, and ended with the context. */
export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const { env: environment } = process;
  const clock = createSystemClock();
  const log = new WindowLog();
  const settings = new Settings(log, environment);
  const worker = new DuckDbWorker({
    entryPath: path.join(__dirname, 'duckDbWorker.js'),
    clock,
    env: environment,
  });
  const model = new TableModel(clock);
  const factory = new SourceFactory({
    worker,
    clock,
    log,
    settings,
    environment,
    storage: context.globalStorageUri,
  });
  const controller = new SourceController(model, factory, settings, context.workspaceState, log);

  const background = new BackgroundRefresh(model, settings, clock, log, () => statusBar.update());
  const nextRunAt = (): bigint | undefined => background.nextRunAt;
  const statusBar = new StatusBar(model, clock, nextRunAt);
  const tablesView = new TablesView({
    model,
    clock,
    nextRunAt,
    isAdministrator: () => settings.administrator,
  });
  const contextKeys = new ContextKeys(model);
  const commands = registerCommands({ model, controller, clock, log, environment });

  context.subscriptions.push(
    log,
    worker,
    model,
    background,
    statusBar,
    tablesView,
    contextKeys,
    commands,
    settings.onDidChange(JUDGED_BY, () => model.judgeNow()),
    settings.onDidChange(['database'], () => void controller.open()),
  );
  contextKeys.update();
  void controller.open();
  return { model };
}

import path from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { DuckDbWorker } from './adapters/duckdb/duckDbWorker.ts';
import { createSystemClock } from './adapters/system/systemClock.ts';
import type { SettingKey } from './core/settingKeys.ts';
import { BackgroundRefresh } from './host/backgroundRefresh.ts';
import { registerCommands } from './host/commands/registerCommands.ts';
import { endInOrder } from './host/endInOrder.ts';
import type { NextRun } from './host/nextRun.ts';
import { openViews } from './host/openViews.ts';
import { userAgentOf } from './host/server/serverParts.ts';
import { SignInNotices } from './host/server/signInNotices.ts';
import { TokenStore } from './host/server/tokenStore.ts';
import { Settings } from './host/settings.ts';
import { SourceController } from './host/sourceController.ts';
import { SourceFactory } from './host/sourceFactory.ts';
import type { TablesView } from './host/tablesView.ts';
import type { ArrangedTables } from './host/tree/arrangedTables.ts';
import type { KeptArrangement } from './host/tree/keptArrangement.ts';
import type { Pins } from './host/tree/pins.ts';
import { WindowLog } from './host/windowLog.ts';
import { Reloader } from './sources/reloader.ts';
import { TableModel } from './sources/tableModel.ts';

/** Changes that decide colours; the engine reads the rest anew for each run. */
const JUDGED_BY: readonly SettingKey[] = ['interval', 'threshold', 'dataFreshness', 'bigquery.project'];

/** What tests may see of a running extension; nobody else may: it leads to tokens. */
export interface ExtensionApi {
  readonly model: TableModel;
  readonly controller: SourceController;
  readonly tokens: TokenStore;
  readonly tables: ArrangedTables;
  readonly view: TablesView;
  readonly arrangement: KeptArrangement;
  readonly pins: Pins;
}

/** What has to end in order, and is waited for; all else ends with the context. */
let ending: (() => Promise<void>) | undefined;

/** The composition root: everything is made here, by hand. */
export function activate(context: vscode.ExtensionContext): ExtensionApi | undefined {
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
  const { env: environment } = process;
  const clock = createSystemClock();
  const log = new WindowLog();
  const settings = new Settings(log, environment);
  const entryPath = path.join(__dirname, 'duckDbWorker.js');
  const worker = new DuckDbWorker({ entryPath, clock, env: environment });
  const model = new TableModel(clock, () => settings.dataPolicies);
  const { globalStorageUri: storage, extensionUri } = context;
  const tokens = new TokenStore(context.secrets, context.globalState);
  const server = { tokens, settings, clock, log, environment, userAgent: userAgentOf(context.extension) };
  const factory = new SourceFactory({ ...server, worker, storage });
  const controller = new SourceController(model, factory, settings, context.workspaceState, log);

  const background = new BackgroundRefresh(model, settings, clock, log, () => views.statusBar.update());
  const nextRun = (): NextRun => background.nextRun;
  const isAdministrator = (): boolean => settings.administrator;
  const views = openViews({ model, clock, settings, state: context.workspaceState, nextRun });
  const { tables, view, arrangement, pins } = views;
  context.subscriptions.push(
    settings,
    controller,
    new Reloader(model, clock),
    background,
    views,
    registerCommands({
      ...{ model, view, arrangement, pins, controller, factory, log, server },
      ...{ isAdministrator, nextRun, extensionUri },
    }),
    new SignInNotices(model, context.globalState),
    tokens,
    tokens.onDidChange((origin) => void controller.signInChanged(origin)),
    settings.onDidChange(JUDGED_BY, () => model.judgeNow()),
    settings.onDidChange(['database'], () => void controller.openIfChanged()),
  );
  ending = () => endInOrder(model, worker, log);
  void controller.open();
  const isTest = context.extensionMode === vscode.ExtensionMode.Test;
  return isTest ? { model, controller, tokens, tables, view, arrangement, pins } : undefined;
}

/** Ends what is under way; answers that have come are still stored. */
export async function deactivate(): Promise<void> {
  await ending?.();
}

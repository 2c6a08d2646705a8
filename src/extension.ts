import path from 'node:path';
import * as vscode from 'vscode';
import { DuckDbWorker } from './adapters/duckdb/duckDbWorker.ts';
import { createSystemClock } from './adapters/system/systemClock.ts';
import type { SettingKey } from './core/settingKeys.ts';
import { BackgroundRefresh } from './host/backgroundRefresh.ts';
import { registerCommands } from './host/commands/registerCommands.ts';
import { ContextKeys } from './host/contextKeys.ts';
import type { NextRun } from './host/nextRun.ts';
import { endInOrder } from './host/endInOrder.ts';
import { SignInNotices } from './host/server/signInNotices.ts';
import { TokenStore } from './host/server/tokenStore.ts';
import { Settings } from './host/settings.ts';
import { SourceController } from './host/sourceController.ts';
import { SourceFactory } from './host/sourceFactory.ts';
import { StatusBar } from './host/statusBar.ts';
import { TablesView } from './host/tablesView.ts';
import { WindowLog } from './host/windowLog.ts';
import { Reloader } from './sources/reloader.ts';
import { TableModel } from './sources/tableModel.ts';

/** Changes that decide colours; the engine reads the rest anew for each run. */
const JUDGED_BY: readonly SettingKey[] = ['interval', 'threshold'];

/** What tests may see of a running extension; nobody else may: it leads to tokens. */
export interface ExtensionApi {
  readonly model: TableModel;
  readonly controller: SourceController;
  readonly tokens: TokenStore;
}

/** What has to end in order, and is waited for; all else ends with the context. */
let ending: (() => Promise<void>) | undefined;

/** The composition root: everything is made here, by hand. */
export function activate(context: vscode.ExtensionContext): ExtensionApi | undefined {
  const { env: environment } = process;
  const clock = createSystemClock();
  const log = new WindowLog();
  const settings = new Settings(log, environment);
  const entryPath = path.join(__dirname, 'duckDbWorker.js');
  const worker = new DuckDbWorker({ entryPath, clock, env: environment });
  const model = new TableModel(clock);
  const storage = context.globalStorageUri;
  const tokens = new TokenStore(context.secrets, context.globalState);
  const server = { tokens, settings, clock, log, environment, userAgent: userAgent(context) };
  const factory = new SourceFactory({ ...server, worker, storage });
  const controller = new SourceController(model, factory, settings, context.workspaceState, log);

  const background = new BackgroundRefresh(model, settings, clock, log, () => statusBar.update());
  const nextRun = (): NextRun => background.nextRun;
  const isAdministrator = (): boolean => settings.administrator;
  const statusBar = new StatusBar(model, nextRun);
  const contextKeys = new ContextKeys(model);
  context.subscriptions.push(
    settings,
    controller,
    new Reloader(model, clock),
    background,
    statusBar,
    contextKeys,
    new TablesView({ model, clock, nextRun, isAdministrator }),
    registerCommands({ model, controller, factory, log, server }),
    new SignInNotices(model, context.globalState),
    tokens,
    tokens.onDidChange((origin) => void controller.signInChanged(origin)),
    settings.onDidChange(JUDGED_BY, () => model.judgeNow()),
    settings.onDidChange(['database'], () => void controller.openIfChanged()),
  );
  ending = () => endInOrder(model, worker, log);
  contextKeys.update();
  void controller.open();
  const isTest = context.extensionMode === vscode.ExtensionMode.Test;
  return isTest ? { model, controller, tokens } : undefined;
}

function userAgent({ extension }: vscode.ExtensionContext): string {
  const { version } = extension.packageJSON as { readonly version: string };
  return `agnes-freshness/${version}`;
}

/** Ends what is under way; answers that have come are still stored. */
export async function deactivate(): Promise<void> {
  await ending?.();
}

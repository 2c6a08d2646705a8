import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS, TABLES_VIEW } from '../commandIds.ts';
import { openSetting } from '../failureNotice.ts';
import type { ServerParts } from '../server/serverParts.ts';
import { signOut } from '../server/signOut.ts';
import type { SourceController } from '../sourceController.ts';
import type { SourceFactory } from '../sourceFactory.ts';
import type { WindowLog } from '../windowLog.ts';
import { chooseDatabase } from './chooseDatabase.ts';
import { connect } from './connect.ts';
import { cancelRefresh, refreshAll, refreshStale } from './refreshRunCommands.ts';
import { refreshTable } from './refreshTable.ts';

export interface CommandParts {
  readonly model: TableModel;
  readonly controller: SourceController;
  readonly factory: SourceFactory;
  readonly server: ServerParts;
  readonly log: WindowLog;
}

/** Registers every command of package.json. */
export function registerCommands({ model, controller, factory, log, server }: CommandParts): Disposable {
  const { clock, environment } = server;
  const handlers: Readonly<Record<keyof typeof COMMANDS, (argument: unknown) => unknown>> = {
    refreshAll: () => refreshAll({ model, clock }),
    refreshStale: () => refreshStale({ model, clock }),
    refreshTable: (target) => refreshTable(model, target),
    cancelRefresh: () => cancelRefresh(model),
    connect: () => connect(controller),
    connectServer: async () => (await import('../server/connectServer.ts')).connectServer(controller, server),
    signIn: async () => (await import('../server/connectServer.ts')).signIn(controller, server),
    signOut: () => signOut({ model, controller, factory, tokens: server.tokens }),
    showLog: () => log.show(),
    chooseDatabase: () => chooseDatabase(controller, environment),
    openSampleCatalog: async () => {
      await controller.choose({ kind: 'sample' });
      await vscode.commands.executeCommand(`${TABLES_VIEW}.focus`);
    },
    openSettings: () => openSetting(),
    reload: () => controller.reload(),
  };
  const registered = new DisposableStore();
  for (const [name, handler] of Object.entries(handlers)) {
    registered.add(vscode.commands.registerCommand(COMMANDS[name as keyof typeof COMMANDS], handler));
  }
  return registered;
}

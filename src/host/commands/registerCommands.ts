import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS, TABLES_VIEW } from '../commandIds.ts';
import { openSetting } from '../failureNotice.ts';
import type { SourceController } from '../sourceController.ts';
import type { WindowLog } from '../windowLog.ts';
import { chooseDatabase } from './chooseDatabase.ts';
import { cancelRefresh, refreshAll, refreshStale } from './refreshRunCommands.ts';
import { refreshTable } from './refreshTable.ts';

export interface CommandParts {
  readonly model: TableModel;
  readonly controller: SourceController;
  readonly clock: Clock;
  readonly log: WindowLog;
  readonly environment: NodeJS.ProcessEnv;
}

/** Registers every command of package.json. */
export function registerCommands({ model, controller, clock, log, environment }: CommandParts): Disposable {
  const handlers: Readonly<Record<keyof typeof COMMANDS, (argument: unknown) => unknown>> = {
    refreshAll: () => refreshAll({ model, clock }),
    refreshStale: () => refreshStale({ model, clock }),
    refreshTable: (target) => refreshTable(model, clock, target),
    cancelRefresh: () => cancelRefresh(model),
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

import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import { COMMANDS, TABLES_VIEW } from '../commandIds.ts';
import { openSetting } from '../failureNotice.ts';
import type { NextRun } from '../nextRun.ts';
import type { ServerParts } from '../server/serverParts.ts';
import { signOut } from '../server/signOut.ts';
import type { SourceController } from '../sourceController.ts';
import type { SourceFactory } from '../sourceFactory.ts';
import type { WindowLog } from '../windowLog.ts';
import { chooseDatabase } from './chooseDatabase.ts';
import { selectedOr } from './commandTargets.ts';
import { connect } from './connect.ts';
import { getStarted } from './getStarted.ts';
import { cancelRefresh, refreshAll, refreshStale } from './refreshRunCommands.ts';
import { retryFailed } from './retryFailed.ts';
import { DetailsCommands } from './showDetails.ts';
import { signInGoogle } from './signInGoogle.ts';
import { tableCommands, type CommandHandler, type TableCommandParts } from './tableCommands.ts';

export interface CommandParts extends Omit<TableCommandParts, 'clock'> {
  readonly controller: SourceController;
  readonly factory: SourceFactory;
  readonly server: ServerParts;
  readonly log: WindowLog;
  readonly isAdministrator: () => boolean;
  readonly nextRun: () => NextRun;
  /** Folder of the extension. */
  readonly extensionUri: vscode.Uri;
}

/** Registers every command of package.json. */
export function registerCommands(parts: CommandParts): Disposable {
  const {
    model,
    view,
    arrangement,
    pins,
    controller,
    factory,
    log,
    server,
    isAdministrator,
    extensionUri,
    nextRun,
  } = parts;
  const { clock, environment, settings, userAgent } = server;
  const language = vscode.l10n.bundle === undefined ? 'en' : vscode.env.language;
  const details = new DetailsCommands({ model, clock, isAdministrator, extensionUri, language });
  const handlers: Readonly<Record<keyof typeof COMMANDS, CommandHandler>> = {
    ...tableCommands({ model, clock, view, arrangement, pins }),
    refreshAll: () => refreshAll({ model, clock }),
    refreshStale: () => refreshStale({ model, clock }),
    showDetails: (target) => details.showDetails(selectedOr(target, view)),
    revealLastError: (target) => details.revealLastError(selectedOr(target, view)),
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
    signInGoogle: () => signInGoogle(),
    reload: () => controller.reload(),
    retryFailed: (target) => retryFailed({ model, clock }, target),
    troubleshoot: async () => {
      const { troubleshoot } = await import('../troubleshoot/troubleshoot.ts');
      await troubleshoot({ model, controller, settings, environment, nextRun, extension: userAgent });
    },
    getStarted,
  };
  const registered = new DisposableStore();
  registered.add(details);
  registered.add(settings.onDidChange(['administrator'], () => details.update()));
  for (const [name, handler] of Object.entries(handlers)) {
    registered.add(vscode.commands.registerCommand(COMMANDS[name as keyof typeof COMMANDS], handler));
  }
  return registered;
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { TableModel } from '../../sources/tableModel.ts';
import { notificationText } from '../notificationText.ts';
import { serverLabel } from '../sourceChoice.ts';
import type { SourceController } from '../sourceController.ts';
import type { SourceFactory } from '../sourceFactory.ts';
import type { TokenStore } from './tokenStore.ts';

export interface SignOutParts {
  readonly model: TableModel;
  readonly controller: SourceController;
  readonly factory: SourceFactory;
  readonly tokens: TokenStore;
}

/** Signs out of the server that is open: forgets its token, and what was kept of its tables. */
export async function signOut({ model, controller, factory, tokens }: SignOutParts): Promise<void> {
  const { choice } = controller;
  if (choice?.kind !== 'server') return;
  const state = await factory.stateOfUser(choice);
  const { source } = model;
  try {
    // An own sign-in of before would count as soon as the CLI's does no more.
    await tokens.delete(choice.origin);
    controller.close();
    await source?.settled(); // only then does it write nothing more
    await state?.forget();
  } finally {
    await controller.reopen({ ...choice, signIn: 'own' });
  }
  const text = l10n.t('Signed out of {0}.', serverLabel(choice.origin));
  void vscode.window.showInformationMessage(notificationText(text));
}

import * as vscode from 'vscode';
import type { AgnesFailure } from '../core/failure.ts';
import { describeFailure, type FailureAction } from '../core/failureTexts.ts';
import { SETTINGS_SECTION } from '../core/settingKeys.ts';
import { COMMANDS } from './commandIds.ts';
import { actionTitle } from './failureActionTexts.ts';
import { flightUnavailableText } from './flightTexts.ts';
import { notificationText } from './notificationText.ts';

export interface FailureNoticeOptions {
  /** A sentence on what was done before it failed. */
  readonly before?: string;
  /** What "Sign In" does where it is not about the server that is open. */
  readonly signIn?: () => unknown;
}

/**
 * One sentence, one button.
 *
 * @param retry what "Try Again" does
 */
export async function showFailure(
  failure: AgnesFailure,
  retry: () => unknown,
  { before = '', signIn }: FailureNoticeOptions = {},
): Promise<void> {
  const { message, action } = describeFailure(failure);
  const title = actionTitle(action);
  const text = notificationText(before === '' ? message : `${message} ${before}`);
  const chosen = await vscode.window.showErrorMessage(text, title);
  if (chosen === title) await performAction(action, retry, signIn);
}

/** Refreshing works all the same; what other windows do is not seen. */
export async function showFlightUnavailable(failure: AgnesFailure): Promise<void> {
  const text = notificationText(flightUnavailableText(failure));
  const chosen = await vscode.window.showWarningMessage(text, actionTitle({ kind: 'showLog' }));
  if (chosen !== undefined) await vscode.commands.executeCommand(COMMANDS.showLog);
}

/** Does what the button of an action says. @param retry what "Try Again" does */
export async function performAction(
  action: FailureAction,
  retry: () => unknown,
  signIn?: () => unknown,
): Promise<void> {
  switch (action.kind) {
    case 'chooseDatabase':
      await vscode.commands.executeCommand(COMMANDS.chooseDatabase);
      return;
    case 'connectServer':
      await vscode.commands.executeCommand(COMMANDS.connectServer);
      return;
    case 'signIn':
      await (signIn === undefined ? vscode.commands.executeCommand(COMMANDS.signIn) : signIn());
      return;
    case 'signInGoogle':
      await vscode.commands.executeCommand(COMMANDS.signInGoogle);
      return;
    case 'openSetting':
      await openSetting(action.setting);
      return;
    case 'retry':
      await retry();
      return;
    case 'showLog':
      await vscode.commands.executeCommand(COMMANDS.showLog);
  }
}

/** Opens the settings editor at one setting, or at all of the extension's. */
export async function openSetting(setting?: string): Promise<void> {
  const query =
    setting === undefined ? '@ext:agnes-freshness.agnes-freshness' : `@id:${SETTINGS_SECTION}.${setting}`;
  // Machine settings of a remote window stand on a page of their own, and are not found on the user's.
  const remote = vscode.env.remoteName !== undefined;
  const command = remote ? 'workbench.action.openRemoteSettings' : 'workbench.action.openSettings';
  await vscode.commands.executeCommand(command, { query });
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { HttpClient } from '../../adapters/agnesApi/httpClient.ts';
import { checkToken, cleanToken, describeTokenProblem } from '../../core/accessToken.ts';
import { asFailure } from '../../core/failure.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import type { Log } from '../../ports/log.ts';
import { serverLabel } from '../sourceChoice.ts';

/**
 * Asks for a personal access token until the server takes it, or the user gives up.
 *
 * @param verify rejects with an `AgnesFailure` when the server does not take a token
 */
export function askForToken(
  { origin }: HttpClient,
  log: Log,
  verify: (token: string, signal: AbortSignal) => Promise<void>,
): Promise<string | undefined> {
  const input = vscode.window.createInputBox();
  const abort = new AbortController();
  input.title = l10n.t('Sign In to {0}', serverLabel(origin));
  input.prompt = l10n.t(
    'Personal access token, from your profile in Agnes. It is kept in VS Code’s secret storage.',
  );
  input.placeholder = l10n.t('Token');
  input.password = true;
  input.ignoreFocusOut = true;
  input.buttons = [
    { iconPath: new vscode.ThemeIcon('link-external'), tooltip: l10n.t('Open Your Profile in Agnes') },
  ];
  return new Promise((resolve) => {
    const accept = async (): Promise<void> => {
      const token = cleanToken(input.value);
      const checked = checkToken(token);
      if (checked.kind === 'wrong') {
        input.validationMessage = describeTokenProblem(checked.why);
        return;
      }
      input.busy = true;
      input.enabled = false;
      try {
        await verify(token, abort.signal);
        resolve(token);
        input.hide();
      } catch (error) {
        const failure = asFailure(error);
        log.warn(`signing in to ${origin}: ${failure.message}`);
        input.validationMessage = describeFailure(failure).message;
        input.busy = false;
        input.enabled = true;
      }
    };
    input.onDidAccept(() => void accept());
    input.onDidChangeValue(() => {
      input.validationMessage = undefined;
    });
    input.onDidTriggerButton(
      () => void vscode.env.openExternal(vscode.Uri.parse(`${origin}/me/profile`, true)),
    );
    input.onDidHide(() => {
      abort.abort();
      resolve(undefined);
      input.dispose();
    });
    input.show();
  });
}

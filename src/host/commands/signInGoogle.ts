import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

/** What gcloud calls the sign-in of programs: it writes the file that is looked for where no other one is named. */
const SIGN_IN = 'gcloud auth application-default login';

/** One at a time: the next sign-in takes the place of one that was given up. */
let current: vscode.Terminal | undefined;

/** Signs in to Google with gcloud, in a terminal where the user sees what it says and can answer it. */
export function signInGoogle(): void {
  current?.dispose();
  current = vscode.window.createTerminal({
    name: l10n.t('Sign In to Google'),
    iconPath: new vscode.ThemeIcon('sign-in'),
    // Not the workspace: a program of that name which lies in it is none of Google's.
    cwd: homedir(),
    isTransient: true,
  });
  current.show();
  current.sendText(SIGN_IN);
}

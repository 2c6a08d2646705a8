import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { HttpClient } from '../../adapters/agnesApi/httpClient.ts';
import { signInUrl, startLoopback, type LoopbackSignIn } from '../../adapters/agnesApi/loopbackSignIn.ts';
import { portOfLoopback } from '../../adapters/agnesApi/loopbackUri.ts';
import { exchangeCode } from '../../adapters/agnesApi/signInRequests.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import { serverLabel } from '../sourceChoice.ts';

/** Whether a browser of this user reaches this window at an http address of its own machine, forwarded or not. */
export async function isBrowserSignInPossible(clock: Clock): Promise<boolean> {
  const abort = new AbortController();
  const loopback = await startLoopback({ clock, signal: abort.signal });
  try {
    return (await reachablePort(loopback)) !== undefined;
  } finally {
    loopback.dispose();
    abort.abort();
  }
}

/**
 * The loopback flow of the contract (6.1): the browser signs in at the server and brings a code to a port of ours, which
 * is exchanged for a token. Two minutes at most.
 *
 * @returns the token, or `undefined` when the user cancelled; rejects with an `AgnesFailure`
 */
export async function signInWithBrowser(http: HttpClient, clock: Clock): Promise<string | undefined> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Waiting for the sign-in to {0} in the browser', serverLabel(http.origin)),
      cancellable: true,
    },
    async (_progress, cancellation) => {
      const abort = new AbortController();
      const subscription = cancellation.onCancellationRequested(() => abort.abort());
      let loopback: LoopbackSignIn | undefined;
      try {
        loopback = await startLoopback({ clock, signal: abort.signal, language: textLanguage() });
        const port = await reachablePort(loopback);
        // It was reachable when it was offered.
        if (port === undefined) throw new AgnesFailure('signInUnreachable');
        const url = vscode.Uri.parse(signInUrl(http.origin, port, loopback.state), true);
        if (!(await vscode.env.openExternal(url))) return undefined;
        const code = await loopback.code;
        const name = `Agnes Freshness in ${vscode.env.appName}`;
        return (await exchangeCode(http, { code, name }, abort.signal)).token;
      } catch (error) {
        const failure = asFailure(error);
        if (failure.reason === 'cancelled') return undefined;
        throw failure;
      } finally {
        loopback?.dispose();
        subscription.dispose();
      }
    },
  );
}

/** Language of the extension's texts: English where there is no translation into that of VS Code. */
function textLanguage(): string {
  return vscode.l10n.bundle === undefined ? 'en' : vscode.env.language;
}

/** The port under which the browser's machine reaches ours: another one where VS Code forwards it. */
async function reachablePort({ port }: LoopbackSignIn): Promise<number | undefined> {
  const uri = await vscode.env.asExternalUri(vscode.Uri.parse(`http://127.0.0.1:${port}/`, true));
  return portOfLoopback(uri);
}

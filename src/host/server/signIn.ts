import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { AgnesApi } from '../../adapters/agnesApi/agnesApi.ts';
import type { HttpClient } from '../../adapters/agnesApi/httpClient.ts';
import { hasBrowserSignIn } from '../../adapters/agnesApi/signInRequests.ts';
import { asFailure } from '../../core/failure.ts';
import { pickText } from '../pickText.ts';
import { noticeWithSignal } from '../slowNotice.ts';
import { serverLabel, type ServerChoice } from '../sourceChoice.ts';
import { isBrowserSignInPossible, signInWithBrowser } from './browserSignIn.ts';
import { askForToken } from './pasteToken.ts';
import { httpClientFor } from './serverAccess.ts';
import type { ServerParts } from './serverParts.ts';

type Way = 'browser' | 'paste' | 'cli';

/**
 * Signs in to a server that the user has confirmed: with the browser, by a pasted token, or with what the Agnes CLI has
 * saved; what is not possible here is not offered. A token is stored only after the server has taken it.
 *
 * @returns whose sign-in to use, or `undefined` when the user gave up; rejects with an `AgnesFailure`
 */
export async function signInTo(
  origin: string,
  parts: ServerParts,
): Promise<ServerChoice['signIn'] | undefined> {
  const http = httpClientFor(origin, parts);
  const way = await chooseWay(origin, http, parts);
  if (way === undefined || way === 'cli') return way;
  const token =
    way === 'browser'
      ? await signInWithBrowser(http, parts.clock)
      : await askForToken(http, parts.log, (pasted, signal) => verifyToken(http, pasted, parts, signal));
  if (token === undefined) return undefined;
  await parts.tokens.put(origin, token);
  return 'own';
}

/** Tells whether a server takes a token. Rejects with an `AgnesFailure` when it does not, or can't be asked. */
export async function verifyToken(
  http: HttpClient,
  token: string,
  { log }: ServerParts,
  signal: AbortSignal,
): Promise<void> {
  await new AgnesApi({ http, token: () => Promise.resolve(token), log }).status(signal);
}

async function chooseWay(origin: string, http: HttpClient, parts: ServerParts): Promise<Way | undefined> {
  const [browser, cli] = await noticeWithSignal(
    parts.clock,
    l10n.t('Asking {0}', serverLabel(origin)),
    (signal) => Promise.all([offersBrowser(http, parts, signal), cliSignInFor(origin, parts)]),
  );
  const items: (vscode.QuickPickItem & { readonly way: Way })[] = [];
  if (browser) {
    items.push({
      label: l10n.t('Sign In with the Browser'),
      detail: l10n.t('Agnes opens there. The sign-in shows the tables of your own stack.'),
      iconPath: new vscode.ThemeIcon('link-external'),
      way: 'browser',
    });
  }
  if (cli !== undefined) {
    items.push({
      label: l10n.t('Use the Agnes CLI’s Sign-In'),
      ...(cli.email === undefined ? {} : { description: pickText(cli.email) }),
      detail: l10n.t('What the CLI has saved is read each time, and never changed.'),
      iconPath: new vscode.ThemeIcon('terminal'),
      way: 'cli',
    });
  }
  if (items.length === 0) return 'paste';
  items.push({
    label: l10n.t('Paste a Personal Access Token'),
    detail: l10n.t('From your profile in Agnes.'),
    iconPath: new vscode.ThemeIcon('key'),
    way: 'paste',
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Sign In to {0}', serverLabel(origin)),
    placeHolder: l10n.t('How do you want to sign in?'),
    ignoreFocusOut: true,
  });
  return picked?.way;
}

/** The browser must reach this window, and the server must know how. */
async function offersBrowser(
  http: HttpClient,
  { clock, log }: ServerParts,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await isBrowserSignInPossible(clock)) && (await hasBrowserSignIn(http, signal));
  } catch (error) {
    const failure = asFailure(error);
    if (failure.reason === 'cancelled') throw failure;
    log.info(`sign-in with the browser is not offered: ${failure.message}`);
    return false;
  }
}

async function cliSignInFor(
  origin: string,
  { environment }: ServerParts,
): Promise<{ readonly email: string | undefined } | undefined> {
  const { cliConfigFolder, readCliSignIn } = await import('../../adapters/agnesApi/cliSignIn.ts');
  const found = await readCliSignIn(cliConfigFolder(environment, homedir()));
  return found?.origin === origin ? { email: found.email } : undefined;
}

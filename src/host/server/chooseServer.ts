import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { describeAddressProblem, parseServerAddress } from '../../core/serverAddress.ts';
import { pickText } from '../pickText.ts';
import { serverLabel, type ServerChoice } from '../sourceChoice.ts';
import type { ServerParts } from './serverParts.ts';

/** An address that was found somewhere; nothing is sent to it before the user has chosen it. */
export interface Proposal {
  readonly origin: string;
  readonly description: string;
  readonly signIn: ServerChoice['signIn'];
}

/** Lets the user choose among the servers that are known here, or type an address; `undefined` when they give up. */
export async function chooseServer(parts: ServerParts): Promise<Proposal | undefined> {
  const proposals = await findServers(parts);
  if (proposals.length === 0) return askForAddress();
  const items = proposals.map((proposal) => ({
    label: serverLabel(proposal.origin),
    description: proposal.description,
    iconPath: new vscode.ThemeIcon('server'),
    proposal,
  }));
  const picked = await vscode.window.showQuickPick(
    [
      ...items,
      { label: l10n.t('Another Address…'), iconPath: new vscode.ThemeIcon('edit'), proposal: undefined },
    ],
    { title: l10n.t('Connect to Agnes Server'), placeHolder: l10n.t('Your team’s server') },
  );
  if (picked === undefined) return undefined;
  return picked.proposal ?? askForAddress();
}

/** Servers that are known here: of an earlier sign-in, of the Agnes CLI, of the setting, of the environment. */
async function findServers({
  tokens,
  settings,
  environment,
  log,
}: ServerParts): Promise<readonly Proposal[]> {
  const { cliConfigFolder, readCliSignIn } = await import('../../adapters/agnesApi/cliSignIn.ts');
  const cli = await readCliSignIn(cliConfigFolder(environment, homedir()));
  const found: Proposal[] = tokens.origins.map((origin) => ({
    origin,
    description: l10n.t('signed in before'),
    signIn: 'own',
  }));
  if (cli !== undefined) {
    const description =
      cli.email === undefined
        ? l10n.t('signed in with the Agnes CLI')
        : l10n.t('signed in with the Agnes CLI as {0}', pickText(cli.email));
    found.push({ origin: cli.origin, description, signIn: 'cli' });
  }
  const named = [
    { text: settings.serverUrl, place: 'the settings', description: l10n.t('from the settings') },
    {
      text: environment['AGNES_SERVER'] ?? '',
      place: 'AGNES_SERVER',
      description: l10n.t('from {0}', 'AGNES_SERVER'),
    },
  ];
  for (const { text, place, description } of named) {
    const address = parseServerAddress(text);
    if (address.kind === 'usable') found.push({ origin: address.origin, description, signIn: 'own' });
    else if (text !== '') log.warn(`the address from ${place} is not proposed: ${address.problem}`);
  }
  return found.filter(({ origin }, index) => found.findIndex((other) => other.origin === origin) === index);
}

/** Who mistyped an address mends it, and does not type it again. */
let typedBefore = '';

async function askForAddress(): Promise<Proposal | undefined> {
  const text = await vscode.window.showInputBox({
    title: l10n.t('Connect to Agnes Server'),
    prompt: l10n.t('Address of your team’s Agnes server'),
    placeHolder: 'https://agnes.example.com',
    value: typedBefore,
    ignoreFocusOut: true,
    validateInput: (typed) => {
      const address = parseServerAddress(typed);
      // Not before something is typed: nobody is wrong yet.
      if (typed.trim() === '' || address.kind === 'usable') return undefined;
      return describeAddressProblem(address.problem, typed);
    },
  });
  const address = parseServerAddress(text ?? '');
  typedBefore = text ?? typedBefore;
  return address.kind === 'usable' ? { origin: address.origin, description: '', signIn: 'own' } : undefined;
}

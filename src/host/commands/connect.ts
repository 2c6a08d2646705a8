import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { COMMANDS } from '../commandIds.ts';
import { MAX_PICKED_PATH, pickText } from '../pickText.ts';
import { nameOfChoice, type SourceChoice } from '../sourceChoice.ts';
import type { SourceController } from '../sourceController.ts';

interface OfferedSource {
  readonly kind: SourceChoice['kind'];
  readonly label: string;
  readonly detail: string;
  readonly icon: string;
  readonly command: string;
}

function offeredSources(): readonly OfferedSource[] {
  return [
    {
      kind: 'server',
      label: l10n.t('Agnes Server…'),
      detail: l10n.t('Your team’s server, over its API. You need an account there.'),
      icon: 'server',
      command: COMMANDS.connectServer,
    },
    {
      kind: 'file',
      label: l10n.t('Database File…'),
      detail: l10n.t('Agnes’s system.duckdb on this machine.'),
      icon: 'database',
      command: COMMANDS.chooseDatabase,
    },
    {
      kind: 'sample',
      label: l10n.t('Sample Catalog'),
      detail: l10n.t('A built-in demonstration that needs no account.'),
      icon: 'beaker',
      command: COMMANDS.openSampleCatalog,
    },
  ];
}

/** Lets the user choose what this workspace shows. */
export async function connect(controller: SourceController): Promise<void> {
  const { choice } = controller;
  const items = offeredSources().map(({ kind, label, detail, icon, command }) => ({
    label,
    detail,
    ...(choice?.kind === kind
      ? { description: l10n.t('now: {0}', pickText(nameOfChoice(choice), MAX_PICKED_PATH)) }
      : {}),
    iconPath: new vscode.ThemeIcon(icon),
    command,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Connect'),
    placeHolder: l10n.t('Where do the tables come from?'),
  });
  if (picked !== undefined) await vscode.commands.executeCommand(picked.command);
}

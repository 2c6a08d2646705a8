import * as vscode from 'vscode';
import { COMMANDS } from '../commandIds.ts';
import { nameOfChoice, type SourceChoice } from '../sourceChoice.ts';
import type { SourceController } from '../sourceController.ts';

const SOURCES: readonly {
  readonly kind: SourceChoice['kind'];
  readonly label: string;
  readonly detail: string;
  readonly icon: string;
  readonly command: string;
}[] = [
  {
    kind: 'server',
    label: 'Agnes Server…',
    detail: 'Your team’s server, over its API. You need an account there.',
    icon: 'server',
    command: COMMANDS.connectServer,
  },
  {
    kind: 'file',
    label: 'Database File…',
    detail: 'Agnes’s system.duckdb on this machine.',
    icon: 'database',
    command: COMMANDS.chooseDatabase,
  },
  {
    kind: 'sample',
    label: 'Sample Catalog',
    detail: 'A built-in demonstration that needs no account.',
    icon: 'beaker',
    command: COMMANDS.openSampleCatalog,
  },
];

/** Lets the user choose what this workspace shows. */
export async function connect(controller: SourceController): Promise<void> {
  const { choice } = controller;
  const items = SOURCES.map(({ kind, label, detail, icon, command }) => ({
    label,
    detail,
    ...(choice?.kind === kind ? { description: `now: ${nameOfChoice(choice)}` } : {}),
    iconPath: new vscode.ThemeIcon(icon),
    command,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Connect',
    placeHolder: 'Where do the tables come from?',
  });
  if (picked !== undefined) await vscode.commands.executeCommand(picked.command);
}

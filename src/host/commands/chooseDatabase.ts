import { access } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { likelyDatabases } from '../../adapters/files/agnesPlaces.ts';
import { MAX_PICKED_PATH, pickText } from '../pickText.ts';
import type { SourceController } from '../sourceController.ts';

interface Picked {
  readonly action: 'open' | 'useSetting' | 'browse';
  readonly path?: string;
}

/** Lets the user choose the shared file: where Agnes keeps it, or anywhere by browsing. */
export async function chooseDatabase(
  controller: SourceController,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const found = await findDatabases(environment);
  const { overriddenSetting } = controller;
  const picked =
    found.length === 0 && overriddenSetting === undefined
      ? { action: 'browse' as const }
      : await pick(found, overriddenSetting);
  if (picked?.action === 'useSetting') await controller.useSetting();
  const chosen = picked?.action === 'browse' ? await browse() : picked?.path;
  if (chosen !== undefined) await controller.choose({ kind: 'file', path: chosen });
}

async function findDatabases(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  // A repository that is not trusted proposes nothing.
  const folders = vscode.workspace.isTrusted
    ? (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
        uri.scheme === 'file' ? [uri.fsPath] : [],
      )
    : [];
  const candidates = likelyDatabases(environment, folders);
  const present = await Promise.all(candidates.map(exists));
  return candidates.filter((_, index) => present[index]);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function pick(
  paths: readonly string[],
  overriddenSetting: string | undefined,
): Promise<Picked | undefined> {
  const items: (vscode.QuickPickItem & Picked)[] = paths.map((path) => ({
    label: pickText(path, MAX_PICKED_PATH),
    iconPath: new vscode.ThemeIcon('database'),
    action: 'open',
    path,
  }));
  if (overriddenSetting !== undefined) {
    items.push({
      label: l10n.t('Use the Setting'),
      description: pickText(overriddenSetting, MAX_PICKED_PATH),
      iconPath: new vscode.ThemeIcon('gear'),
      action: 'useSetting',
    });
  }
  items.push({ label: l10n.t('Browse…'), iconPath: new vscode.ThemeIcon('folder-opened'), action: 'browse' });
  return vscode.window.showQuickPick(items, {
    title: l10n.t('Choose Database'),
    placeHolder: l10n.t('Agnes’s system.duckdb'),
  });
}

async function browse(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: l10n.t('Choose Agnes’s system.duckdb'),
    openLabel: l10n.t('Open Database'),
    filters: { [l10n.t('DuckDB database')]: ['duckdb', 'db'], [l10n.t('All files')]: ['*'] },
  });
  return chosen?.[0]?.fsPath;
}

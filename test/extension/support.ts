import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { SettingKey } from '../../src/core/settingKeys.ts';
import type { ExtensionApi } from '../../src/extension.ts';
import type { TableModel } from '../../src/sources/tableModel.ts';

const EXTENSION_ID = 'agnes-freshness.agnes-freshness';
const SECTION = 'agnesFreshness';

/** The running extension, with what it shows under test alone. */
export async function activeExtension(): Promise<ExtensionApi> {
  const extension =
    vscode.extensions.getExtension<ExtensionApi | undefined>(EXTENSION_ID) ?? assert.fail('not installed');
  return (await extension.activate()) ?? assert.fail('not under test');
}

/** The running extension's model, as its views read it. */
export async function activeModel(): Promise<TableModel> {
  return (await activeExtension()).model;
}

/** Resolves as soon as the model is so; the test's time limit is the only other end. */
export function until(model: TableModel, condition: (model: TableModel) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const subscription = model.onDidChange(() => check());
    const check = (): void => {
      if (!condition(model)) return;
      subscription.dispose();
      resolve();
    };
    check();
  });
}

/** Settings of the extension for one test; `reset` takes them back. */
export class TestSettings {
  readonly #changed = new Set<SettingKey>();

  async set(values: Partial<Record<SettingKey, unknown>>): Promise<void> {
    for (const [key, value] of Object.entries(values) as [SettingKey, unknown][]) {
      this.#changed.add(key);
      await vscode.workspace.getConfiguration(SECTION).update(key, value, vscode.ConfigurationTarget.Global);
    }
  }

  async reset(): Promise<void> {
    for (const key of this.#changed) {
      await vscode.workspace
        .getConfiguration(SECTION)
        .update(key, undefined, vscode.ConfigurationTarget.Global);
    }
    this.#changed.clear();
  }
}

/** A folder for one suite; `remove` deletes it. */
export function temporaryFolder(): { readonly file: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'freshness-extension-'));
  return {
    file: (name) => path.join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Ids in a state, in order. */
export function idsIn(model: TableModel, state: string): readonly string[] {
  return Array.from(model.tables)
    .filter(({ freshness }) => freshness === state)
    .map(({ registration }) => registration.id);
}

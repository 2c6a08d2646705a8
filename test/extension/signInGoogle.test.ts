import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../../src/host/commandIds.ts';
import { activeExtension, temporaryFolder } from './support.ts';

/** Where VS Code takes the environment of its terminals from. */
const TERMINAL_ENVIRONMENT = `env.${process.platform === 'darwin' ? 'osx' : 'linux'}`;

describe('signing in to Google', () => {
  const folder = temporaryFolder();
  const terminals = (): readonly vscode.Terminal[] =>
    vscode.window.terminals.filter(({ name }) => name === 'Sign In to Google');

  before(async () => {
    await activeExtension();
    const gcloud = folder.file('gcloud');
    // Moved into its place, so that whoever sees it sees all of it.
    writeFileSync(
      gcloud,
      `#!/bin/sh\n{ pwd; echo "$@"; } > '${gcloud}.part'\nmv '${gcloud}.part' '${gcloud}.asked'\n`,
    );
    chmodSync(gcloud, 0o755);
    await setEnvironment({ PATH: `${path.dirname(gcloud)}${path.delimiter}${process.env['PATH'] ?? ''}` });
  });
  after(async () => {
    for (const terminal of terminals()) terminal.dispose();
    await setEnvironment(undefined);
    folder.remove();
  });

  function setEnvironment(value: object | undefined): Thenable<void> {
    const settings = vscode.workspace.getConfiguration('terminal.integrated');
    return settings.update(TERMINAL_ENVIRONMENT, value, vscode.ConfigurationTarget.Global);
  }

  it('runs gcloud’s sign-in in a terminal, outside the workspace', async () => {
    const asked = folder.file('gcloud.asked');
    await vscode.commands.executeCommand(COMMANDS.signInGoogle);
    assert.equal(terminals().length, 1);
    await appears(asked);
    assert.deepEqual(readFileSync(asked, 'utf8').split('\n'), [
      homedir(),
      'auth application-default login',
      '',
    ]);
  });

  it('has one terminal, however often somebody begins anew', async () => {
    const [before] = terminals();
    const closed = new Promise<void>((resolve) => {
      const subscription = vscode.window.onDidCloseTerminal((terminal) => {
        if (terminal !== before) return;
        subscription.dispose();
        resolve();
      });
    });
    await vscode.commands.executeCommand(COMMANDS.signInGoogle);
    await closed;
    assert.equal(terminals().length, 1);
  });
});

/** Resolves when a file is there; the test's time limit is the only other end. */
function appears(file: string): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(path.dirname(file), check);
    check();
  });
}

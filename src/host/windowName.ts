import * as vscode from 'vscode';

/** What other windows and the history call this one. */
export function windowName(): string {
  const { name } = vscode.workspace;
  return name === undefined ? vscode.env.appName : `${name} (${vscode.env.appName})`;
}

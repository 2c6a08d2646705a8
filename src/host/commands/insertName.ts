import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { showNothingSelected } from './nothingSelected.ts';

/** Puts names in the place of what is selected in the active text editor, at each of its cursors; `''` is put nowhere. */
export async function insertName(names: string): Promise<void> {
  if (names === '') {
    showNothingSelected();
    return;
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    void vscode.window.showInformationMessage(
      l10n.t('Open a text editor first: the name is put where its cursor is.'),
    );
    return;
  }
  const done = await editor.edit((edit) => {
    for (const selection of editor.selections) edit.replace(selection, names);
  });
  if (!done) {
    void vscode.window.showInformationMessage(l10n.t('The name could not be put into the editor.'));
    return;
  }
  const { document, viewColumn } = editor;
  await vscode.window.showTextDocument(document, viewColumn === undefined ? {} : { viewColumn });
}

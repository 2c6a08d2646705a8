import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';

/** Says why a command for tables, called from a key or the palette, did nothing. */
export function showNothingSelected(): void {
  void vscode.window.showInformationMessage(l10n.t('No table is selected.'));
}

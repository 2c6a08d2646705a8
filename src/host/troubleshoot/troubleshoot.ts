import * as vscode from 'vscode';
import { gatherFacts, privateNames, workspaceFolders, type TroubleshootParts } from './gatherFacts.ts';
import { troubleshootReport } from './troubleshootReport.ts';

/** Writes a report on how things stand into a new document, for whoever helps. */
export async function troubleshoot(parts: TroubleshootParts): Promise<void> {
  const names = privateNames(parts.environment, await workspaceFolders());
  const content = troubleshootReport(await gatherFacts(parts), names);
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
  await vscode.window.showTextDocument(document, { preview: false });
}

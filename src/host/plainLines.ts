import * as vscode from 'vscode';

/** Lines of plain text as a tooltip: what is from outside is escaped, and each line stands by itself. */
export function plainLines(lines: readonly string[]): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString();
  lines.forEach((line, index) => {
    if (index > 0) markdown.appendMarkdown('\n\n');
    markdown.appendText(line);
  });
  return markdown;
}

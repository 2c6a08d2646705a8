import * as vscode from 'vscode';

/** A scheme of our own: no other extension decorates these, and nothing is derived from them. */
const SCHEME = 'agnes-freshness';

/** Names a table to the decoration provider. */
export function tableUri(tableId: string): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/tables/${encodeURIComponent(tableId)}` });
}

/** The table that a URI names, or `undefined` for somebody else's. */
export function tableIdOf(uri: vscode.Uri): string | undefined {
  const [, encoded] = /^\/tables\/(.*)$/s.exec(uri.path) ?? [];
  if (uri.scheme !== SCHEME || encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

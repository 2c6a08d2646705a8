import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { TableModel } from '../../sources/tableModel.ts';
import { quotedNames } from './quotedName.ts';
import type { TreeNode } from './treeNodes.ts';

const PLAIN_TEXT = 'text/plain';
/** The same text, for `TableDrop`. */
const NAMES = 'application/vnd.agnes-freshness.names';

/** By pattern, because that counts for more than the `*` of VS Code's own providers: ours comes first. */
const EVERY_DOCUMENT: vscode.DocumentFilter = { pattern: '**' };

/** Lets rows be dragged as quoted names. Nothing can be dropped on the tree. */
export class TableDrag implements vscode.TreeDragAndDropController<TreeNode> {
  readonly dragMimeTypes = [PLAIN_TEXT, NAMES];
  readonly dropMimeTypes: string[] = [];
  readonly #model: TableModel;

  constructor(model: TableModel) {
    this.#model = model;
  }

  handleDrag(source: readonly TreeNode[], data: vscode.DataTransfer): void {
    const ids = source.flatMap((node) => (node.kind === 'table' ? [node.tableId] : []));
    if (ids.length === 0) return;
    const names = quotedNames(this.#model, ids);
    for (const type of this.dragMimeTypes) data.set(type, new vscode.DataTransferItem(names));
  }
}

/**
 * Puts the names of dragged rows into the editor that they are dropped on. Without it VS Code would take the rows' URIs,
 * which name rows to the decorations and mean nothing in a query.
 */
export class TableDrop implements vscode.DocumentDropEditProvider {
  /** Registers it for every editor. */
  static register(): vscode.Disposable {
    return vscode.languages.registerDocumentDropEditProvider(EVERY_DOCUMENT, new TableDrop(), {
      dropMimeTypes: [NAMES],
    });
  }

  async provideDocumentDropEdits(
    _document: vscode.TextDocument,
    _position: vscode.Position,
    data: vscode.DataTransfer,
  ): Promise<vscode.DocumentDropEdit | undefined> {
    const names = await data.get(NAMES)?.asString();
    if (names === undefined || names === '') return undefined;
    const edit = new vscode.DocumentDropEdit(names);
    edit.title = l10n.t('Insert Table Name');
    return edit;
  }
}

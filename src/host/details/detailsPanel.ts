import { randomBytes } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../core/disposable.ts';
import type { FailureAction } from '../../core/failureTexts.ts';
import { formatAddress } from '../../core/tableAddress.ts';
import type { DetailsContent, ShowMessage } from '../../webview/details/detailsMessages.ts';
import { COMMANDS } from '../commandIds.ts';
import { performAction } from '../failureNotice.ts';
import { panelHtml } from './panelHtml.ts';
import { readPanelMessage } from './panelMessages.ts';
import { TableFeed, type FeedParts } from './tableFeed.ts';

const VIEW_TYPE = 'agnesFreshness.details';

export interface PanelParts extends FeedParts {
  /** Folder of the extension. */
  readonly extensionUri: vscode.Uri;
}

/** The details of one table in the editor area. */
export class DetailsPanel implements Disposable {
  readonly #feed: TableFeed;
  readonly #panel: vscode.WebviewPanel;
  readonly #owned = new DisposableStore();
  /** The page listens: from its first message on, until it is hidden, which ends it. */
  #isReady = false;
  #focus: ShowMessage['focus'] = null;

  /** @param onDidClose told once, when the panel is gone, whoever closed it */
  constructor(parts: PanelParts, tableId: string, onDidClose: () => void) {
    const folder = vscode.Uri.joinPath(parts.extensionUri, 'dist', 'webview');
    this.#feed = this.#owned.add(new TableFeed(parts, tableId));
    this.#panel = vscode.window.createWebviewPanel(VIEW_TYPE, this.#feed.title, vscode.ViewColumn.Active, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: [folder],
      retainContextWhenHidden: false,
    });
    const { webview } = this.#panel;
    this.#owned.add(webview.onDidReceiveMessage((message: unknown) => void this.#receive(message)));
    this.#owned.add(this.#feed.onDidChange(({ content, announcement }) => this.#show(content, announcement)));
    this.#owned.add(
      this.#panel.onDidChangeViewState(() => {
        // A page that is hidden is ended; the next one says when it is ready.
        if (!this.#panel.visible) this.#isReady = false;
        this.#feed.setShown(this.#panel.visible);
      }),
    );
    this.#panel.onDidDispose(() => {
      this.#owned.dispose();
      onDidClose();
    });
    webview.html = panelHtml({
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('hex'),
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'details.js')).toString(),
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'details.css')).toString(),
      language: parts.language,
    });
  }

  /** Brings it to the front. */
  reveal(focus: ShowMessage['focus']): void {
    this.#focus = focus;
    this.#panel.reveal();
    if (this.#isReady) this.#show(this.#feed.content(), null);
  }

  /** Something that is shown changed without the model's telling of it, such as a setting. */
  update(): void {
    this.#feed.update();
  }

  #show(content: DetailsContent, announcement: string | null): void {
    if (this.#panel.title !== this.#feed.title) this.#panel.title = this.#feed.title;
    if (!this.#isReady) return;
    const message: ShowMessage = { kind: 'show', content, announcement, focus: this.#focus };
    this.#focus = null;
    void this.#panel.webview.postMessage(message);
  }

  async #receive(message: unknown): Promise<void> {
    const { tableId, isSourceOpen } = this.#feed;
    switch (readPanelMessage(message, isSourceOpen)) {
      case 'ready':
        this.#isReady = true;
        this.#show(this.#feed.content(), null);
        return;
      case 'refresh':
        await this.#refresh();
        return;
      case 'openConsole':
        await vscode.commands.executeCommand(COMMANDS.openInConsole, tableId);
        return;
      case 'copyName':
        await this.#copyName();
        return;
      case 'helpLastError':
        await help(this.#feed.lastErrorAction(), () => this.#refresh());
        return;
      case 'helpInspection':
        await help(this.#feed.inspectionAction(), () => this.#feed.inspectAgain());
        return;
      case undefined:
    }
  }

  /** Who presses it here wants to see all of it anew, also what a refresh does not ask for. */
  async #refresh(): Promise<void> {
    await vscode.commands.executeCommand(COMMANDS.refreshTable, this.#feed.tableId);
    this.#feed.inspectAgain();
  }

  async #copyName(): Promise<void> {
    const address = this.#feed.address();
    if (address === undefined) return;
    await vscode.commands.executeCommand(COMMANDS.copyFullName, this.#feed.tableId);
    this.#show(this.#feed.content(), l10n.t('Copied {0}.', formatAddress(address)));
  }

  dispose(): void {
    this.#panel.dispose();
  }
}

async function help(action: FailureAction | undefined, retry: () => unknown): Promise<void> {
  if (action !== undefined) await performAction(action, retry);
}

import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { redactSecrets } from '../core/redaction.ts';
import type { Log } from '../ports/log.ts';

/** The extension's output channel; its level is the user's, its size is bounded by VS Code. No line shows a secret. */
export class WindowLog implements Log, vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel(l10n.t('Agnes Freshness'), { log: true });

  debug(line: string): void {
    this.#channel.debug(redactSecrets(line));
  }

  info(line: string): void {
    this.#channel.info(redactSecrets(line));
  }

  warn(line: string): void {
    this.#channel.warn(redactSecrets(line));
  }

  error(line: string): void {
    this.#channel.error(redactSecrets(line));
  }

  show(): void {
    this.#channel.show(true);
  }

  dispose(): void {
    this.#channel.dispose();
  }
}

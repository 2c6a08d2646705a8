import * as vscode from 'vscode';
import type { Log } from '../ports/log.ts';

/** The extension's output channel; its level is the user's, its size is bounded by VS Code. */
export class WindowLog implements Log, vscode.Disposable {
  readonly #channel = vscode.window.createOutputChannel('Agnes Freshness', { log: true });

  debug(line: string): void {
    this.#channel.debug(line);
  }

  info(line: string): void {
    this.#channel.info(line);
  }

  warn(line: string): void {
    this.#channel.warn(line);
  }

  error(line: string): void {
    this.#channel.error(line);
  }

  show(): void {
    this.#channel.show(true);
  }

  dispose(): void {
    this.#channel.dispose();
  }
}

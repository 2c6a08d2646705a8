import * as vscode from 'vscode';
import type { Disposable } from '../../core/disposable.ts';

const KEY_PREFIX = 'agnesFreshness.token:';
/** Where a token is kept: `SecretStorage.keys` is not there in VS Code 1.101 (decisions, "Child process"). */
const ORIGINS_KEY = 'agnesFreshness.signedInServers';
/** Servers that are remembered; of the one that was longest not signed in to the token is deleted. */
export const MAX_SERVERS = 20;

/** The tokens of the user, one a server, in VS Code's secret storage. A token is found by its server's origin alone. */
export class TokenStore implements Disposable {
  readonly #secrets: vscode.SecretStorage;
  readonly #state: vscode.Memento;
  readonly #change = new vscode.EventEmitter<string>();
  /** Fires with the origin whose token came, changed or went, in whatever window, or whose user is another one. */
  readonly onDidChange = this.#change.event;
  readonly #subscription: vscode.Disposable;

  constructor(secrets: vscode.SecretStorage, state: vscode.Memento) {
    this.#secrets = secrets;
    this.#state = state;
    this.#subscription = secrets.onDidChange(({ key }) => {
      if (key.startsWith(KEY_PREFIX)) this.#change.fire(key.slice(KEY_PREFIX.length));
    });
  }

  /** Servers that have a token, the latest first. */
  get origins(): readonly string[] {
    const value = this.#state.get<unknown>(ORIGINS_KEY);
    return Array.isArray(value) ? value.filter((origin) => typeof origin === 'string') : [];
  }

  /** Tells that a sign-in which is not kept here, the Agnes CLI's, is somebody else's by now. */
  userChanged(origin: string): void {
    this.#change.fire(origin);
  }

  async get(origin: string): Promise<string | undefined> {
    return this.#secrets.get(KEY_PREFIX + origin);
  }

  async put(origin: string, token: string): Promise<void> {
    const origins = [origin, ...this.origins.filter((other) => other !== origin)];
    // First, so that no token is ever kept that nobody knows of.
    await this.#state.update(ORIGINS_KEY, origins.slice(0, MAX_SERVERS));
    await this.#secrets.store(KEY_PREFIX + origin, token);
    await Promise.all(origins.slice(MAX_SERVERS).map((old) => this.#secrets.delete(KEY_PREFIX + old)));
  }

  async delete(origin: string): Promise<void> {
    await this.#secrets.delete(KEY_PREFIX + origin);
    await this.#state.update(
      ORIGINS_KEY,
      this.origins.filter((other) => other !== origin),
    );
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#change.dispose();
  }
}

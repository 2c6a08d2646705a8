import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Disposable } from '../../core/disposable.ts';
import type { FailureReason } from '../../core/failure.ts';
import { SIGN_IN_FAILURES } from '../../core/signInFailures.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { COMMANDS } from '../commandIds.ts';
import { showFailure } from '../failureNotice.ts';
import { notificationText } from '../notificationText.ts';
import { expiryText, isExpiringSoon } from './expiryTexts.ts';

const WARNED_KEY = 'agnesFreshness.warnedOfEnds';
const MAX_WARNED = 20;

/** Says once that a sign-in is about to end, and once that it has. */
export class SignInNotices implements Disposable {
  readonly #model: TableModel;
  /** Of all windows: each end of a sign-in is warned of once. */
  readonly #state: vscode.Memento;
  readonly #subscription: Disposable;
  /** What was told of last: the same thing is not told again until it is mended. */
  #told: FailureReason | undefined;

  constructor(model: TableModel, state: vscode.Memento) {
    this.#model = model;
    this.#state = state;
    this.#subscription = model.onDidChange(() => {
      this.#tellEnd();
      this.#warn();
    });
  }

  get #warnedOf(): readonly unknown[] {
    const value = this.#state.get<unknown>(WARNED_KEY);
    return Array.isArray(value) ? (value as readonly unknown[]) : [];
  }

  #tellEnd(): void {
    const { failure, snapshot, source } = this.#model;
    if (failure === undefined || source?.server === undefined || !SIGN_IN_FAILURES.includes(failure.reason)) {
      this.#told = undefined;
      return;
    }
    // On an empty view the welcome content says it, with the same button.
    if (this.#told === failure.reason || snapshot === undefined) return;
    this.#told = failure.reason;
    void showFailure(failure, () => vscode.commands.executeCommand(COMMANDS.reload));
  }

  #warn(): void {
    const { source, failure, snapshot } = this.#model;
    const account = source?.server?.account;
    // By the server's clock, which is known once it has answered.
    if (account?.expiresAt === undefined || failure !== undefined || snapshot?.origin !== 'live') return;
    const now = this.#model.now();
    const end = String(account.expiresAt);
    if (!isExpiringSoon(account, now) || this.#warnedOf.includes(end)) return;
    void this.#state.update(WARNED_KEY, [...this.#warnedOf, end].slice(-MAX_WARNED));
    void this.#showWarning(expiryText(account, now, source?.label ?? '') ?? '');
  }

  async #showWarning(text: string): Promise<void> {
    const again = l10n.t('Sign In Again');
    if ((await vscode.window.showWarningMessage(notificationText(text), again)) === again) {
      await vscode.commands.executeCommand(COMMANDS.signIn);
    }
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

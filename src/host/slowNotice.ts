import * as vscode from 'vscode';
import type { Clock } from '../ports/clock.ts';

/** Most of what is waited for ends sooner, the first moment of a run of the server as well. */
const SHOW_AFTER_MS = 1_500;

/**
 * Waits for something, and after a moment says so in a notification with Cancel.
 *
 * @param cancel makes `work` settle
 */
export async function noticeIfSlow<T>(
  clock: Clock,
  title: string,
  work: Promise<T>,
  cancel: () => void,
): Promise<T> {
  const show = (): void =>
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      async (_progress, token) => {
        const cancellation = token.onCancellationRequested(cancel);
        await Promise.allSettled([work]);
        cancellation.dispose();
      },
    );
  const cancelTimer = clock.after(SHOW_AFTER_MS, show);
  try {
    return await work;
  } finally {
    cancelTimer();
  }
}

/** As `noticeIfSlow`, for work that ends with a signal. */
export function noticeWithSignal<T>(
  clock: Clock,
  title: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  return noticeIfSlow(clock, title, work(abort.signal), () => abort.abort());
}

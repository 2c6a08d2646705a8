import * as l10n from '@vscode/l10n';
import { formatInstant, formatSpan } from '../core/humanize.ts';
import type { EpochMicros } from '../core/time.ts';

/** When the background timer runs next. */
export type NextRun =
  | { readonly kind: 'at'; readonly at: EpochMicros }
  /** Switched off by the setting. */
  | { readonly kind: 'off' }
  /** The source has none. */
  | { readonly kind: 'never' }
  /** The Agnes server refreshes by its own schedule; this window only looks. */
  | { readonly kind: 'server'; readonly intervalSeconds: bigint }
  /** Switched on, but there is nothing that it could refresh now. */
  | { readonly kind: 'waiting' };

/** A clause for the end of a sentence: `next run at …`. */
export function nextRunText(next: NextRun, now: EpochMicros): string {
  switch (next.kind) {
    case 'at':
      return next.at <= now ? l10n.t('next run now') : l10n.t('next run at {0}', formatInstant(next.at));
    case 'off':
      return l10n.t('background refresh is off');
    case 'never':
      return l10n.t('not refreshed in the background');
    case 'server':
      return l10n.t('the Agnes server refreshes every {0}', formatSpan(next.intervalSeconds));
    case 'waiting':
      return l10n.t('background refresh waits');
  }
}

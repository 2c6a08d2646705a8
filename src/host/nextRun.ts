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
      return next.at <= now ? 'next run now' : `next run at ${formatInstant(next.at)}`;
    case 'off':
      return 'background refresh is off';
    case 'never':
      return 'not refreshed in the background';
    case 'server':
      return `the Agnes server refreshes every ${formatSpan(next.intervalSeconds)}`;
    case 'waiting':
      return 'background refresh waits';
  }
}

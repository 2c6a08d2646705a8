import type { Freshness } from '../core/freshness.ts';

/** How a state is shown: a word, a shape and a colour, so that colour is never the only sign. */
export interface FreshnessLook {
  readonly word: string;
  /** Id of a product icon. */
  readonly icon: string;
  /** Id of a theme colour that the extension contributes. */
  readonly color: string;
}

export const FRESHNESS_LOOKS: Readonly<Record<Freshness, FreshnessLook>> = {
  fresh: { word: 'fresh', icon: 'pass', color: 'agnesFreshness.freshForeground' },
  stale: { word: 'stale', icon: 'history', color: 'agnesFreshness.staleForeground' },
  error: { word: 'error', icon: 'error', color: 'agnesFreshness.errorForeground' },
  never_fetched: {
    word: 'never fetched',
    icon: 'circle-large-outline',
    color: 'agnesFreshness.neverFetchedForeground',
  },
};

export const REFRESHING_ICON = 'loading~spin';

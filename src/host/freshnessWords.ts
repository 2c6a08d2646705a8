import * as l10n from '@vscode/l10n';
import type { Freshness } from '../core/freshness.ts';
import { formatCount } from '../core/humanize.ts';

/** How a state is shown: a word, a shape and a colour, so that colour is never the only sign. */
export interface FreshnessLook {
  /** In the language of the window, which is known when the extension is active. */
  readonly word: string;
  /** Id of a product icon. */
  readonly icon: string;
  /** Id of a theme colour that the extension contributes. */
  readonly color: string;
}

export const FRESHNESS_LOOKS: Readonly<Record<Freshness, FreshnessLook>> = {
  fresh: {
    get word() {
      return l10n.t('fresh');
    },
    icon: 'pass',
    color: 'agnesFreshness.freshForeground',
  },
  stale: {
    get word() {
      return l10n.t('stale');
    },
    icon: 'history',
    color: 'agnesFreshness.staleForeground',
  },
  error: {
    get word() {
      return l10n.t('error');
    },
    icon: 'error',
    color: 'agnesFreshness.errorForeground',
  },
  never_fetched: {
    get word() {
      return l10n.t('never fetched');
    },
    icon: 'circle-large-outline',
    color: 'agnesFreshness.neverFetchedForeground',
  },
};

/** How many tables are in a state: `12 stale`. */
export function countInState(state: Freshness, tables: number): string {
  const count = formatCount(tables);
  switch (state) {
    case 'fresh':
      return l10n.t('{0} fresh', count);
    case 'stale':
      return l10n.t('{0} stale', count);
    case 'error':
      return l10n.t('{0} error', count);
    case 'never_fetched':
      return l10n.t('{0} never fetched', count);
  }
}

export const REFRESHING_ICON = 'loading~spin';

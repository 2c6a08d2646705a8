import * as l10n from '@vscode/l10n';
import { turnsStaleAt } from '../../core/freshness.ts';
import { formatInstant, formatSpan } from '../../core/humanize.ts';
import type { StateMark } from '../../webview/details/detailsMessages.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import type { DetailsInput } from './detailsInput.ts';

/** The state as it stands beside the name. While the table is refreshed, that is the mark; the reason stays the state's. */
export function stateMark(input: DetailsInput): StateMark {
  const { freshness, refreshing } = input.view;
  const { word } = FRESHNESS_LOOKS[freshness];
  return refreshing
    ? { icon: 'refreshing', word: l10n.t('refreshing'), reason: l10n.t('Until now: {0}.', word) }
    : { icon: freshness, word, reason: stateReason(input) };
}

function stateReason(input: DetailsInput): string {
  switch (input.view.freshness) {
    case 'fresh':
    case 'stale':
      return thresholdReason(input);
    case 'error':
      return l10n.t('No attempt has succeeded yet.');
    case 'never_fetched':
      return l10n.t('Nobody has asked BigQuery for it yet.');
  }
}

/** Why a row that was checked is fresh or stale: by which limit, and until when. */
export function thresholdReason({ view, policy, timeZone }: DetailsInput): string {
  const limit = formatSpan(policy.thresholdSeconds);
  const staleAt = turnsStaleAt(view.cached, policy.thresholdSeconds);
  const isServers = policy.decidedBy === 'server';
  if (view.freshness === 'stale' || staleAt === undefined) {
    return isServers
      ? l10n.t('Stale after {0}, by the rule of the Agnes server.', limit)
      : l10n.t('Stale after {0}.', limit);
  }
  const until = formatInstant(staleAt, timeZone);
  return isServers
    ? l10n.t('Turns stale after {0}, at {1}, by the rule of the Agnes server.', limit, until)
    : l10n.t('Turns stale after {0}, at {1}.', limit, until);
}

import * as l10n from '@vscode/l10n';
import { singleLine } from '../../core/displayText.ts';
import { FRESHNESS_STATES } from '../../core/freshness.ts';
import { formatCount } from '../../core/humanize.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import {
  effectiveGrouping,
  type Arrangement,
  type Grouping,
  type GroupingCapabilities,
  type SortKey,
  type TableFilter,
} from './arrangement.ts';

/** Code points of something that is filtered by. */
const MAX_FILTER_WORD = 24;
/** States or types that are named; of more there is a number. */
const MAX_LISTED = 2;

/** What tables are grouped by, in a list to choose from. */
export function groupingLabel(grouping: Grouping): string {
  switch (grouping) {
    case 'dataset':
      return l10n.t('Dataset');
    case 'freshness':
      return l10n.t('Freshness');
    case 'folder':
      return l10n.t('Folder');
    case 'flat':
      return l10n.t('No Groups');
  }
}

/** What tables are sorted by, in a list to choose from; its detail is the direction. */
export function sortLabel(sort: SortKey): { readonly label: string; readonly detail: string } {
  switch (sort) {
    case 'name':
      return { label: l10n.t('Name'), detail: l10n.t('A to Z') };
    case 'age':
      return { label: l10n.t('Age'), detail: l10n.t('checked longest ago first') };
    case 'size':
      return { label: l10n.t('Size'), detail: l10n.t('largest first') };
    case 'rows':
      return { label: l10n.t('Rows'), detail: l10n.t('most rows first') };
  }
}

/**
 * What of the arrangement is not as it is by itself, in few words; `''` where everything is.
 *
 * @param capabilities what the source knows: it decides how the tables stand, whatever was chosen
 */
export function arrangementText(
  { grouping, sort, filter }: Arrangement,
  capabilities: GroupingCapabilities,
): string {
  const { grouping: effective } = effectiveGrouping(grouping, capabilities);
  const parts = [groupingText(effective), sortText(sort), ...filterTexts(filter)];
  return parts.filter((part) => part !== '').join(' · ');
}

function groupingText(grouping: Grouping): string {
  switch (grouping) {
    // As it is by itself.
    case 'dataset':
      return '';
    case 'freshness':
      return l10n.t('by freshness');
    case 'folder':
      return l10n.t('by folder');
    case 'flat':
      return l10n.t('no groups');
  }
}

function sortText(sort: SortKey): string {
  switch (sort) {
    case 'name':
      return '';
    case 'age':
      return l10n.t('oldest first');
    case 'size':
      return l10n.t('largest first');
    case 'rows':
      return l10n.t('most rows first');
  }
}

/** One text for each kind of filter that is on, short enough to stand beside a title. */
function filterTexts({ text, states, entityTypes }: TableFilter): readonly string[] {
  return [
    text === '' ? '' : l10n.t('“{0}”', singleLine(text, MAX_FILTER_WORD)),
    states.length > MAX_LISTED
      ? l10n.t('{0} states', formatCount(states.length))
      : FRESHNESS_STATES.filter((state) => states.includes(state))
          .map((state) => FRESHNESS_LOOKS[state].word)
          .join(', '),
    entityTypes.length > MAX_LISTED
      ? l10n.t('{0} types', formatCount(entityTypes.length))
      : entityTypes.map(typeText).join(', '),
  ];
}

function typeText(entityType: string): string {
  return singleLine(entityType, MAX_FILTER_WORD) || l10n.t('type not known');
}

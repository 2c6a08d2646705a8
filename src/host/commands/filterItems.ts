import * as l10n from '@vscode/l10n';
import { FRESHNESS_STATES, type Freshness } from '../../core/freshness.ts';
import { formatCount } from '../../core/humanize.ts';
import type { TableView } from '../../sources/tableView.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { pickText } from '../pickText.ts';
import type { TableFilter } from '../tree/arrangement.ts';
import { compareNames } from '../tree/nameOrder.ts';
import { entityTypeOf } from '../tree/tableFilter.ts';

/** Something that a filter can let through. */
export interface FilterItem {
  readonly label: string;
  /** How many tables it has. */
  readonly description: string;
  readonly choice:
    | { readonly kind: 'state'; readonly state: Freshness }
    /** `''`: a type that is not known. */
    | { readonly kind: 'type'; readonly type: string };
  readonly isOn: boolean;
}

/** What can be ticked: the states, and the types that there are or that the filter names already. */
export function filterItems(
  views: Iterable<TableView>,
  filter: TableFilter,
): { readonly states: readonly FilterItem[]; readonly types: readonly FilterItem[] } {
  const byState = new Map<Freshness, number>();
  const byType = new Map<string, number>(filter.entityTypes.map((type) => [type, 0]));
  for (const view of views) {
    const type = entityTypeOf(view);
    byState.set(view.freshness, (byState.get(view.freshness) ?? 0) + 1);
    byType.set(type, (byType.get(type) ?? 0) + 1);
  }
  const states = FRESHNESS_STATES.map((state) => ({
    label: FRESHNESS_LOOKS[state].word,
    description: formatCount(byState.get(state) ?? 0),
    choice: { kind: 'state' as const, state },
    isOn: filter.states.includes(state),
  }));
  const types = [...byType]
    .sort(([a], [b]) => Number(a === '') - Number(b === '') || compareNames(a, b))
    .map(([type, count]) => ({
      label: pickText(type) || l10n.t('type not known'),
      description: formatCount(count),
      choice: { kind: 'type' as const, type },
      isOn: filter.entityTypes.includes(type),
    }));
  return { states, types };
}

/** The filter that was typed and ticked. */
export function filterOf(text: string, ticked: readonly Pick<FilterItem, 'choice'>[]): TableFilter {
  return {
    text,
    states: ticked.flatMap(({ choice }) => (choice.kind === 'state' ? [choice.state] : [])),
    entityTypes: ticked.flatMap(({ choice }) => (choice.kind === 'type' ? [choice.type] : [])),
  };
}

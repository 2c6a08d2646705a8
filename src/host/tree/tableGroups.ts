import { FRESHNESS_STATES } from '../../core/freshness.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import type { TableView } from '../../sources/tableView.ts';
import { datasetOf } from './tableTexts.ts';

/** By dataset where the source knows it, else by freshness (decisions, "Sources declare capabilities"). */
export type Grouping = 'dataset' | 'freshness';

/** The tables of one dataset, or of one state, in the order of Agnes. */
export interface TableGroup {
  readonly grouping: Grouping;
  /** Dataset or state: what its tables have in common. */
  readonly key: string;
  readonly views: readonly TableView[];
}

/** How the tables of the open source are grouped. */
export function groupingOf({ source }: TableModel): Grouping {
  return source?.capabilities.dataset === false ? 'freshness' : 'dataset';
}

/** Which group a table belongs to. */
export function groupKey(view: TableView, grouping: Grouping): string {
  return grouping === 'dataset' ? datasetOf(view.registration) : view.freshness;
}

/** Groups that have tables: datasets by name, states with the worst first. */
export function groupTables(views: Iterable<TableView>, grouping: Grouping): readonly TableGroup[] {
  const states: readonly string[] = FRESHNESS_STATES;
  return Array.from(
    Map.groupBy(views, (view) => groupKey(view, grouping)),
    ([key, ofGroup]): TableGroup => ({ grouping, key, views: ofGroup }),
  ).sort((a, b) =>
    grouping === 'dataset' ? a.key.localeCompare(b.key) : states.indexOf(a.key) - states.indexOf(b.key),
  );
}

import { FRESHNESS_STATES, type Freshness } from '../../core/freshness.ts';
import type { SourceCapabilities } from '../../sources/metadataSource.ts';

export const GROUPINGS = ['dataset', 'freshness', 'folder', 'flat'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Each with its natural direction: A first, oldest first, largest first, most rows first. */
export const SORT_KEYS = ['name', 'age', 'size', 'rows'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** Which tables are shown: those that fit all three. Empty lets everything pass. */
export interface TableFilter {
  /** Words that all stand somewhere in name, id, dataset or folder; upper and lower case are the same. */
  readonly text: string;
  readonly states: readonly Freshness[];
  /** BigQuery's words, such as `VIEW`; `''` is a type that is not known. */
  readonly entityTypes: readonly string[];
}

/** How the tables of a workspace are laid out. */
export interface Arrangement {
  /** `undefined` while nobody chose one: by dataset where the source knows it, else by freshness. */
  readonly grouping: Grouping | undefined;
  readonly sort: SortKey;
  readonly filter: TableFilter;
}

export const NO_FILTER: TableFilter = { text: '', states: [], entityTypes: [] };
export const DEFAULT_ARRANGEMENT: Arrangement = { grouping: undefined, sort: 'name', filter: NO_FILTER };

/** UTF-16 units of a filter's text: longer ones are of no use, and workspace state is kept small. */
export const MAX_FILTER_TEXT = 200;
const MAX_ENTITY_TYPES = 50;
const MAX_ENTITY_TYPE_LENGTH = 100;

/** An arrangement as workspace state has it: what an earlier version or another program wrote, so it is checked. */
export function parseArrangement(stored: unknown): Arrangement {
  const { grouping, sort, filter } = record(stored);
  const { text, states, entityTypes } = record(filter);
  return {
    grouping: GROUPINGS.find((known) => known === grouping),
    sort: SORT_KEYS.find((known) => known === sort) ?? 'name',
    filter: boundedFilter({
      text: typeof text === 'string' ? text : '',
      states: FRESHNESS_STATES.filter((known) => Array.isArray(states) && states.includes(known)),
      entityTypes: (Array.isArray(entityTypes) ? entityTypes : []).filter(
        (type): type is string => typeof type === 'string',
      ),
    }),
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** The same filter within what is kept of one: each type once, text without surrounding space. */
export function boundedFilter({ text, states, entityTypes }: TableFilter): TableFilter {
  const types = new Set(entityTypes.filter(({ length }) => length <= MAX_ENTITY_TYPE_LENGTH));
  return {
    text: text.slice(0, MAX_FILTER_TEXT).trim(),
    // All of them is no filter.
    states: states.length === FRESHNESS_STATES.length ? [] : states,
    entityTypes: [...types].slice(0, MAX_ENTITY_TYPES),
  };
}

/** How many of the three are on. */
export function countFilters({ text, states, entityTypes }: TableFilter): number {
  return Number(text !== '') + Number(states.length > 0) + Number(entityTypes.length > 0);
}

/** Why tables are grouped otherwise than somebody chose. */
export type FallbackReason = 'noDataset' | 'noFolder';

/** The grouping that the source allows. */
export interface EffectiveGrouping {
  readonly grouping: Grouping;
  /** What the source does not know, where that decided. */
  readonly because: FallbackReason | undefined;
}

/** What a source knows of where its tables belong. */
export type GroupingCapabilities = Pick<SourceCapabilities, 'dataset' | 'folder'>;

/** Before a source is there, nothing is to be grouped. */
export const ANY_CAPABILITIES: GroupingCapabilities = { dataset: true, folder: true };

/** By freshness where the source does not know what the tables should be grouped by. */
export function effectiveGrouping(
  chosen: Grouping | undefined,
  { dataset, folder }: GroupingCapabilities,
): EffectiveGrouping {
  const wanted = chosen ?? 'dataset';
  if (wanted === 'dataset' && !dataset) return { grouping: 'freshness', because: 'noDataset' };
  if (wanted === 'folder' && !folder) return { grouping: 'freshness', because: 'noFolder' };
  return { grouping: wanted, because: undefined };
}

import { singleLine } from '../../core/displayText.ts';
import type { TableView } from '../../sources/tableView.ts';
import type { TableFilter } from './arrangement.ts';
import { datasetName } from './tableTexts.ts';

/** Makes the test whether a table is shown; `undefined` where all are. */
export function filterTest({
  text,
  states,
  entityTypes,
}: TableFilter): ((view: TableView) => boolean) | undefined {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const hasState = new Set<string>(states);
  const hasType = new Set(entityTypes);
  if (words.length + hasState.size + hasType.size === 0) return undefined;
  return (view) =>
    (hasState.size === 0 || hasState.has(view.freshness)) &&
    (hasType.size === 0 || hasType.has(entityTypeOf(view))) &&
    (words.length === 0 || hasWords(view, words));
}

function hasWords({ registration }: TableView, words: readonly string[]): boolean {
  const { id, name, folder } = registration;
  const searched = [name, id, datasetName(registration), folder ?? ''].join('\n').toLowerCase();
  return words.every((word) => searched.includes(word));
}

/** The type that a filter knows a table by; `''` where none is known. */
export function entityTypeOf({ cached }: TableView): string {
  return singleLine(cached?.entityType ?? '', 80);
}

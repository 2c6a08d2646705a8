import type { TableView } from '../../sources/tableView.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { pickText } from '../pickText.ts';
import { datasetOf, tableLabel } from '../tree/tableTexts.ts';

/** An entry of the list of all tables. */
export interface GoToItem {
  readonly label: string;
  /** Dataset, and the id where that is not the name. */
  readonly description: string;
  /** What somebody wrote about the table. */
  readonly detail?: string;
  /** Id of a product icon. */
  readonly icon: string;
  readonly tableId: string;
}

/**
 * Every table as an entry of a quick pick.
 *
 * @param descriptions what is known of them, by id
 */
export function goToItems(
  views: Iterable<TableView>,
  descriptions: ReadonlyMap<string, string>,
): readonly GoToItem[] {
  return Array.from(views, (view) => {
    const { registration } = view;
    const { id, name } = registration;
    const dataset = pickText(datasetOf(registration));
    const description = descriptions.get(id);
    const detail = description === undefined ? '' : pickText(description);
    return {
      label: pickText(tableLabel(view)),
      description: id === name || id === '' ? dataset : `${dataset} · ${pickText(id)}`,
      ...(detail === '' ? {} : { detail }),
      icon: FRESHNESS_LOOKS[view.freshness].icon,
      tableId: id,
    };
  });
}

import { singleLine } from '../../core/displayText.ts';
import { formatAge, formatBytes, formatCount, formatRows } from '../../core/humanize.ts';
import { parseFullyQualifiedName } from '../../core/tableAddress.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { TableView } from '../../sources/tableView.ts';
import { FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { countTables } from '../runTexts.ts';

const NO_DATASET = '(no dataset)';
const SEPARATOR = ' · ';

/** Name as the tree shows it. */
export function tableLabel({ registration }: TableView): string {
  return singleLine(registration.name, 120) || singleLine(registration.id, 120) || '(no name)';
}

/** Dataset of a registration: of its physical address, else its bucket. */
export function datasetOf(registration: TableRegistration): string {
  const dataset = parseFullyQualifiedName(registration.bqFqn)?.dataset ?? registration.bucket ?? '';
  return singleLine(dataset, 120) || NO_DATASET;
}

/** What stands behind the name: age first, since a narrow side bar cuts the end off; then rows and bytes. */
export function tableDescription(view: TableView, now: EpochMicros): string {
  const { cached } = view;
  const parts = [ageText(view, now)];
  if (view.lastAttemptFailed && view.freshness !== 'error') parts.push('last attempt failed');
  if (cached?.rows != null) parts.push(formatRows(cached.rows));
  if (cached?.sizeBytes != null) parts.push(formatBytes(cached.sizeBytes));
  return parts.join(SEPARATOR);
}

function ageText({ cached, freshness }: TableView, now: EpochMicros): string {
  if (cached?.refreshedAt != null) return formatAge(cached.refreshedAt, now);
  if (freshness === 'error' && cached?.errorAt != null) return `failed ${formatAge(cached.errorAt, now)}`;
  return 'never fetched';
}

/** State and description, without saying "never fetched" or "failed" twice. */
export function stateAndDescription(view: TableView, now: EpochMicros, separator = SEPARATOR): string {
  const state = view.refreshing ? 'refreshing' : FRESHNESS_LOOKS[view.freshness].word;
  const description = tableDescription(view, now);
  return description.startsWith(state) ? description : [state, description].join(separator);
}

/** The row as it is spoken. */
export function tableSpoken(view: TableView, now: EpochMicros): string {
  return `${tableLabel(view)}, ${stateAndDescription(view, now, ', ')}`;
}

/** What stands behind a dataset: how many of its tables need attention, and how many it has. */
export function datasetDescription(tables: readonly TableView[]): string {
  const total = countTables(tables.length);
  const needy = (['error', 'stale', 'never_fetched'] as const).flatMap((state) => {
    const count = tables.filter(({ freshness }) => freshness === state).length;
    return count > 0 ? [`${formatCount(count)} ${FRESHNESS_LOOKS[state].word}`] : [];
  });
  return needy.length === 0 ? total : `${needy.join(', ')} of ${total}`;
}

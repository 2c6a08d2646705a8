import * as l10n from '@vscode/l10n';
import type { DataAge } from '../../core/dataFreshness.ts';
import { singleLine } from '../../core/displayText.ts';
import { FRESHNESS_STATES, type FreshnessCounts } from '../../core/freshness.ts';
import { formatAge, formatBytes, formatRows, formatSpan } from '../../core/humanize.ts';
import { parseFullyQualifiedName } from '../../core/tableAddress.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { TableView } from '../../sources/tableView.ts';
import { changeSummary } from '../changeTexts.ts';
import { countInState, FRESHNESS_LOOKS } from '../freshnessWords.ts';
import { countTables } from '../runTexts.ts';

const SEPARATOR = ' · ';
const SPOKEN_SEPARATOR = ', ';

/** Name as the tree shows it. */
export function tableLabel({ registration }: TableView, maxCodePoints = 120): string {
  return (
    singleLine(registration.name, maxCodePoints) ||
    singleLine(registration.id, maxCodePoints) ||
    l10n.t('(no name)')
  );
}

/** Dataset of a registration as one line: of its physical address, else its bucket; `''` where it has none. */
export function datasetName(registration: TableRegistration): string {
  const dataset = parseFullyQualifiedName(registration.bqFqn)?.dataset ?? registration.bucket ?? '';
  return singleLine(dataset, 120);
}

/** Dataset of a registration, for people. */
export function datasetOf(registration: TableRegistration): string {
  return datasetName(registration) || l10n.t('(no dataset)');
}

/** Folder of a registration as one line; `''` where it has none. */
export function folderName({ folder }: TableRegistration): string {
  return singleLine(folder ?? '', 120);
}

/**
 * What stands behind the name. A narrow side bar cuts the end off, so what makes the numbers wrong comes first, then how
 * old they are, and the numbers themselves last.
 */
export function tableDescription(view: TableView, now: EpochMicros): string {
  return descriptionParts(view, now).join(SEPARATOR);
}

function descriptionParts(view: TableView, now: EpochMicros): string[] {
  const { cached, dataAge, change } = view;
  const parts: string[] = [];
  if (view.repointed) parts.push(repointedText());
  parts.push(checkedText(view, now));
  if (failedSince(view)) parts.push(l10n.t('last attempt failed'));
  const tooOld = dataAgeText(dataAge);
  if (tooOld !== undefined) parts.push(tooOld);
  if (change !== undefined) parts.push(changeSummary(change.what));
  const changed = dataChangedText(view, now);
  if (changed !== undefined) parts.push(changed);
  if (cached?.rows != null) parts.push(formatRows(cached.rows));
  if (cached?.sizeBytes != null) parts.push(formatBytes(cached.sizeBytes));
  return parts.filter((part) => part !== '');
}

/** The first clock: when somebody last asked BigQuery. */
function checkedText({ cached, freshness }: TableView, now: EpochMicros): string {
  if (cached?.refreshedAt != null) return l10n.t('checked {0}', formatAge(cached.refreshedAt, now));
  if (freshness === 'error' && cached?.errorAt != null) {
    return l10n.t('failed {0}', formatAge(cached.errorAt, now));
  }
  return l10n.t('never fetched');
}

/**
 * The second clock: when the data changed, as far as it is known. What was seen before a later check, by somebody else,
 * says so: the data may have changed again.
 */
export function dataChangedText({ cached, lastModified }: TableView, now: EpochMicros): string | undefined {
  if (lastModified === undefined) return undefined;
  const changed = formatAge(lastModified.at, now);
  const isOlder = cached?.refreshedAt != null && lastModified.observedAt < cached.refreshedAt;
  return isOlder
    ? l10n.t('data changed {0}, seen {1}', changed, formatAge(lastModified.observedAt, now))
    : l10n.t('data changed {0}', changed);
}

/** That the data is older than its policy allows: a mark of its own, beside the four states. */
export function dataAgeText(dataAge: DataAge | undefined): string | undefined {
  switch (dataAge?.verdict) {
    case 'warn':
      return l10n.t('data older than {0}', formatSpan(dataAge.limitSeconds));
    case 'error':
      return l10n.t('data too old: over {0}', formatSpan(dataAge.limitSeconds));
    case 'pass':
    case undefined:
      return undefined;
  }
}

/** The numbers are of another table. */
export function repointedText(): string {
  return l10n.t('points elsewhere now');
}

/** The numbers are the last good ones. A table without any says by its state that it failed. */
export function failedSince({ lastAttemptFailed, freshness }: TableView): boolean {
  return lastAttemptFailed && freshness !== 'error';
}

/** State and description, without saying "never fetched" or "failed" twice. */
export function stateAndDescription(view: TableView, now: EpochMicros, separator = SEPARATOR): string {
  const parts = descriptionParts(view, now);
  const state = view.refreshing ? l10n.t('refreshing') : FRESHNESS_LOOKS[view.freshness].word;
  return (parts.includes(state) ? parts : [state, ...parts]).join(separator);
}

/** The row as it is spoken. */
export function tableSpoken(view: TableView, now: EpochMicros, pinned = false): string {
  const parts = [tableLabel(view), stateAndDescription(view, now, SPOKEN_SEPARATOR)];
  if (pinned) parts.push(l10n.t('pinned'));
  return parts.join(SPOKEN_SEPARATOR);
}

/** What stands behind a group: how many of its tables need attention, and how many it has. */
export function countsDescription(counts: FreshnessCounts): string {
  const total = countTables(counts.total);
  const needy = FRESHNESS_STATES.filter((state) => state !== 'fresh' && counts[state] > 0).map((state) =>
    countInState(state, counts[state]),
  );
  return needy.length === 0 ? total : l10n.t('{0} of {1}', needy.join(', '), total);
}

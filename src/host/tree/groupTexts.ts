import * as l10n from '@vscode/l10n';
import type { Freshness } from '../../core/freshness.ts';
import { countTables } from '../runTexts.ts';
import type { FallbackReason } from './arrangement.ts';
import type { ArrangedGroup } from './arrangeTables.ts';
import { countsDescription } from './tableTexts.ts';

/** How the row of a group reads, in plain text. */
export interface GroupTexts {
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly spoken: string;
}

/** Words of a group's row. */
export function groupTexts(group: ArrangedGroup): GroupTexts {
  const label = groupLabel(group);
  // The rows of one state need no count of states.
  const description =
    group.kind === 'freshness' ? countTables(group.counts.total) : countsDescription(group.counts);
  const line = `${label}: ${description}`;
  return {
    label,
    description,
    tooltip: group.because === undefined ? line : `${line}\n${fallbackText(group.because)}`,
    spoken: `${spokenLabel(group, label)}, ${description}`,
  };
}

function groupLabel({ kind, name }: ArrangedGroup): string {
  switch (kind) {
    case 'pinned':
      return l10n.t('Pinned');
    case 'dataset':
      return name || l10n.t('(no dataset)');
    case 'folder':
      return name || l10n.t('(no folder)');
    case 'freshness':
      return freshnessLabel(name as Freshness);
    case 'part':
      return name;
  }
}

function freshnessLabel(state: Freshness): string {
  switch (state) {
    case 'fresh':
      return l10n.t('Fresh');
    case 'stale':
      return l10n.t('Stale');
    case 'error':
      return l10n.t('Error');
    case 'never_fetched':
      return l10n.t('Never fetched');
  }
}

function spokenLabel({ kind }: ArrangedGroup, label: string): string {
  switch (kind) {
    case 'dataset':
      return l10n.t('Dataset {0}', label);
    case 'folder':
      return l10n.t('Folder {0}', label);
    case 'part':
      return l10n.t('Tables {0}', label);
    case 'pinned':
    case 'freshness':
      return label;
  }
}

/** Why the tables are not grouped as they were to be. */
export function fallbackText(reason: FallbackReason): string {
  return reason === 'noDataset'
    ? l10n.t('Grouped by freshness: the Agnes server tells datasets to its administrators alone.')
    : l10n.t('Grouped by freshness: this source does not tell the folders of its tables.');
}

import * as l10n from '@vscode/l10n';
import { singleLine } from '../core/displayText.ts';
import { formatCount } from '../core/humanize.ts';
import type { ColumnChange, TableChange } from '../core/tableChange.ts';

/** Names that a sentence lists. */
const MAX_LISTED = 5;

/** Few words for a row: that something changed, and of which kind. */
export function changeSummary({ columns, entityType, partitionBy, rows }: TableChange): string {
  // The most telling one: what lost its rows is worth a look whatever else changed.
  if (rows !== null) return l10n.t('rows dropped');
  if (entityType !== null) return l10n.t('type changed');
  if (columns !== null) return l10n.t('columns changed');
  return partitionBy === null ? '' : l10n.t('partitioning changed');
}

/**
 * What changed, one plain sentence each; names in them are untrusted text as one line.
 *
 * @param columnsHidden column-level facts are not for this user (decisions, "Policied rows")
 */
export function changeSentences(change: TableChange, columnsHidden: boolean): readonly string[] {
  const { columns, entityType, partitionBy, rows } = change;
  const sentences: string[] = [];
  if (rows !== null) {
    sentences.push(
      l10n.t('Rows dropped from {0} to {1}.', formatCount(rows.before), formatCount(rows.after)),
    );
  }
  if (entityType !== null) {
    sentences.push(
      l10n.t('Type changed from {0} to {1}.', shown(entityType.before), shown(entityType.after)),
    );
  }
  if (columns !== null) sentences.push(...columnSentences(columns, columnsHidden));
  if (partitionBy !== null) {
    sentences.push(
      columnsHidden
        ? l10n.t('Partitioning changed.')
        : partitionSentence(partitionBy.before, partitionBy.after),
    );
  }
  return sentences;
}

function columnSentences(columns: ColumnChange, hidden: boolean): string[] {
  const { added, removed, addedCount, removedCount } = columns;
  const sentences: string[] = [];
  if (removedCount > 0) {
    const count = formatCount(removedCount);
    const text = removedCount === 1 ? l10n.t('1 column removed') : l10n.t('{0} columns removed', count);
    sentences.push(hidden ? l10n.t('{0}.', text) : l10n.t('{0}: {1}.', text, listed(removed, removedCount)));
  }
  if (addedCount > 0) {
    const count = formatCount(addedCount);
    const text = addedCount === 1 ? l10n.t('1 column added') : l10n.t('{0} columns added', count);
    sentences.push(hidden ? l10n.t('{0}.', text) : l10n.t('{0}: {1}.', text, listed(added, addedCount)));
  }
  return sentences;
}

function listed(names: readonly string[], count: number): string {
  const first = names.slice(0, MAX_LISTED).map(shown).join(', ');
  const rest = count - Math.min(names.length, MAX_LISTED);
  return rest > 0 ? l10n.t('{0} and {1} more', first, formatCount(rest)) : first;
}

function partitionSentence(before: string | null, after: string | null): string {
  if (before === null) return l10n.t('Now partitioned by {0}.', shown(after ?? ''));
  if (after === null) return l10n.t('No longer partitioned; it was by {0}.', shown(before));
  return l10n.t('Partitioning changed from {0} to {1}.', shown(before), shown(after));
}

function shown(text: string): string {
  return singleLine(text, 80);
}

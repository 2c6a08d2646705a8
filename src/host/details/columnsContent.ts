import * as l10n from '@vscode/l10n';
import type { CachedMetadata, InspectedColumn } from '../../core/cachedMetadata.ts';
import { singleLine } from '../../core/displayText.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import { formatCount } from '../../core/humanize.ts';
import { textBlock } from '../../core/textBlock.ts';
import type { ColumnRow, ColumnsSection, ColumnTable } from '../../webview/details/detailsMessages.ts';
import { hidesColumns } from '../policiedColumns.ts';
import type { DetailsInput } from './detailsInput.ts';
import { Remembered } from './remembered.ts';
import { ageAndTime } from './timeTexts.ts';

/** As many as BigQuery lets a table have, nested fields among them. */
const MAX_COLUMNS = 10_000;

/**
 * Columns: by name from the cache at once, with their types as soon as BigQuery has answered.
 *
 * @param remembered keeps the table, which may be of thousands of rows, from one call to the next
 */
export function columnsSection(
  input: DetailsInput,
  remembered = new Remembered<ColumnTable>(),
): ColumnsSection {
  const heading = l10n.t('Columns');
  if (hidesColumns(input.view.registration, input.showsPolicied)) {
    const sentence = l10n.t('Columns are hidden, because the table has an access policy.');
    return { heading, sentences: [sentence], table: null };
  }
  const asked = input.capabilities.columnTypes ? input.inspection.value?.columns : undefined;
  const names = input.details.value?.knownColumns ?? undefined;
  const total = asked?.length ?? names?.length ?? 0;
  const sentences = statusSentences(input, names !== undefined, asked !== undefined);
  if (total > MAX_COLUMNS)
    sentences.push(l10n.t('{0} more are not shown.', formatCount(total - MAX_COLUMNS)));
  if (total === 0) return { heading, sentences, table: null };
  const { cached } = input.view;
  const table = remembered.get([asked, asked ?? names, cached], () =>
    columnTable(asked, names ?? [], cached),
  );
  return { heading, sentences, table };
}

function columnTable(
  asked: readonly InspectedColumn[] | undefined,
  names: readonly string[],
  cached: CachedMetadata | null,
): ColumnTable {
  const count = asked === undefined ? names.length : asked.filter(({ path }) => path.length === 1).length;
  return {
    caption: captionOf(count),
    headers: {
      name: l10n.t('Name'),
      type: l10n.t('Type'),
      mode: l10n.t('Mode'),
      description: l10n.t('Description'),
    },
    hasTypes: asked !== undefined,
    rows:
      asked === undefined
        ? names.slice(0, MAX_COLUMNS).map((name) => nameRow(name, cached))
        : asked.slice(0, MAX_COLUMNS).map((column) => typedRow(column, cached)),
  };
}

function captionOf(count: number): string {
  return count === 1 ? l10n.t('1 column') : l10n.t('{0} columns', formatCount(count));
}

function statusSentences(input: DetailsInput, hasNames: boolean, hasTypes: boolean): string[] {
  const { details, inspection, capabilities, isServer } = input;
  if (hasTypes) return olderTypes(input);
  const list: string[] = [];
  if (details.failure !== undefined)
    list.push(l10n.t('The columns could not be read: {0}', describeFailure(details.failure).message));
  else if (details.value !== undefined && !hasNames) list.push(noNames(isServer));
  if (!capabilities.columnTypes) list.push(l10n.t('Column types are not available from the Agnes server.'));
  else if (inspection.isLoading) list.push(l10n.t('BigQuery is being asked for the types.'));
  else if (inspection.failure !== undefined)
    list.push(l10n.t('Types are missing, because BigQuery did not tell them.'));
  return list;
}

/** Refreshes don't ask for the types, so the numbers may be later ones. */
function olderTypes(input: DetailsInput): string[] {
  const { inspection, view } = input;
  const askedAt = inspection.value?.observedAt;
  if (askedAt === undefined || askedAt >= (view.cached?.refreshedAt ?? askedAt)) return [];
  return [
    l10n.t('BigQuery was asked for the types {0}, before the last refresh.', ageAndTime(askedAt, input)),
  ];
}

function noNames(isServer: boolean): string {
  return isServer
    ? l10n.t('The Agnes server does not say whether you may see the columns.')
    : l10n.t('No columns are known until a refresh succeeds.');
}

function nameRow(name: string, cached: CachedMetadata | null): ColumnRow {
  const shown = shownName(name);
  return {
    ...{ name: shown, parents: '', depth: 0, type: '', mode: '', description: '' },
    marks: marksOf(name, cached),
  };
}

function typedRow(
  { path, type, mode, description }: InspectedColumn,
  cached: CachedMetadata | null,
): ColumnRow {
  const own = path.at(-1) ?? '';
  return {
    name: shownName(own),
    parents: path.slice(0, -1).map(shownName).join('.'),
    depth: Math.max(0, path.length - 1),
    type: singleLine(type, 80),
    mode,
    description: textBlock(description ?? '', 2_000),
    marks: path.length === 1 ? marksOf(own, cached) : [],
  };
}

function shownName(name: string): string {
  return singleLine(name, 300) || l10n.t('(no name)');
}

/** Names of columns are the same in any case. */
function marksOf(name: string, cached: CachedMetadata | null): string[] {
  const lower = name.toLowerCase();
  const marks: string[] = [];
  if (cached?.partitionBy?.toLowerCase() === lower) marks.push(l10n.t('partition'));
  const clusters = cached?.clusteredBy ?? [];
  const place = clusters.findIndex((cluster) => cluster.toLowerCase() === lower);
  if (place >= 0) marks.push(clusters.length === 1 ? l10n.t('cluster') : l10n.t('cluster {0}', place + 1));
  return marks;
}

import * as l10n from '@vscode/l10n';
import { singleLine } from '../../core/displayText.ts';
import { describeFailure } from '../../core/failureTexts.ts';
import type {
  Button,
  ColumnTable,
  DetailsContent,
  HistorySection,
  Notice,
  TableContent,
  TextSection,
} from '../../webview/details/detailsMessages.ts';
import { changeSentences } from '../changeTexts.ts';
import { columnsSection } from './columnsContent.ts';
import { hidesColumns } from '../policiedColumns.ts';
import type { DetailsInput } from './detailsInput.ts';
import { documentationSection } from './documentationContent.ts';
import { errorSection } from './errorContent.ts';
import { factsSection } from './factsContent.ts';
import { historySection } from './historyContent.ts';
import { inspectionSection } from './inspectionContent.ts';
import { Remembered } from './remembered.ts';
import { stateMark } from './stateContent.ts';
import { ageAndTime } from './timeTexts.ts';

/** The long parts of a table's content, which are made anew only when their own input is another one. */
export class LongParts {
  readonly columns = new Remembered<ColumnTable>();
  readonly history = new Remembered<HistorySection>();
}

/**
 * Everything that the details of a table say, in words: known without a window.
 *
 * @param parts those of the content before, in one language
 */
export function tableContent(input: DetailsInput, parts = new LongParts()): TableContent {
  return {
    kind: 'table',
    language: input.language,
    name: nameOf(input.view.registration),
    state: stateMark(input),
    buttons: buttons(input),
    notices: notices(input),
    lastError: errorSection(input),
    facts: factsSection(input),
    changes: changesSection(input),
    documentation: documentationSection(input),
    columns: columnsSection(input, parts.columns),
    inspection: inspectionSection(input),
    history: parts.history.get([input.history, input.timeZone], () => historySection(input)),
  };
}

/** What stands in the place of a table that can't be shown any more, and why. */
export function absentContent(name: string, language: string, sentence: string): DetailsContent {
  return { kind: 'absent', language, name, sentence };
}

/** The whole name, other than in a row: as one line. */
export function nameOf({ name, id }: { readonly name: string; readonly id: string }): string {
  return singleLine(name, 300) || singleLine(id, 300) || l10n.t('(no name)');
}

function buttons(input: DetailsInput): readonly Button[] {
  const { view, address } = input;
  const unknown = address === undefined ? l10n.t('The full name of this table is not known.') : null;
  return [
    {
      action: 'refresh',
      label: view.refreshing ? l10n.t('Refreshing…') : l10n.t('Refresh'),
      obstacle: refreshObstacle(input),
    },
    { action: 'openConsole', label: l10n.t('Open in BigQuery Console'), obstacle: unknown },
    { action: 'copyName', label: l10n.t('Copy Full Name'), obstacle: unknown },
  ];
}

function refreshObstacle({ view, capabilities, refreshObstacle, isServer }: DetailsInput): string | null {
  if (view.refreshing) return l10n.t('The table is being refreshed.');
  if (refreshObstacle !== undefined) return describeFailure(refreshObstacle).message;
  if (capabilities.refresh) return null;
  return isServer
    ? l10n.t('Only administrators of the Agnes server can refresh tables.')
    : l10n.t('Tables can’t be refreshed here.');
}

function notices({ view, sourceNote }: DetailsInput): readonly Notice[] {
  const list: Notice[] = [];
  if (sourceNote !== undefined) list.push({ severity: 'warning', text: sourceNote });
  if (view.repointed) {
    const text = l10n.t(
      'The registration points to another table than the one that these numbers are of. Refresh it to get the numbers of that table.',
    );
    list.push({ severity: 'warning', text });
  }
  return list;
}

function changesSection(input: DetailsInput): TextSection | null {
  const { change } = input.view;
  if (change === undefined) return null;
  const sentences = changeSentences(change.what, hidesColumns(input.view.registration, input.showsPolicied));
  if (sentences.length === 0) return null;
  return {
    heading: l10n.t('Last Change'),
    sentences: [l10n.t('Found by the refresh {0}.', ageAndTime(change.at, input)), ...sentences],
  };
}

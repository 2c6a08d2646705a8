import * as l10n from '@vscode/l10n';
import type { TableView } from '../../sources/tableView.ts';
import { changeSummary } from '../changeTexts.ts';
import { dataAgeText, failedSince, repointedText } from './tableTexts.ts';

/** A mark at the end of a row. */
export interface RowMark {
  /** At most two characters: VS Code shows no more. */
  readonly badge: string;
  /** What it means, in words. */
  readonly words: string;
}

/**
 * The one mark of a row: what makes the numbers wrong before what makes them old, and what is only news last. The words
 * behind the name have all of them.
 */
export function rowMark(view: TableView): RowMark | undefined {
  if (view.repointed) return { badge: '≠', words: repointedText() };
  if (failedSince(view)) return { badge: '!', words: l10n.t('last attempt failed') };
  const tooOld = dataAgeText(view.dataAge);
  if (tooOld !== undefined) return { badge: view.dataAge?.verdict === 'error' ? 'D!' : 'D', words: tooOld };
  const summary = view.change === undefined ? '' : changeSummary(view.change.what);
  return summary === '' ? undefined : { badge: 'Δ', words: summary };
}

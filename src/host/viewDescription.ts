import path from 'node:path';
import * as l10n from '@vscode/l10n';
import { singleLine } from '../core/displayText.ts';
import { formatTimeOfDay } from '../core/humanize.ts';
import type { TableModel } from '../sources/tableModel.ts';
import { arrangementText } from './tree/arrangementTexts.ts';
import { ANY_CAPABILITIES, type Arrangement } from './tree/arrangement.ts';

/** Code points of a source's name beside the title. */
const MAX_LABEL = 40;

/**
 * What stands beside the view's title: of when the rows are where they are not of now, how they are laid out where that is
 * not as usual, and whose they are.
 *
 * @param sourceLabel what the title does not say already; a path stands as its last part
 */
export function viewDescription(
  { failure, snapshot, source }: Pick<TableModel, 'failure' | 'snapshot' | 'source'>,
  arrangement: Arrangement,
  sourceLabel: string | undefined,
): string {
  const isOld = failure !== undefined && snapshot !== undefined;
  const parts = [
    isOld ? l10n.t('as of {0}', formatTimeOfDay(snapshot.readAt)) : '',
    arrangementText(arrangement, source?.capabilities ?? ANY_CAPABILITIES),
    sourceLabel === undefined ? '' : singleLine(path.basename(sourceLabel), MAX_LABEL),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

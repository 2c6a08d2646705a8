import * as l10n from '@vscode/l10n';
import { MAX_ERROR_CODE_POINTS, singleLine } from '../../core/displayText.ts';
import { describeReason, type FailureAction } from '../../core/failureTexts.ts';
import type { ErrorSection } from '../../webview/details/detailsMessages.ts';
import type { TableView } from '../../sources/tableView.ts';
import { actionTitle } from '../failureActionTexts.ts';
import type { DetailsInput } from './detailsInput.ts';
import { ageAndTime } from './timeTexts.ts';

/** The last attempt, where it failed: when, why, and what can be done. `null` where it did not. */
export function errorSection(input: DetailsInput): ErrorSection | null {
  const { view } = input;
  if (!view.lastAttemptFailed) return null;
  const action = lastErrorAction(view);
  return {
    heading: l10n.t('Last Error'),
    sentences: sentences(input),
    words: wordsOf(view),
    button: { action: 'helpLastError', label: actionTitle(action), obstacle: null },
  };
}

/** What can be done about the last error: by its reason, where that is known, else a look at the log. */
export function lastErrorAction({ lastErrorReason }: TableView): FailureAction {
  return lastErrorReason === undefined ? { kind: 'showLog' } : describeReason(lastErrorReason).action;
}

function sentences(input: DetailsInput): string[] {
  const { cached, unstoredAttempt, lastErrorReason } = input.view;
  const list: string[] = [];
  if (lastErrorReason !== undefined) list.push(describeReason(lastErrorReason).message);
  const errorAt = cached?.errorAt ?? null;
  if (unstoredAttempt !== undefined)
    list.push(l10n.t('The attempt of this window failed {0}.', ageAndTime(unstoredAttempt.at, input)));
  else if (errorAt !== null) list.push(l10n.t('The last attempt failed {0}.', ageAndTime(errorAt, input)));
  if (cached?.refreshedAt != null) list.push(l10n.t('The numbers are the last good ones.'));
  return list;
}

/** What was written of it: of this window's attempt, which is the later one, or in the cache. */
function wordsOf({ cached, unstoredAttempt }: TableView): string | null {
  const words = singleLine(unstoredAttempt?.message ?? cached?.errorMessage ?? '', MAX_ERROR_CODE_POINTS);
  return words === '' ? null : words;
}

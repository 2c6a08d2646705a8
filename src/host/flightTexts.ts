import * as l10n from '@vscode/l10n';
import { singleLine } from '../core/displayText.ts';
import type { AgnesFailure, FailurePlace } from '../core/failure.ts';

/** Longest path that is shown, in characters. */
const MAX_PATH = 200;

/** What a person reads where refreshes of other windows are not seen: also which folder is in the way, where that is known. */
export function flightUnavailableText({ place }: AgnesFailure): string {
  return place === undefined
    ? l10n.t('Other windows may refresh the same tables.')
    : l10n.t('Other windows may refresh the same tables. {0}', placeSentence(place));
}

function placeSentence({ folder, obstacle }: FailurePlace): string {
  const shown = singleLine(folder, MAX_PATH);
  switch (obstacle) {
    case 'notFolder':
      return l10n.t('The folder {0} is not a folder.', shown);
    case 'otherUser':
      return l10n.t('The folder {0} belongs to another user.', shown);
    case 'notWritable':
      return l10n.t('The folder {0} can’t be written to.', shown);
    case 'lockNotWritable':
      return l10n.t('The lock file in {0} can’t be written to.', shown);
  }
}

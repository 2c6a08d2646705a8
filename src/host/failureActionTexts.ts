import * as l10n from '@vscode/l10n';
import type { FailureAction } from '../core/failureTexts.ts';
import { SETTINGS_SECTION } from '../core/settingKeys.ts';

/** What the button of an action says. */
export function actionTitle(action: FailureAction): string {
  switch (action.kind) {
    case 'chooseDatabase':
      return l10n.t('Choose Database…');
    case 'connectServer':
      return l10n.t('Connect to Agnes Server…');
    case 'signIn':
      return action.again ? l10n.t('Sign In Again') : l10n.t('Sign In…');
    case 'signInGoogle':
      return l10n.t('Sign In to Google');
    case 'openSetting':
      return l10n.t('Open Setting');
    case 'retry':
      return l10n.t('Try Again');
    case 'showLog':
      return l10n.t('Show Log');
  }
}

/** The same as a sentence, for where there is no button. */
export function adviceText(action: FailureAction): string {
  switch (action.kind) {
    case 'openSetting':
      return l10n.t('What helps: the setting {0}.', `${SETTINGS_SECTION}.${action.setting}`);
    case 'retry':
      return l10n.t('What helps: to try again.');
    case 'showLog':
      return l10n.t('The log may tell more.');
    default:
      return l10n.t('What helps: the command “{0}”.', actionTitle(action));
  }
}

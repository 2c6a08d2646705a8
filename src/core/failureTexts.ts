import * as l10n from '@vscode/l10n';
import { singleLine } from './displayText.ts';
import type { AgnesFailure, FailureReason, FileHolder } from './failure.ts';
import { formatCount } from './humanize.ts';
import type { SettingKey } from './settingKeys.ts';

/** The one thing a person can do about a failure. The host turns it into a button. */
export type FailureAction =
  | { readonly kind: 'chooseDatabase' }
  | { readonly kind: 'connectServer' }
  | { readonly kind: 'signIn'; readonly again: boolean }
  | { readonly kind: 'signInGoogle' }
  | { readonly kind: 'openSetting'; readonly setting: SettingKey }
  | { readonly kind: 'retry' }
  | { readonly kind: 'showLog' };

export interface FailureText {
  /** One plain sentence. */
  readonly message: string;
  readonly action: FailureAction;
  /** Whether the same thing may work a little later without anybody doing anything. */
  readonly mayPass: boolean;
}

const chooseDatabase: FailureAction = { kind: 'chooseDatabase' };
const connectServer: FailureAction = { kind: 'connectServer' };
const signIn: FailureAction = { kind: 'signIn', again: false };
const signInAgain: FailureAction = { kind: 'signIn', again: true };
const signInGoogle: FailureAction = { kind: 'signInGoogle' };
const retry: FailureAction = { kind: 'retry' };
const showLog: FailureAction = { kind: 'showLog' };
const openSetting = (setting: SettingKey): FailureAction => ({ kind: 'openSetting', setting });
const lasting = (message: string, action: FailureAction): FailureText => ({
  message,
  action,
  mayPass: false,
});
const passing = (message: string, action: FailureAction): FailureText => ({ message, action, mayPass: true });

let failureTexts: Readonly<Record<FailureReason, FailureText>> | undefined;

/** The table, made at its first use: by then the language is known. */
function allTexts(): Readonly<Record<FailureReason, FailureText>> {
  return (failureTexts ??= makeTexts());
}

/** Reason → what a person reads, what they can do, and whether waiting helps. The only place with these words. */
const makeTexts = (): Readonly<Record<FailureReason, FailureText>> => ({
  fileMissing: lasting(l10n.t('The Agnes database was not found.'), chooseDatabase),
  fileIsDirectory: lasting(l10n.t('The path of the Agnes database is a folder, not a file.'), chooseDatabase),
  fileNotDuckDb: lasting(l10n.t('This file is not a DuckDB database.'), chooseDatabase),
  fileFromNewerDuckDb: lasting(
    l10n.t('The Agnes database was written by a newer DuckDB than this extension can read.'),
    chooseDatabase,
  ),
  fileDamaged: lasting(l10n.t('The Agnes database is damaged and could not be read.'), chooseDatabase),
  fileWithoutTables: lasting(l10n.t('This database has no Agnes tables in it.'), chooseDatabase),
  fileTooOldToWrite: lasting(
    l10n.t('The Agnes database has an older layout and is read only until the server has upgraded it.'),
    chooseDatabase,
  ),
  fileBusy: passing(l10n.t('Another program is using the Agnes database.'), connectServer),
  fileNotReadable: lasting(l10n.t('You have no permission to read the Agnes database.'), chooseDatabase),
  fileReadOnly: lasting(l10n.t('You have no permission to write to the Agnes database.'), chooseDatabase),
  fileHardLinked: lasting(
    l10n.t(
      'The Agnes database has a second hard link and is read only here, because writing through one of them can lose rows.',
    ),
    chooseDatabase,
  ),
  fileOnNetworkMount: lasting(
    l10n.t(
      'The Agnes database is on a network drive and is read only here, because its lock does not reach other machines.',
    ),
    chooseDatabase,
  ),
  stateInPostgres: lasting(
    l10n.t(
      'This Agnes server keeps its state in Postgres, so the file is out of date and is not written to.',
    ),
    chooseDatabase,
  ),
  stateUnknown: lasting(
    l10n.t(
      'Agnes’s instance.yaml can’t be read, so the database is not written to: the server may keep its state elsewhere.',
    ),
    chooseDatabase,
  ),
  diskFull: passing(l10n.t('There is no space left on the disk of the Agnes database.'), retry),
  duckDbMissing: lasting(l10n.t('DuckDB is not available on this platform.'), showLog),
  workerCrashed: passing(l10n.t('The database helper stopped unexpectedly.'), retry),
  flightUnusable: lasting(
    l10n.t('The lock for refreshes can’t be used; the log names the file to remove.'),
    showLog,
  ),
  flightHeld: passing(l10n.t('Another program keeps the tables from being refreshed.'), retry),
  flightLost: passing(l10n.t('The refresh was interrupted.'), retry),
  flightVanished: passing(l10n.t('The other window stopped before its refresh was done.'), retry),
  notConfigured: lasting(l10n.t('The BigQuery project is not set.'), openSetting('bigquery.project')),
  settingInvalid: lasting(l10n.t('A setting is not usable.'), openSetting('bigquery.project')),
  credentialsMissing: lasting(
    l10n.t('No Google credentials were found; sign in with gcloud or name a credentials file.'),
    signInGoogle,
  ),
  credentialsUnreadable: lasting(
    l10n.t('The Google credentials file could not be read.'),
    openSetting('bigquery.credentialsFile'),
  ),
  credentialsRejected: lasting(
    l10n.t('Google did not accept the credentials; sign in again or name another file.'),
    signInGoogle,
  ),
  googleSessionExpired: lasting(
    l10n.t('Your Google session has expired. Run gcloud auth application-default login.'),
    signInGoogle,
  ),
  billingProject: lasting(
    l10n.t('The billing project can’t be used for BigQuery with these credentials.'),
    openSetting('bigquery.billingProject'),
  ),
  quotaExceeded: passing(
    l10n.t('The BigQuery quota is used up; try again later, or set a longer agnesFreshness.interval.'),
    openSetting('interval'),
  ),
  networkDown: passing(l10n.t('BigQuery could not be reached; check the network.'), retry),
  endpointUnusable: lasting(
    l10n.t('The BigQuery endpoint gave no usable answer.'),
    openSetting('bigquery.apiEndpoint'),
  ),
  serverAddressInvalid: lasting(l10n.t('The address of the Agnes server can’t be used.'), connectServer),
  serverUnreachable: passing(
    l10n.t('The Agnes server could not be reached; check the network and the VPN.'),
    retry,
  ),
  serverCertificate: lasting(
    l10n.t('The certificate of the Agnes server is not trusted; name your company’s CA file.'),
    openSetting('server.caFile'),
  ),
  serverCaFile: lasting(l10n.t('The CA file could not be read.'), openSetting('server.caFile')),
  serverMoved: lasting(
    l10n.t('The Agnes server redirects to another address, which is not followed; check the address.'),
    connectServer,
  ),
  serverNotAgnes: lasting(l10n.t('There is no Agnes server at this address.'), connectServer),
  serverTooOld: lasting(l10n.t('This Agnes server is older than 0.52 and can’t be used.'), connectServer),
  serverLoginPage: passing(
    l10n.t('A web page answered in place of the Agnes server; sign in to your network or VPN.'),
    retry,
  ),
  serverUnavailable: passing(l10n.t('The Agnes server is not available at the moment.'), retry),
  serverError: passing(
    l10n.t('The Agnes server has a problem of its own; tell who runs it if it stays.'),
    retry,
  ),
  serverAnswerInvalid: lasting(
    l10n.t('The Agnes server’s answer could not be read; the log names the field.'),
    showLog,
  ),
  serverForbidden: lasting(
    l10n.t('You have no access to this Agnes server; ask one of its administrators.'),
    retry,
  ),
  adminOnly: lasting(
    l10n.t('Only administrators of the Agnes server can refresh tables; it also does so by itself.'),
    retry,
  ),
  runUnwatched: passing(
    l10n.t('The refresh is not watched any more; the Agnes server may go on with it.'),
    retry,
  ),
  signedOut: lasting(l10n.t('You are not signed in to the Agnes server.'), signIn),
  signInExpired: lasting(l10n.t('Your sign-in to the Agnes server has expired or was revoked.'), signInAgain),
  accountDeactivated: lasting(
    l10n.t('Your account on the Agnes server is switched off; ask an administrator.'),
    signInAgain,
  ),
  tokenWrongKind: lasting(
    l10n.t('This is not a personal access token of Agnes; create one in your profile there.'),
    signInAgain,
  ),
  signInTimedOut: lasting(
    l10n.t('The sign-in was not finished in the browser within two minutes.'),
    signInAgain,
  ),
  signInForeign: lasting(l10n.t('What the browser brought back was not of this sign-in.'), signInAgain),
  signInUnsupported: lasting(
    l10n.t('This Agnes server has no sign-in by browser; paste a personal access token.'),
    signInAgain,
  ),
  signInUnreachable: lasting(
    l10n.t('The browser can’t bring the sign-in back to this window; paste a personal access token.'),
    signInAgain,
  ),
  cliSignedOut: lasting(l10n.t('The Agnes CLI is not signed in to this server any more.'), signInAgain),
  invalidIdentifier: lasting(l10n.t('The registration’s dataset or table name is not valid.'), showLog),
  tableNotFound: lasting(l10n.t('BigQuery has no such table.'), showLog),
  accessDenied: lasting(l10n.t('You have no access to this table in BigQuery.'), showLog),
  requestInvalid: lasting(l10n.t('BigQuery refused the request for this table.'), showLog),
  answerInvalid: lasting(l10n.t('BigQuery’s answer for this table could not be read.'), showLog),
  tableTimeout: passing(l10n.t('BigQuery did not answer in time.'), retry),
  serviceUnavailable: passing(l10n.t('BigQuery is not available at the moment.'), retry),
  rateLimited: passing(
    l10n.t('BigQuery asked for fewer requests; lower agnesFreshness.requestsPerSecond.'),
    openSetting('requestsPerSecond'),
  ),
  registrationChanged: passing(l10n.t('The registration changed during the refresh.'), retry),
  notStored: passing(l10n.t('The new numbers could not be saved in the Agnes database.'), retry),
  unknownTable: lasting(l10n.t('This table is not registered in Agnes any more.'), showLog),
  notRefreshable: lasting(l10n.t('Only remote BigQuery tables can be refreshed.'), showLog),
  noDataOnServer: lasting(l10n.t('The Agnes server got no data for this table from BigQuery.'), showLog),
  failedOnServer: lasting(l10n.t('The Agnes server could not refresh this table.'), showLog),
  cancelled: passing(l10n.t('The refresh was cancelled.'), retry),
  unexpected: lasting(l10n.t('Something went wrong; the log has the details.'), showLog),
});

/** Words and action of a reason, without what a particular failure adds. */
export function describeReason(reason: FailureReason): FailureText {
  // A record of a later version may hold a reason that this one has no words for.
  const texts = allTexts();
  return Object.hasOwn(texts, reason) ? texts[reason] : texts.unexpected;
}

/** Words and action of one failure: names the holder of the file or the setting where it is known. */
export function describeFailure(failure: AgnesFailure): FailureText {
  const text = describeReason(failure.reason);
  const held = heldText(failure);
  if (held !== undefined) return { ...text, message: held };
  if (failure.setting !== undefined) return { ...text, action: openSetting(failure.setting) };
  return text;
}

/** The sentence of a reason that can name who holds something, where that is known. */
function heldText({ reason, holder }: AgnesFailure): string | undefined {
  const who = holder && holderText(holder);
  if (who === undefined) return undefined;
  if (reason === 'fileBusy') return l10n.t('The Agnes database is held by {0}.', who);
  return reason === 'flightHeld' ? l10n.t('Refreshing is kept back by {0}.', who) : undefined;
}

/** Few words for how many tables of a run failed, and why: `3 missing in BigQuery`. */
export function describeCause(reason: FailureReason, tables: number): string {
  const count = formatCount(tables);
  switch (reason) {
    case 'tableNotFound':
      return l10n.t('{0} missing in BigQuery', count);
    case 'accessDenied':
      return l10n.t('{0} without access', count);
    case 'invalidIdentifier':
      return l10n.t('{0} with an invalid name', count);
    case 'requestInvalid':
      return l10n.t('{0} refused', count);
    case 'answerInvalid':
      return l10n.t('{0} with an unreadable answer', count);
    case 'tableTimeout':
      return l10n.t('{0} without an answer in time', count);
    case 'serviceUnavailable':
      return l10n.t('{0} while BigQuery was not available', count);
    case 'rateLimited':
      return l10n.t('{0} for too many requests', count);
    case 'networkDown':
      return l10n.t('{0} not reached', count);
    case 'registrationChanged':
      return l10n.t('{0} changed meanwhile', count);
    case 'failedOnServer':
      return l10n.t('{0} failed on the server', count);
    case 'noDataOnServer':
      return l10n.t('{0} without data', count);
    default:
      return l10n.t('{0} for another reason', count);
  }
}

/** `PID 4711 (python3.12)`, or what is known of it. */
function holderText({ pid, name }: FileHolder): string | undefined {
  const program = name === null ? '' : singleLine(name, 60);
  if (pid <= 0) return program === '' ? undefined : program;
  return program === '' ? l10n.t('PID {0}', String(pid)) : l10n.t('PID {0} ({1})', String(pid), program);
}

import { singleLine } from './displayText.ts';
import type { AgnesFailure, FailureReason, FileHolder } from './failure.ts';
import type { SettingKey } from './settingKeys.ts';

/** The one thing a person can do about a failure. The host turns it into a button. */
export type FailureAction =
  | { readonly kind: 'chooseDatabase' }
  | { readonly kind: 'connectServer' }
  | { readonly kind: 'signIn'; readonly again: boolean }
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
const retry: FailureAction = { kind: 'retry' };
const showLog: FailureAction = { kind: 'showLog' };
const openSetting = (setting: SettingKey): FailureAction => ({ kind: 'openSetting', setting });
const lasting = (message: string, action: FailureAction): FailureText => ({
  message,
  action,
  mayPass: false,
});
const passing = (message: string, action: FailureAction): FailureText => ({ message, action, mayPass: true });

/** Reason → what a person reads, what they can do, and whether waiting helps. The only place with these words. */
const FAILURE_TEXTS: Readonly<Record<FailureReason, FailureText>> = {
  fileMissing: lasting('The Agnes database was not found.', chooseDatabase),
  fileIsDirectory: lasting('The path of the Agnes database is a folder, not a file.', chooseDatabase),
  fileNotDuckDb: lasting('This file is not a DuckDB database.', chooseDatabase),
  fileFromNewerDuckDb: lasting(
    'The Agnes database was written by a newer DuckDB than this extension can read.',
    chooseDatabase,
  ),
  fileDamaged: lasting('The Agnes database is damaged and could not be read.', chooseDatabase),
  fileWithoutTables: lasting('This database has no Agnes tables in it.', chooseDatabase),
  fileTooOldToWrite: lasting(
    'The Agnes database has an older layout and is read only until the server has upgraded it.',
    chooseDatabase,
  ),
  fileBusy: passing('Another program is using the Agnes database.', connectServer),
  fileNotReadable: lasting('You have no permission to read the Agnes database.', chooseDatabase),
  fileReadOnly: lasting('You have no permission to write to the Agnes database.', chooseDatabase),
  fileHardLinked: lasting(
    'The Agnes database has a second hard link and is read only here, because writing through one of them can lose rows.',
    chooseDatabase,
  ),
  fileOnNetworkMount: lasting(
    'The Agnes database is on a network drive and is read only here, because its lock does not reach other machines.',
    chooseDatabase,
  ),
  stateInPostgres: lasting(
    'This Agnes server keeps its state in Postgres, so the file is out of date and is not written to.',
    chooseDatabase,
  ),
  stateUnknown: lasting(
    'Agnes’s instance.yaml can’t be read, so the database is not written to: the server may keep its state elsewhere.',
    chooseDatabase,
  ),
  diskFull: passing('There is no space left on the disk of the Agnes database.', retry),
  duckDbMissing: lasting('DuckDB is not available on this platform.', showLog),
  workerCrashed: passing('The database helper stopped unexpectedly.', retry),
  flightUnusable: lasting('The lock for refreshes can’t be used; the log names the file to remove.', showLog),
  flightHeld: passing('Another program keeps the tables from being refreshed.', retry),
  flightLost: passing('The refresh was interrupted.', retry),
  flightVanished: passing('The other window stopped before its refresh was done.', retry),
  notConfigured: lasting('The BigQuery project is not set.', openSetting('bigquery.project')),
  settingInvalid: lasting('A setting is not usable.', openSetting('bigquery.project')),
  credentialsMissing: lasting(
    'No Google credentials were found; sign in with gcloud or name a credentials file.',
    openSetting('bigquery.credentialsFile'),
  ),
  credentialsUnreadable: lasting(
    'The Google credentials file could not be read.',
    openSetting('bigquery.credentialsFile'),
  ),
  credentialsRejected: lasting('Google did not accept the credentials; sign in again.', retry),
  billingProject: lasting(
    'The billing project can’t be used for BigQuery with these credentials.',
    openSetting('bigquery.billingProject'),
  ),
  quotaExceeded: passing('The BigQuery quota is used up; try again later.', retry),
  networkDown: passing('BigQuery could not be reached; check the network.', retry),
  endpointUnusable: lasting(
    'The BigQuery endpoint gave no usable answer.',
    openSetting('bigquery.apiEndpoint'),
  ),
  serverAddressInvalid: lasting('The address of the Agnes server can’t be used.', connectServer),
  serverUnreachable: passing('The Agnes server could not be reached; check the network and the VPN.', retry),
  serverCertificate: lasting(
    'The certificate of the Agnes server is not trusted; name your company’s CA file.',
    openSetting('server.caFile'),
  ),
  serverCaFile: lasting('The CA file could not be read.', openSetting('server.caFile')),
  serverMoved: lasting(
    'The Agnes server redirects to another address, which is not followed; check the address.',
    connectServer,
  ),
  serverNotAgnes: lasting('There is no Agnes server at this address.', connectServer),
  serverTooOld: lasting('This Agnes server is older than 0.52 and can’t be used.', connectServer),
  serverLoginPage: passing(
    'A web page answered in place of the Agnes server; sign in to your network or VPN.',
    retry,
  ),
  serverUnavailable: passing('The Agnes server is not available at the moment.', retry),
  serverError: passing('The Agnes server has a problem of its own; tell who runs it if it stays.', retry),
  serverAnswerInvalid: lasting(
    'The Agnes server’s answer could not be read; the log names the field.',
    showLog,
  ),
  serverForbidden: lasting('You have no access to this Agnes server; ask one of its administrators.', retry),
  adminOnly: lasting(
    'Only administrators of the Agnes server can refresh tables; it also does so by itself.',
    retry,
  ),
  runUnwatched: passing('The refresh is not watched any more; the Agnes server may go on with it.', retry),
  signedOut: lasting('You are not signed in to the Agnes server.', signIn),
  signInExpired: lasting('Your sign-in to the Agnes server has expired or was revoked.', signInAgain),
  accountDeactivated: lasting(
    'Your account on the Agnes server is switched off; ask an administrator.',
    signInAgain,
  ),
  tokenWrongKind: lasting(
    'This is not a personal access token of Agnes; create one in your profile there.',
    signInAgain,
  ),
  signInTimedOut: lasting('The sign-in was not finished in the browser within two minutes.', signInAgain),
  signInForeign: lasting('What the browser brought back was not of this sign-in.', signInAgain),
  signInUnsupported: lasting(
    'This Agnes server has no sign-in by browser; paste a personal access token.',
    signInAgain,
  ),
  signInUnreachable: lasting(
    'The browser can’t bring the sign-in back to this window; paste a personal access token.',
    signInAgain,
  ),
  cliSignedOut: lasting('The Agnes CLI is not signed in to this server any more.', signInAgain),
  invalidIdentifier: lasting('The registration’s dataset or table name is not valid.', showLog),
  tableNotFound: lasting('BigQuery has no such table.', showLog),
  accessDenied: lasting('You have no access to this table in BigQuery.', showLog),
  requestInvalid: lasting('BigQuery refused the request for this table.', showLog),
  answerInvalid: lasting('BigQuery’s answer for this table could not be read.', showLog),
  tableTimeout: passing('BigQuery did not answer in time.', retry),
  serviceUnavailable: passing('BigQuery is not available at the moment.', retry),
  rateLimited: passing('BigQuery asked for fewer requests.', retry),
  registrationChanged: passing('The registration changed during the refresh.', retry),
  notStored: passing('The new numbers could not be saved in the Agnes database.', retry),
  unknownTable: lasting('This table is not registered in Agnes any more.', showLog),
  notRefreshable: lasting('Only remote BigQuery tables can be refreshed.', showLog),
  noDataOnServer: lasting('The Agnes server got no data for this table from BigQuery.', showLog),
  failedOnServer: lasting('The Agnes server could not refresh this table.', showLog),
  cancelled: passing('The refresh was cancelled.', retry),
  unexpected: lasting('Something went wrong; the log has the details.', showLog),
};

/** Words and action of a reason, without what a particular failure adds. */
export function describeReason(reason: FailureReason): FailureText {
  // A record of a later version may hold a reason that this one has no words for.
  return Object.hasOwn(FAILURE_TEXTS, reason) ? FAILURE_TEXTS[reason] : FAILURE_TEXTS.unexpected;
}

/** Words and action of one failure: names the holder of the file or the setting where it is known. */
export function describeFailure(failure: AgnesFailure): FailureText {
  const text = describeReason(failure.reason);
  const held = HELD[failure.reason];
  if (held !== undefined && failure.holder !== undefined) {
    const who = holderText(failure.holder);
    return who === undefined ? text : { ...text, message: `${held} by ${who}.` };
  }
  if (failure.setting !== undefined) return { ...text, action: openSetting(failure.setting) };
  return text;
}

/** What somebody does, for the reasons that can name them. */
const HELD: Partial<Readonly<Record<FailureReason, string>>> = {
  fileBusy: 'The Agnes database is held',
  flightHeld: 'Refreshing is kept back',
};

/** Few words for why single tables failed, to count them by. */
const CAUSE_WORDS: Partial<Readonly<Record<FailureReason, string>>> = {
  tableNotFound: 'missing in BigQuery',
  accessDenied: 'without access',
  invalidIdentifier: 'with an invalid name',
  requestInvalid: 'refused',
  answerInvalid: 'with an unreadable answer',
  tableTimeout: 'without an answer in time',
  serviceUnavailable: 'while BigQuery was not available',
  rateLimited: 'for too many requests',
  networkDown: 'not reached',
  registrationChanged: 'changed meanwhile',
  failedOnServer: 'failed on the server',
  noDataOnServer: 'without data',
};

/** Few words for why tables of a run failed: `3 ` goes before them. */
export function describeCause(reason: FailureReason): string {
  return CAUSE_WORDS[reason] ?? 'for another reason';
}

/** `PID 4711 (python3.12)`, or what is known of it. */
function holderText({ pid, name }: FileHolder): string | undefined {
  const program = name === null ? '' : singleLine(name, 60);
  if (pid <= 0) return program === '' ? undefined : program;
  return program === '' ? `PID ${pid}` : `PID ${pid} (${program})`;
}

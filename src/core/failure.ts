import { redactSecrets } from './redaction.ts';
import type { SettingKey } from './settingKeys.ts';

/** Why something could not be done. One word a cause; `failureTexts.ts` says what a person reads and can do. */
export type FailureReason =
  // the shared file
  | 'fileMissing'
  | 'fileIsDirectory'
  | 'fileNotDuckDb'
  | 'fileFromNewerDuckDb'
  | 'fileDamaged'
  | 'fileWithoutTables'
  | 'fileTooOldToWrite'
  | 'fileBusy'
  | 'fileNotReadable'
  | 'fileReadOnly'
  | 'fileHardLinked'
  | 'fileOnNetworkMount'
  | 'stateInPostgres'
  | 'stateUnknown'
  | 'diskFull'
  // the process that works on it
  | 'duckDbMissing'
  | 'workerCrashed'
  // single flight
  | 'flightUnusable'
  | 'flightHeld'
  | 'flightLost'
  | 'flightVanished'
  // whoever asks BigQuery
  | 'notConfigured'
  | 'settingInvalid'
  | 'credentialsMissing'
  | 'credentialsUnreadable'
  | 'credentialsRejected'
  | 'googleSessionExpired'
  | 'billingProject'
  | 'quotaExceeded'
  | 'networkDown'
  | 'endpointUnusable'
  // the Agnes server
  | 'serverAddressInvalid'
  | 'serverUnreachable'
  | 'serverCertificate'
  | 'serverCaFile'
  | 'serverMoved'
  | 'serverNotAgnes'
  | 'serverTooOld'
  | 'serverLoginPage'
  | 'serverUnavailable'
  | 'serverError'
  | 'serverAnswerInvalid'
  | 'serverForbidden'
  | 'adminOnly'
  | 'runUnwatched'
  // whoever signs in to it
  | 'signedOut'
  | 'signInExpired'
  | 'accountDeactivated'
  | 'tokenWrongKind'
  | 'signInTimedOut'
  | 'signInForeign'
  | 'signInUnsupported'
  | 'signInUnreachable'
  | 'cliSignedOut'
  // one table
  | 'invalidIdentifier'
  | 'tableNotFound'
  | 'accessDenied'
  | 'requestInvalid'
  | 'answerInvalid'
  | 'tableTimeout'
  | 'serviceUnavailable'
  | 'rateLimited'
  | 'registrationChanged'
  | 'notStored'
  | 'unknownTable'
  | 'notRefreshable'
  | 'failedOnServer'
  | 'noDataOnServer'
  // either
  | 'cancelled'
  | 'unexpected';

/** Process that holds the shared file, as far as DuckDB's message names it. */
export interface FileHolder {
  /** 0 from inside some containers. */
  readonly pid: number;
  /** Base name of its executable, untrusted text. */
  readonly name: string | null;
}

/** A folder of ours that can't be used, for the sentence that a person reads. */
export interface FailurePlace {
  readonly folder: string;
  /** `lockNotWritable` is of the lock file in it. */
  readonly obstacle: 'notFolder' | 'otherUser' | 'notWritable' | 'lockNotWritable';
}

export interface FailureDetails {
  /**
   * What was met, for the log, in English: never shown as the message itself. What looks like a secret is taken out of it.
   */
  readonly detail?: string;
  readonly place?: FailurePlace;
  readonly holder?: FileHolder;
  /** The setting to look at, where the reason alone does not tell. */
  readonly setting?: SettingKey;
  readonly cause?: unknown;
}

/** Registered, so that it is one symbol over all bundles. */
const BRAND = Symbol.for('agnesFreshness.failure');

/**
 * The one error class that crosses layers: a reason inside, words outside. Each lazy bundle has a copy of the class, so
 * `instanceof` goes by a brand: a failure of one bundle is a failure in all of them.
 */
export class AgnesFailure extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  readonly reason: FailureReason;
  readonly detail: string | undefined;
  readonly place: FailurePlace | undefined;
  readonly holder: FileHolder | undefined;
  readonly setting: SettingKey | undefined;

  constructor(reason: FailureReason, { detail, place, holder, setting, cause }: FailureDetails = {}) {
    const shown = detail === undefined ? undefined : redactSecrets(detail);
    super(shown === undefined ? reason : `${reason}: ${shown}`, cause === undefined ? undefined : { cause });
    this.name = 'AgnesFailure';
    this.reason = reason;
    this.detail = shown;
    this.place = place;
    this.holder = holder;
    this.setting = setting;
  }
}

/** Wraps whatever was thrown; an `AgnesFailure` stays itself. */
export function asFailure(thrown: unknown, otherwise: FailureReason = 'unexpected'): AgnesFailure {
  if (thrown instanceof AgnesFailure) return thrown;
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new AgnesFailure(otherwise, { detail, cause: thrown });
}

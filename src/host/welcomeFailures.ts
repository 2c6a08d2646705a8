import type { AgnesFailure, FailureReason } from '../core/failure.ts';

/** Failures that package.json has welcome content for; the words there are those of `failureTexts.ts`, a test says. */
export const WELCOME_FAILURES: readonly FailureReason[] = [
  'fileMissing',
  'fileIsDirectory',
  'fileNotDuckDb',
  'fileFromNewerDuckDb',
  'fileDamaged',
  'fileWithoutTables',
  'fileBusy',
  'fileNotReadable',
  'duckDbMissing',
  'workerCrashed',
  'serverUnreachable',
  'serverCertificate',
  'serverCaFile',
  'serverMoved',
  'serverNotAgnes',
  'serverTooOld',
  'serverLoginPage',
  'serverUnavailable',
  'serverError',
  'serverAnswerInvalid',
  'serverForbidden',
  'signedOut',
  'signInExpired',
  'accountDeactivated',
  'tokenWrongKind',
  'cliSignedOut',
  'settingInvalid',
  'unexpected',
];

/** The failure whose welcome content is shown. */
export function welcomeFor({ reason }: AgnesFailure): FailureReason {
  return WELCOME_FAILURES.includes(reason) ? reason : 'unexpected';
}

import { singleLine } from '../../core/displayText.ts';
import { AgnesFailure, type FailureReason } from '../../core/failure.ts';
import type { SettingKey } from '../../core/settingKeys.ts';
import { formatAddress, type TableAddress } from '../../core/tableAddress.ts';
import type { ProviderFailure } from '../../ports/metadataProvider.ts';
import type { GoogleError } from './googleError.ts';

const MAX_MESSAGE_CODE_POINTS = 300;

// Google's own words for whose fault it is: "Troubleshoot BigQuery errors" and google.rpc.ErrorInfo's ErrorReason.
const BILLING_REASONS = [
  'USER_PROJECT_DENIED',
  'SERVICE_DISABLED',
  'BILLING_DISABLED',
  'CONSUMER_INVALID',
  'CONSUMER_SUSPENDED',
  'accessNotConfigured',
  'billingNotEnabled',
];
const QUOTA_REASONS = ['quotaExceeded', 'dailyLimitExceeded'];
const RATE_REASONS = ['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED'];
const SCOPE_REASONS = ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'];

/** An answer that holds no table, as far as it was understood. */
export interface ErrorAnswer {
  readonly address: TableAddress;
  readonly httpStatus: number;
  readonly error: GoogleError | undefined;
  readonly retryAfterMs: number | null;
  /** Project of the setting, `undefined` where none is set. */
  readonly configuredProject: string | undefined;
  /** Whether Google was asked, with credentials, or an endpoint of the user's, without. */
  readonly isGoogle: boolean;
  /** Whether signing in with gcloud gives other credentials; else a setting names them. */
  readonly isMendedBySignIn: boolean;
}

/** Status and reasons of an error answer → whose fault it is, and whether waiting helps. */
export function mapErrorAnswer(answer: ErrorAnswer): ProviderFailure {
  const { httpStatus, error, retryAfterMs } = answer;
  const said = describeAnswer(answer);
  const has = (reasons: readonly string[]): boolean => reasons.some((reason) => error?.reasons.has(reason));
  if (httpStatus === 407) return transient('networkDown', 'the proxy asks for a sign-in (407)');
  if (httpStatus === 401) return credentialsRejected(answer, said);
  if (has(BILLING_REASONS)) return callerFault('billingProject', said);
  if (has(QUOTA_REASONS)) return callerFault('quotaExceeded', said);
  if (httpStatus === 429 || has(RATE_REASONS)) return transient('rateLimited', said, retryAfterMs);
  if (httpStatus >= 500 || httpStatus === 408) return transient('serviceUnavailable', said, retryAfterMs);
  if (has(SCOPE_REASONS)) return credentialsRejected(answer, said);
  if (error === undefined) return notFromBigQuery(answer.isGoogle, said);
  if (httpStatus === 404) {
    if (!isNotFound(error)) return notFromBigQuery(answer.isGoogle, said);
    const message = describeMissing(answer.address, error);
    return missingPart(error) === 'project' && answer.address.project === answer.configuredProject
      ? wrongProject(message)
      : { kind: 'noData', message };
  }
  // The reason is stored before the message, so the status would say it a third time.
  const sentence = error.message === '' ? said : describe(error.message);
  if (httpStatus === 403) {
    return tableError('accessDenied', `no access to ${formatAddress(answer.address)}`, sentence);
  }
  return tableError('requestInvalid', `BigQuery refused ${formatAddress(answer.address)}`, sentence);
}

/**
 * Something else answered in BigQuery's place. Where Google was asked, that is a sign-in page or a filter in the network:
 * it may pass, is never the table's fault, and five in a row end a run. Where the user named the endpoint, the name is
 * wrong, and no waiting helps.
 */
export function notFromBigQuery(isGoogle: boolean, what: string): ProviderFailure {
  return isGoogle
    ? transient('networkDown', `something in the network answered in BigQuery's place: ${what}`)
    : {
        kind: 'callerFault',
        failure: new AgnesFailure('endpointUnusable', { detail: what, setting: 'bigquery.apiEndpoint' }),
      };
}

export function transient(
  reason: Extract<ProviderFailure, { kind: 'transient' }>['reason'],
  message: string,
  retryAfterMs: number | null = null,
): ProviderFailure {
  return { kind: 'transient', reason, message, retryAfterMs };
}

/** An endpoint of the user's is asked without any: then no credentials mend it. */
function credentialsRejected({ isGoogle, isMendedBySignIn }: ErrorAnswer, said: string): ProviderFailure {
  const detail = isGoogle ? said : `asked without credentials: ${said}`;
  const setting = isGoogle ? 'bigquery.credentialsFile' : 'bigquery.apiEndpoint';
  const named = isGoogle && isMendedBySignIn ? {} : { setting: setting as SettingKey };
  return { kind: 'callerFault', failure: new AgnesFailure('credentialsRejected', { detail, ...named }) };
}

function callerFault(reason: FailureReason, detail: string): ProviderFailure {
  return { kind: 'callerFault', failure: new AgnesFailure(reason, { detail }) };
}

export function tableError(
  reason: Extract<ProviderFailure, { kind: 'tableError' }>['reason'],
  what: string,
  said: string,
): ProviderFailure {
  return { kind: 'tableError', reason, message: `${what}: ${said}` };
}

function isNotFound({ reasons, status }: GoogleError): boolean {
  return reasons.has('notFound') || status === 'NOT_FOUND';
}

/** The reason is `notFound` for table, dataset and project alike; only Google's text tells them apart. */
function missingPart({ message }: GoogleError): 'table' | 'dataset' | 'project' {
  const missing = /^Not found: (Dataset|Project)\b/i.exec(message)?.[1]?.toLowerCase();
  return missing === 'dataset' || missing === 'project' ? missing : 'table';
}

function describeMissing(address: TableAddress, error: GoogleError): string {
  switch (missingPart(error)) {
    case 'dataset':
      return `BigQuery has no dataset ${address.project}.${address.dataset}`;
    case 'project':
      return `BigQuery has no project ${address.project}`;
    case 'table':
      return `BigQuery has no table ${formatAddress(address)}`;
  }
}

/** A mistyped setting must not mark every table as gone, for everybody who reads the file. */
function wrongProject(detail: string): ProviderFailure {
  const failure = new AgnesFailure('settingInvalid', { detail, setting: 'bigquery.project' });
  return { kind: 'callerFault', failure };
}

/** Status, reasons and Google's sentence as one bounded line that may be stored and shown to others. */
function describeAnswer({ httpStatus, error }: ErrorAnswer): string {
  const reasons = [...(error?.reasons ?? [])].slice(0, 3).join(', ');
  const head = reasons === '' ? `HTTP ${httpStatus}` : `HTTP ${httpStatus} ${reasons}`;
  return describe(error === undefined || error.message === '' ? head : `${head}: ${error.message}`);
}

function describe(text: string): string {
  return singleLine(withoutSecrets(text), MAX_MESSAGE_CODE_POINTS);
}

/** Stored messages are read by everybody who reads the file: no tokens, keys or e-mail addresses. */
function withoutSecrets(text: string): string {
  return text
    .slice(0, MAX_MESSAGE_CODE_POINTS * 4)
    .replace(/\b(?:ya29\.|1\/\/|AIza|eyJ)[\w.~+/=-]+/g, '…')
    .replace(/\bBearer\s+\S+/gi, 'Bearer …')
    .replace(/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '…');
}

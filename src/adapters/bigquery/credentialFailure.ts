import { AgnesFailure } from '../../core/failure.ts';
import type { ProviderFailure } from '../../ports/metadataProvider.ts';
import type { CredentialsContent } from './credentialsContent.ts';
import type { CredentialsFile } from './credentialsFile.ts';
import { transient } from './errorMapping.ts';
import { isGoogleApiUrl } from './googleHost.ts';
import { errorCodeOf } from '../system/errorCode.ts';
import { describeNetworkError, isNetworkCode } from './networkError.ts';

/** Google's token service, for messages. */
const SIGN_IN = "Google's sign-in";
const NO_DEFAULT_CREDENTIALS = 'Could not load the default credentials';

/** A request that was not sent, because of where the credentials file wanted it to go. */
export function refusedRequest(why: string): ProviderFailure {
  return unusable(why);
}

/** A token service's response that no library needs to look at → an answer; `undefined` for any other. */
export function mapTokenResponse(url: URL, response: Response): ProviderFailure | undefined {
  const { status } = response;
  if (status === 429) return transient('rateLimited', `${SIGN_IN} asked for fewer requests`);
  if (status >= 500) return transient('serviceUnavailable', `${SIGN_IN}: HTTP ${status}`);
  const isJson = /\bjson\b/i.test(response.headers.get('content-type') ?? '');
  // Google answers in JSON alone; a subject token from elsewhere may be text
  if (isJson || !isGoogleApiUrl(url)) return undefined;
  return transient('networkDown', `something in the network answered in place of ${SIGN_IN}: HTTP ${status}`);
}

/**
 * What Google's library threw → an answer. Nothing of the error is kept: it can hold the request with its secrets.
 *
 * @param file the credentials file; `undefined` where there was only the hope for a metadata server
 */
export function mapTokenFailure(thrown: unknown, file: CredentialsFile | undefined): ProviderFailure {
  const answer = responseOf(thrown);
  if (answer !== undefined) {
    if (answer.status >= 500) return transient('serviceUnavailable', `${SIGN_IN}: HTTP ${answer.status}`);
    if (file === undefined) return missing(`metadata server: HTTP ${answer.status}`);
    const said = [`${SIGN_IN}: HTTP ${answer.status}`, ...answer.codes].join(' ');
    const reason = isEndedSession(answer.codes, file) ? 'googleSessionExpired' : 'credentialsRejected';
    return refusedFile(reason, said, file);
  }
  const code = errorCodeOf(thrown);
  if (code !== undefined && isNetworkCode(code)) {
    return transient(
      'networkDown',
      describeNetworkError(file === undefined ? 'the metadata server' : SIGN_IN, thrown),
    );
  }
  if (file !== undefined) return unusable('the credentials file holds no usable key');
  // The library has no code for this one (engine-facts).
  const isMissing = thrown instanceof Error && thrown.message.includes(NO_DEFAULT_CREDENTIALS);
  return missing(
    isMissing
      ? 'no credentials file and no metadata server'
      : 'no credentials file and no identity of this machine',
  );
}

function unusable(detail: string): ProviderFailure {
  const setting = 'bigquery.credentialsFile';
  return { kind: 'callerFault', failure: new AgnesFailure('credentialsUnreadable', { detail, setting }) };
}

/** No setting: signing in with gcloud is the nearer way. */
function missing(detail: string): ProviderFailure {
  return { kind: 'callerFault', failure: new AgnesFailure('credentialsMissing', { detail }) };
}

/**
 * Whether a user's session with Google has ended, by age, by a policy of the company (`invalid_rapt`), or because it was
 * revoked. Of a service account `invalid_grant` means its key, and no sign-in mends that.
 */
function isEndedSession(codes: readonly string[], { content }: CredentialsFile): boolean {
  return codes.includes('invalid_grant') && isOfUser(content);
}

/** Whether a person signed in for it, with Google or through a workforce pool, also where it then acts as a service account. */
function isOfUser({ type, source_credentials: source }: CredentialsContent): boolean {
  if (type === 'impersonated_service_account') return isContent(source) && isOfUser(source);
  return type === 'authorized_user' || type === 'external_account_authorized_user';
}

function isContent(value: unknown): value is CredentialsContent {
  return typeof value === 'object' && value !== null;
}

/** gcloud writes its own file and no other: for a file that is named, the setting is what to look at. */
function refusedFile(
  reason: 'credentialsRejected' | 'googleSessionExpired',
  detail: string,
  { isGcloudsOwn }: CredentialsFile,
): ProviderFailure {
  const failure = new AgnesFailure(reason, {
    detail,
    ...(isGcloudsOwn ? {} : { setting: 'bigquery.credentialsFile' }),
  });
  return { kind: 'callerFault', failure };
}

/** Status and OAuth error code (RFC 6749, 5.2; `error_subtype` is Google's, such as `invalid_rapt`). */
function responseOf(thrown: unknown): { status: number; codes: readonly string[] } | undefined {
  const response = property(thrown, 'response');
  const status = property(response, 'status');
  if (typeof status !== 'number') return undefined;
  const data = property(response, 'data');
  const codes = [property(data, 'error'), property(data, 'error_subtype')].filter(isErrorCode);
  return { status, codes };
}

function isErrorCode(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9_]{0,60}$/.test(value);
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

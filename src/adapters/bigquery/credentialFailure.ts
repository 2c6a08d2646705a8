import { AgnesFailure } from '../../core/failure.ts';
import type { ProviderAnswer } from '../../ports/metadataProvider.ts';
import { transient } from './errorMapping.ts';
import { isGoogleApiUrl } from './googleHost.ts';
import { errorCodeOf } from '../system/errorCode.ts';
import { describeNetworkError, isNetworkCode } from './networkError.ts';

/** Google's token service, for messages. */
const SIGN_IN = "Google's sign-in";
const NO_DEFAULT_CREDENTIALS = 'Could not load the default credentials';

/** A request that was not sent, because of where the credentials file wanted it to go. */
export function refusedRequest(why: string): ProviderAnswer {
  return fault('credentialsUnreadable', why);
}

/** A token service's response that no library needs to look at → an answer; `undefined` for any other. */
export function mapTokenResponse(url: URL, response: Response): ProviderAnswer | undefined {
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
 * @param hasFile whether there was a credentials file, or only the hope for a metadata server
 */
export function mapTokenFailure(thrown: unknown, hasFile: boolean): ProviderAnswer {
  const answer = responseOf(thrown);
  if (answer !== undefined) {
    if (answer.status >= 500) return transient('serviceUnavailable', `${SIGN_IN}: HTTP ${answer.status}`);
    return hasFile
      ? fault('credentialsRejected', `${SIGN_IN}: HTTP ${answer.status}${answer.error}`)
      : fault('credentialsMissing', `metadata server: HTTP ${answer.status}`);
  }
  const code = errorCodeOf(thrown);
  if (code !== undefined && isNetworkCode(code)) {
    return transient('networkDown', describeNetworkError(hasFile ? SIGN_IN : 'the metadata server', thrown));
  }
  if (hasFile) return fault('credentialsUnreadable', 'the credentials file holds no usable key');
  // The library has no code for this one (engine-facts).
  const isMissing = thrown instanceof Error && thrown.message.includes(NO_DEFAULT_CREDENTIALS);
  return fault(
    'credentialsMissing',
    isMissing
      ? 'no credentials file and no metadata server'
      : 'no credentials file and no identity of this machine',
  );
}

function fault(
  reason: 'credentialsMissing' | 'credentialsRejected' | 'credentialsUnreadable',
  detail: string,
): ProviderAnswer {
  const setting = 'bigquery.credentialsFile';
  return { kind: 'callerFault', failure: new AgnesFailure(reason, { detail, setting }) };
}

/** Status and OAuth error code (RFC 6749, 5.2; `error_subtype` is Google's, such as `invalid_rapt`). */
function responseOf(thrown: unknown): { status: number; error: string } | undefined {
  const response = property(thrown, 'response');
  const status = property(response, 'status');
  if (typeof status !== 'number') return undefined;
  const data = property(response, 'data');
  const codes = [property(data, 'error'), property(data, 'error_subtype')].filter(isErrorCode);
  return { status, error: codes.map((code) => ` ${code}`).join('') };
}

function isErrorCode(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9_]{0,60}$/.test(value);
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}

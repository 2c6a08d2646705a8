import { safeParse } from 'valibot';

import { AgnesFailure, type FailureReason } from '../../core/failure.ts';
import { errorAnswer } from './answerSchemas.ts';
import type { HttpAnswer } from './httpClient.ts';
import { isJsonTyped, isWebPage, readJson } from './readAnswer.ts';
import { safeText } from './safeText.ts';

/** Tokens of other kinds, which this API takes from nobody (contract, 6.1). */
const WRONG_TOKEN_DETAILS: ReadonlySet<unknown> = new Set([
  'Agent token not valid on this surface',
  'git_scope_token_not_allowed',
]);
const DEACTIVATED_DETAIL = 'Account deactivated';
const ADMIN_DETAILS: ReadonlySet<unknown> = new Set(['Admin access required', 'admin_elevation_paused']);

/** What a request id may look like; anything else is not repeated. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The body of an answer that is not a success, as far as it decides anything. */
export type Refusal =
  /** An object, as Agnes answers. A proxy can answer so as well: then there is no `detail`. */
  | { readonly kind: 'json'; readonly detail: unknown; readonly requestId: string | undefined }
  | { readonly kind: 'webPage' }
  | { readonly kind: 'other' };

export function readRefusal(answer: HttpAnswer): Refusal {
  const result = safeParse(errorAnswer, readJson(answer.text));
  if (result.success) {
    const { detail, request_id: requestId } = result.output;
    return { kind: 'json', detail, requestId };
  }
  return { kind: isWebPage(answer) ? 'webPage' : 'other' };
}

/** What is told of an answer that no Agnes server gives. */
type OfAnother = 'serverNotAgnes' | 'serverUnavailable';

/**
 * Status and body of an answer that is not what was asked for → whose fault it is.
 *
 * @param endpoint method and path, for the log
 * @param ofAnother as left out, for a server that was found to be Agnes: another one in its place is there for the time of a
 *   deployment
 */
export function mapRefusal(
  endpoint: string,
  answer: HttpAnswer,
  ofAnother: OfAnother = 'serverUnavailable',
): AgnesFailure {
  const body = readRefusal(answer);
  return new AgnesFailure(reasonOf(answer, body, ofAnother), {
    detail: `${endpoint}: ${describe(answer, body)}`,
  });
}

function reasonOf(answer: HttpAnswer, body: Refusal, ofAnother: OfAnother): FailureReason {
  switch (answer.status) {
    case 401:
      return unauthorized(body);
    case 403:
      if (body.kind !== 'json') return 'serverLoginPage';
      return ADMIN_DETAILS.has(body.detail) ? 'adminOnly' : 'serverForbidden';
    case 404:
    case 405:
      return isOfAgnes(body) ? 'serverTooOld' : ofAnother;
    case 407: // a proxy on the way asks for a sign-in
      return 'serverUnreachable';
    case 511: // and so does a network
      return 'serverLoginPage';
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
      return 'serverUnavailable';
    case 500:
      return 'serverError';
    default:
      return otherReason(answer, body, ofAnother);
  }
}

function otherReason(answer: HttpAnswer, body: Refusal, ofAnother: OfAnother): FailureReason {
  const { status } = answer;
  if (status >= 500) return body.kind === 'json' ? 'serverError' : 'serverUnavailable';
  if (status >= 400) return isOfAgnes(body) ? 'serverError' : ofAnother;
  // A success without the JSON that was asked for: Agnes does not leave out its type.
  if (body.kind === 'webPage') return 'serverLoginPage';
  return isJsonTyped(answer) ? 'serverAnswerInvalid' : ofAnother;
}

/** Agnes gives a sentence, though perhaps in other words one day; anything else is a gateway's, and no token is at fault. */
function unauthorized(body: Refusal): FailureReason {
  if (body.kind !== 'json' || typeof body.detail !== 'string') return 'serverLoginPage';
  const { detail } = body;
  if (WRONG_TOKEN_DETAILS.has(detail)) return 'tokenWrongKind';
  return detail === DEACTIVATED_DETAIL ? 'accountDeactivated' : 'signInExpired';
}

function isOfAgnes(body: Refusal): boolean {
  return body.kind === 'json' && body.detail !== undefined;
}

/** Never holds a token, nor the text of a web page. */
function describe(answer: HttpAnswer, body: Refusal): string {
  const { status } = answer;
  if (body.kind === 'webPage') return `HTTP ${status} with a web page`;
  if (body.kind === 'other') return `HTTP ${status} without JSON`;
  const said = typeof body.detail === 'string' ? `: ${safeText(body.detail)}` : '';
  const requestId = body.requestId ?? answer.header('x-request-id') ?? '';
  return `HTTP ${status}${said}${REQUEST_ID.test(requestId) ? ` (request ${requestId})` : ''}`;
}

import { AgnesFailure } from '../../core/failure.ts';
import type { EpochMicros } from '../../core/time.ts';
import { exchangeAnswer } from './answerSchemas.ts';
import { mapRefusal, readRefusal } from './apiFailures.ts';
import type { HttpAnswer, HttpClient } from './httpClient.ts';
import { isWebPage, readAnswer, readJson } from './readAnswer.ts';

const SIGN_IN_DEADLINE_MS = 30_000;
const START_PATH = '/cli/auth/start';
const EXCHANGE_PATH = '/cli/auth/exchange';

/** In the ranges that the server allows, so that it does not answer that they are wrong. Nobody listens there. */
const PROBE_QUERY = { port: '1024', state: 'x'.repeat(32) };

/** How Agnes refuses what it was sent. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 422]);

/** What the server gives for a code. */
export interface ExchangedToken {
  readonly token: string;
  readonly email: string | undefined;
  readonly expiresAt: EpochMicros | undefined;
}

/**
 * Whether the server has the sign-in with the browser, which those of before 0.55.28 don't. An answer that is plainly a
 * proxy's counts as none: pasting a token asks less of the network.
 *
 * @throws AgnesFailure what the request rejects with
 */
export async function hasBrowserSignIn(http: HttpClient, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await http.request({
      method: 'GET',
      path: START_PATH,
      query: PROBE_QUERY,
      deadlineMs: SIGN_IN_DEADLINE_MS,
      signal,
    });
    return isStartOfAgnes(answer);
  } catch (thrown) {
    // To its page for signing in.
    if (thrown instanceof AgnesFailure && thrown.reason === 'serverMoved') return true;
    throw thrown;
  }
}

/** The page, or a refusal, which is never a page. */
function isStartOfAgnes(answer: HttpAnswer): boolean {
  return answer.status === 200 || (REFUSALS.has(answer.status) && !isWebPage(answer));
}

/**
 * Exchanges the code that came with the browser for a token. It can be used once, within two minutes.
 *
 * @param request `name` is what the token is listed under in the person's profile
 * @throws AgnesFailure `signInForeign` (the server did not give this code, or it is used up), `signInUnsupported`,
 *   `serverAnswerInvalid`, and what else an answer or a request comes to; never with code or token in it
 */
export async function exchangeCode(
  http: HttpClient,
  { code, name }: { readonly code: string; readonly name: string },
  signal: AbortSignal,
): Promise<ExchangedToken> {
  const endpoint = `POST ${EXCHANGE_PATH}`;
  const answer = await http.request({
    method: 'POST',
    path: EXCHANGE_PATH,
    body: { code, name },
    deadlineMs: SIGN_IN_DEADLINE_MS,
    signal,
  });
  const value = answer.status === 200 ? readJson(answer.text) : undefined;
  if (value === undefined) throw refused(endpoint, answer);
  const { token, email, expires_at: expiresAt } = readAnswer(exchangeAnswer, value, endpoint);
  return { token, email: email ?? undefined, expiresAt: expiresAt ?? undefined };
}

/** Without the server's own text, which may repeat the code. */
function refused(endpoint: string, answer: HttpAnswer): AgnesFailure {
  const detail = `${endpoint}: HTTP ${answer.status}`;
  if (answer.status === 404) return new AgnesFailure('signInUnsupported', { detail });
  if (isAboutTheCode(answer)) return new AgnesFailure('signInForeign', { detail });
  return new AgnesFailure(mapRefusal(endpoint, answer).reason, { detail });
}

function isAboutTheCode(answer: HttpAnswer): boolean {
  return REFUSALS.has(answer.status) && readRefusal(answer).kind === 'json';
}

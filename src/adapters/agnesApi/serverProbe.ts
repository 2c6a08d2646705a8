import { is, safeParse } from 'valibot';

import { singleLine } from '../../core/displayText.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import { healthAnswer, versionAnswer } from './answerSchemas.ts';
import { mapRefusal } from './apiFailures.ts';
import type { HttpAnswer, HttpClient } from './httpClient.ts';
import { isWebPage, readJson } from './readAnswer.ts';

const PROBE_DEADLINE_MS = 20_000;
const HEALTH_PATH = '/api/health';
const VERSION_PATH = '/api/version';
const MAX_VERSION_CODE_POINTS = 60;

/** What a server tells of itself to anybody. */
export interface ProbedServer {
  /** As it names it, for people; `undefined` where it does not. */
  readonly version: string | undefined;
}

/**
 * Whether an Agnes server answers there. No token is sent.
 *
 * @throws AgnesFailure `serverNotAgnes`, `serverLoginPage`, `serverUnavailable`, `serverError`, and what a request
 *   rejects with
 */
export async function probeServer(http: HttpClient, signal: AbortSignal): Promise<ProbedServer> {
  const health = await ask(http, HEALTH_PATH, signal);
  if (!isHealthOfAgnes(health)) throw notAgnes(health);
  return { version: await readVersion(http, signal) };
}

function ask(http: HttpClient, path: string, signal: AbortSignal): Promise<HttpAnswer> {
  return http.request({ method: 'GET', path, deadlineMs: PROBE_DEADLINE_MS, signal });
}

function isHealthOfAgnes({ status, text }: HttpAnswer): boolean {
  return status === 200 && is(healthAnswer, readJson(text));
}

/** What may pass, or stands before an Agnes server, keeps its own reason. */
function notAgnes(answer: HttpAnswer): AgnesFailure {
  const failure = mapRefusal(`GET ${HEALTH_PATH}`, answer, 'serverNotAgnes');
  switch (failure.reason) {
    case 'serverLoginPage':
    case 'serverUnavailable':
    case 'serverUnreachable':
    case 'serverError':
      return failure;
    default:
      return new AgnesFailure('serverNotAgnes', { detail: failure.detail ?? '' });
  }
}

/** Shown, and nothing depends on it: a server that does not tell it is used all the same. */
async function readVersion(http: HttpClient, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await ask(http, VERSION_PATH, signal);
    if (answer.status !== 200 || isWebPage(answer)) return undefined;
    const result = safeParse(versionAnswer, readJson(answer.text));
    const version = result.success ? singleLine(result.output.version, MAX_VERSION_CODE_POINTS) : '';
    return version === '' ? undefined : version;
  } catch (thrown) {
    const failure = asFailure(thrown);
    if (failure.reason === 'cancelled') throw failure;
    return undefined;
  }
}

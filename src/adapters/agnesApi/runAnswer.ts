import { safeParse } from 'valibot';

import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { ServerRunAnswer } from '../../ports/agnesServer.ts';
import { toRunSummary } from './answerMapping.ts';
import { alreadyRunningAnswer, runAnswer } from './answerSchemas.ts';
import { mapRefusal, readRefusal } from './apiFailures.ts';
import type { HttpAnswer } from './httpClient.ts';
import { HttpFailure } from './httpFailure.ts';
import { readAnswer, readJson } from './readAnswer.ts';

const CONFLICT = 409;

/**
 * Answer to the request for a run. Cut: the server may be at work all the same.
 *
 * @throws AgnesFailure where no run has been started
 */
export function readRunAnswer(endpoint: string, answer: HttpAnswer): ServerRunAnswer {
  if (answer.status === 200) return readSummary(endpoint, answer);
  if (answer.status === CONFLICT) return readConflict(endpoint, answer);
  const failure = mapRefusal(endpoint, answer);
  if (mayBeOn(answer)) return { kind: 'cut', failure };
  throw failure;
}

/**
 * What came in place of an answer to it.
 *
 * @throws AgnesFailure where no run has been started, or nobody wants to know any more
 */
export function readRunFailure(thrown: unknown): ServerRunAnswer {
  const failure = asFailure(thrown);
  const isCut =
    failure instanceof HttpFailure &&
    failure.wasSent &&
    failure.reason !== 'cancelled' &&
    failure.reason !== 'serverMoved';
  if (!isCut) throw failure;
  return { kind: 'cut', failure };
}

/** A run has been at work after a 200, whatever its text is. */
function readSummary(endpoint: string, answer: HttpAnswer): ServerRunAnswer {
  const value = readJson(answer.text);
  if (value === undefined) return { kind: 'cut', failure: mapRefusal(endpoint, answer) };
  try {
    return { kind: 'done', summary: toRunSummary(readAnswer(runAnswer, value, endpoint)) };
  } catch (thrown) {
    return { kind: 'cut', failure: asFailure(thrown) };
  }
}

function readConflict(endpoint: string, answer: HttpAnswer): ServerRunAnswer {
  const result = safeParse(alreadyRunningAnswer, readJson(answer.text));
  if (!result.success) throw new AgnesFailure('serverError', { detail: `${endpoint}: HTTP ${CONFLICT}` });
  const { run_id: runId, started_at: startedAt } = result.output.detail;
  return { kind: 'alreadyRunning', runId, startedAt };
}

/** A proxy gave up waiting; Agnes itself answers a fault with JSON, and then no run is on. */
function mayBeOn(answer: HttpAnswer): boolean {
  const { status } = answer;
  if (status === 408 || status === 502 || status === 503 || status === 504) return true;
  const { kind } = readRefusal(answer);
  return status === 500 ? kind === 'webPage' : status > 500 && kind !== 'json';
}

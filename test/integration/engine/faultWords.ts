import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { describeFailure } from '../../../src/core/failureTexts.ts';
import type { RefreshOutcome } from '../../../src/core/refreshOutcome.ts';
import { outcomeMessage } from '../../../src/host/outcomeTexts.ts';
import type { Ending } from './faultCases.ts';

/** What a person reads of a reason: the sentence, and, for what a single table can have, the words that count it. */
const WORDS: Readonly<Record<string, readonly [sentence: string, counted?: string]>> = {
  tableNotFound: ['BigQuery has no such table.', 'missing in BigQuery'],
  accessDenied: ['You have no access to this table in BigQuery.', 'without access'],
  requestInvalid: ['BigQuery refused the request for this table.', 'refused'],
  answerInvalid: ['BigQuery’s answer for this table could not be read.', 'with an unreadable answer'],
  tableTimeout: ['BigQuery did not answer in time.', 'without an answer in time'],
  serviceUnavailable: ['BigQuery is not available at the moment.', 'while BigQuery was not available'],
  rateLimited: [
    'BigQuery asked for fewer requests; lower agnesFreshness.requestsPerSecond.',
    'for too many requests',
  ],
  settingInvalid: ['A setting is not usable.'],
  credentialsMissing: ['No Google credentials were found; sign in with gcloud or name a credentials file.'],
  credentialsRejected: ['Google did not accept the credentials; sign in again or name another file.'],
  billingProject: ['The billing project can’t be used for BigQuery with these credentials.'],
  quotaExceeded: ['The BigQuery quota is used up; try again later, or set a longer agnesFreshness.interval.'],
  networkDown: ['BigQuery could not be reached; check the network.'],
  endpointUnusable: ['The BigQuery endpoint gave no usable answer.'],
};

/** The sentence that a person is to read of a reason. */
export function sentenceOf(reason: string): string {
  return WORDS[reason]?.[0] ?? assert.fail(`no words for ${reason}`);
}

/** The words that are to count the tables that failed for a reason. */
export function countedAs(reason: string): string {
  return WORDS[reason]?.[1] ?? assert.fail(`no words to count ${reason} by`);
}

/** What one refresh came to, and the sentence on it; `undefined` where the numbers are fresh. */
export async function told(
  refresh: Promise<RefreshOutcome>,
): Promise<readonly [Ending, sentence: string | undefined]> {
  try {
    const outcome = await refresh;
    const ending = endingOf(outcome);
    assert.ok(outcome.status !== 'cancelled');
    return [ending, ending.kind === 'ok' ? undefined : outcomeMessage(outcome)];
  } catch (thrown) {
    assert.ok(thrown instanceof AgnesFailure, String(thrown));
    return [{ kind: 'ended', reason: thrown.reason }, describeFailure(thrown).message];
  }
}

/** An outcome, briefly. What is the table's own has to be stored, what is not must not be. */
export function endingOf(outcome: RefreshOutcome): Ending {
  switch (outcome.status) {
    case 'ok':
      assert.equal(outcome.stored, 'stored');
      return { kind: 'ok' };
    case 'no_data':
      assert.equal(outcome.stored, 'stored');
      return { kind: 'failed', status: 'no_data', reason: 'tableNotFound' };
    case 'error':
      assert.equal(outcome.stored, outcome.storedMessage === null ? 'notKept' : 'stored');
      return { kind: 'failed', status: 'error', reason: outcome.reason };
    case 'not_attempted':
      return { kind: 'ended', reason: outcome.reason };
    case 'cancelled':
      return assert.fail('cancelled');
  }
}

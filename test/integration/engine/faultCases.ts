import { notFound, STAND_IN_FAULTS, type StandInFault } from '../../../src/sample/standInFaults.ts';
import type { TableResource } from '../../../src/sample/tableResource.ts';
import { failed, refreshed, UNTOUCHED, type SeenRow } from './faultBench.ts';
import type { Fault } from './faultNetwork.ts';
import { PROJECT } from './localWindow.ts';

/** What a refresh of one table comes to: the outcome, or the failure that ends it. */
export type Ending =
  | { readonly kind: 'ok' }
  /** The outcome of a table's own fault, or of one that may pass and did not. */
  | { readonly kind: 'failed'; readonly status: 'no_data' | 'error'; readonly reason: string }
  /** What is wrong with the caller or the network: ends a run, and is nobody's row. */
  | { readonly kind: 'ended'; readonly reason: string };

export interface FaultCase {
  readonly name: string;
  readonly fault?: Fault;
  readonly resource?: TableResource;
  /** Table that meets it. */
  readonly table: string;
  /** The user named the endpoint; else it is Google. */
  readonly isEndpoint: boolean;
  readonly ending: Ending;
  readonly row: SeenRow;
  /** Requests for the table when each of them meets the fault. */
  readonly requests: number;
  /** When the next request is made after one that met the fault; `undefined` where none is. */
  readonly againMs: number | undefined;
}

const FAULTY = 'table_0002';
/** Registered under the physical address of another project. */
const ELSEWHERE = 'table_0005';
export const OTHER_PROJECT = 'other-project';
const ADDRESS = `${PROJECT}.dataset.${FAULTY}`;

type More = Partial<Pick<FaultCase, 'fault' | 'resource' | 'table' | 'isEndpoint'>>;

/** BigQuery says that there is no such table. */
function missing(name: string, fault: Fault, told: string, more: More = {}): FaultCase {
  const row = failed(`provider returned no data: ${told}`);
  const ending: Ending = { kind: 'failed', status: 'no_data', reason: 'tableNotFound' };
  return {
    name,
    fault,
    table: FAULTY,
    isEndpoint: false,
    ending,
    row,
    requests: 1,
    againMs: undefined,
    ...more,
  };
}

/** Wrong with this one table, for this caller. */
function ownFault(name: string, reason: string, told: string, more: More): FaultCase {
  const ending: Ending = { kind: 'failed', status: 'error', reason };
  const row = failed(`${reason}: ${told}`);
  return { name, table: FAULTY, isEndpoint: false, ending, row, requests: 1, againMs: undefined, ...more };
}

/** Wrong with whoever asks. */
function callers(name: string, fault: Fault, reason: string, more: More = {}): FaultCase {
  const ending: Ending = { kind: 'ended', reason };
  const common = { table: FAULTY, isEndpoint: false, row: UNTOUCHED, requests: 1, againMs: undefined };
  return { name, fault, ending, ...common, ...more };
}

/** May pass; where it does not within the table's 30 s, the table has failed and keeps its row. */
function passing(name: string, fault: Fault, reason: string, requests: number, againMs: number): FaultCase {
  const ending: Ending = { kind: 'failed', status: 'error', reason };
  return { name, fault, table: FAULTY, isEndpoint: false, ending, row: UNTOUCHED, requests, againMs };
}

/** Nothing of BigQuery's was reached: five in a row end a run. */
function unreached(name: string, fault: Fault): FaultCase {
  const ending: Ending = { kind: 'ended', reason: 'networkDown' };
  const common = { table: FAULTY, isEndpoint: false, row: UNTOUCHED, requests: 5 };
  return { name, fault, ending, ...common, againMs: FIRST_BACKOFF_MS };
}

/** Half of 200 ms: the tests' chance is one half each time. */
const FIRST_BACKOFF_MS = 100;
/** At 0, 0.1, 0.3, 0.7, 1.5 and 3.1 s, and then every 2.5 s until 28.1 s. */
const BACKED_OFF = 16;

function raw(httpStatus: number, body = '', headers: Record<string, string> = {}): StandInFault {
  return { kind: 'raw', httpStatus, body, headers };
}

/** A fault in Google's words with parts of them replaced. */
function like(fault: StandInFault, more: Partial<Extract<StandInFault, { kind: 'error' }>>): StandInFault {
  if (fault.kind !== 'error') throw new Error('no error of Google’s');
  return { ...fault, ...more };
}

const { accessDenied, backendError, tooManyRequests } = STAND_IN_FAULTS;

/** As many columns as BigQuery lets a table have, with names as long as it lets them be: twelve megabytes. */
const HUGE_SCHEMA = {
  fields: Array.from({ length: 10_000 }, (_, index) => ({
    name: '🐘'.repeat(295) + String(index).padStart(5, '0'),
  })),
};
export const HUGE = 'a huge schema';

/** Every fault of engine-facts ("BigQuery: faults"), and what it comes to. */
export const FAULT_CASES: readonly FaultCase[] = [
  missing(
    '404 of a table',
    notFound('Table', `${PROJECT}:dataset.${FAULTY}`),
    `BigQuery has no table ${ADDRESS}`,
  ),
  missing(
    '404 of a dataset',
    notFound('Dataset', `${PROJECT}:dataset`),
    `BigQuery has no dataset ${PROJECT}.dataset`,
  ),
  missing(
    '404 of a project that the registration names',
    notFound('Project', OTHER_PROJECT),
    `BigQuery has no project ${OTHER_PROJECT}`,
    { table: ELSEWHERE },
  ),
  callers('404 of the project that the setting names', notFound('Project', PROJECT), 'settingInvalid'),
  ownFault('400', 'requestInvalid', `BigQuery refused ${ADDRESS}: Invalid table ID.`, {
    fault: STAND_IN_FAULTS.invalid,
  }),
  ownFault('403 accessDenied', 'accessDenied', `no access to ${ADDRESS}: Access Denied.`, {
    fault: like(accessDenied, { message: 'Access Denied.' }),
  }),
  ownFault('403 forbidden', 'accessDenied', `no access to ${ADDRESS}: Forbidden.`, {
    fault: like(accessDenied, { reason: 'forbidden', message: 'Forbidden.' }),
  }),
  callers('401', STAND_IN_FAULTS.unauthorized, 'credentialsRejected'),
  callers(
    '403 insufficientPermissions',
    like(accessDenied, { reason: 'insufficientPermissions' }),
    'credentialsRejected',
  ),
  callers('403 USER_PROJECT_DENIED', STAND_IN_FAULTS.userProjectDenied, 'billingProject'),
  callers('403 SERVICE_DISABLED', STAND_IN_FAULTS.serviceDisabled, 'billingProject'),
  callers('403 quotaExceeded', STAND_IN_FAULTS.quotaExceeded, 'quotaExceeded'),
  passing('403 rateLimitExceeded', STAND_IN_FAULTS.rateLimited, 'rateLimited', BACKED_OFF, FIRST_BACKOFF_MS),
  passing('429', raw(429), 'rateLimited', BACKED_OFF, FIRST_BACKOFF_MS),
  // Every second until 4 s, then after the backoffs of 1.6 s and 2.5 s, which are longer.
  passing('429 with Retry-After: 1', tooManyRequests, 'rateLimited', 15, 1_000),
  passing('429 with Retry-After: 20', like(tooManyRequests, { retryAfter: '20' }), 'rateLimited', 2, 20_000),
  callers('429 with Retry-After: 31', like(tooManyRequests, { retryAfter: '31' }), 'rateLimited'),
  passing('500', STAND_IN_FAULTS.internalError, 'serviceUnavailable', BACKED_OFF, FIRST_BACKOFF_MS),
  passing('502 with a page', STAND_IN_FAULTS.badGateway, 'serviceUnavailable', BACKED_OFF, FIRST_BACKOFF_MS),
  passing('503', backendError, 'serviceUnavailable', BACKED_OFF, FIRST_BACKOFF_MS),
  passing('503 with Retry-After: 7', like(backendError, { retryAfter: '7' }), 'serviceUnavailable', 5, 7_000),
  callers('503 with Retry-After: 31', like(backendError, { retryAfter: '31' }), 'serviceUnavailable'),
  passing('JSON cut off', STAND_IN_FAULTS.truncated, 'serviceUnavailable', BACKED_OFF, FIRST_BACKOFF_MS),
  passing('headers that stall', STAND_IN_FAULTS.hang, 'tableTimeout', 3, 10_100),
  passing('a body that stalls', STAND_IN_FAULTS.hangInBody, 'tableTimeout', 3, 10_100),
  unreached('a reset', STAND_IN_FAULTS.reset),
  unreached('a reset in the body', STAND_IN_FAULTS.resetInBody),
  unreached('no such host', { kind: 'noSuchHost' }),
  unreached('200 with a page', STAND_IN_FAULTS.signInPage),
  unreached('200 of a wrong kind', raw(200, '{"kind":"bigquery#dataset"}')),
  unreached('400 without an error object', raw(400, '{}')),
  unreached('403 with a page', raw(403, '<html>')),
  callers('200 with a page, from an endpoint of the user’s', STAND_IN_FAULTS.signInPage, 'endpointUnusable', {
    isEndpoint: true,
  }),
  callers(
    '200 of a wrong kind, from an endpoint of the user’s',
    raw(200, '{"kind":"x"}'),
    'endpointUnusable',
    {
      isEndpoint: true,
    },
  ),
  ownFault('an answer without end', 'answerInvalid', `BigQuery's answer for ${ADDRESS}: too large`, {
    fault: STAND_IN_FAULTS.endless,
  }),
  {
    name: HUGE,
    resource: { type: 'TABLE', numRows: '42', schema: HUGE_SCHEMA },
    ...{
      table: FAULTY,
      isEndpoint: false,
      ending: { kind: 'ok' },
      row: refreshed(),
      requests: 1,
      againMs: undefined,
    },
  },
];

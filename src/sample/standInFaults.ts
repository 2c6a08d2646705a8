import type { ErrorReason } from './tableResource.ts';

/** What the stand-in does in place of giving a table. */
export type StandInFault =
  /** Google's error object. */
  | {
      readonly kind: 'error';
      readonly httpStatus: number;
      /** Of `errors[]`, such as `notFound`. */
      readonly reason: string;
      /** Canonical code, such as `NOT_FOUND`. */
      readonly status: string;
      readonly message: string;
      /** Of `ErrorInfo`, such as `USER_PROJECT_DENIED`. */
      readonly infoReason?: string;
      readonly retryAfter?: string;
    }
  /** Any answer: a page, an empty body, another status. */
  | {
      readonly kind: 'raw';
      readonly httpStatus: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection is reset. */
  | { readonly kind: 'reset' }
  /** Headers and half of a body, then the connection is reset. */
  | { readonly kind: 'resetInBody' }
  /** No answer until the client goes. */
  | { readonly kind: 'hang' }
  /** Headers and half of a body, then nothing until the client goes. */
  | { readonly kind: 'hangInBody' }
  /** A body that grows as long as the client reads. */
  | { readonly kind: 'endless' }
  /** A complete answer whose JSON ends early. */
  | { readonly kind: 'truncated' };

const PAGE =
  '<!doctype html><html><head><title>Sign in</title></head><body>Welcome to the network</body></html>';
const HTML = { 'content-type': 'text/html; charset=utf-8' };

function error(
  httpStatus: number,
  reason: string,
  status: string,
  message: string,
  more: { readonly infoReason?: string; readonly retryAfter?: string } = {},
): StandInFault {
  return { kind: 'error', httpStatus, reason, status, message, ...more };
}

/** The faults that BigQuery and the way to it are known for, in their wording. */
export const STAND_IN_FAULTS = {
  accessDenied: error(
    403,
    'accessDenied',
    'PERMISSION_DENIED',
    'Access Denied: Permission bigquery.tables.get denied on table (or it may not exist).',
  ),
  invalid: error(400, 'invalid', 'INVALID_ARGUMENT', 'Invalid table ID.'),
  unauthorized: error(
    401,
    'authError',
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token.',
  ),
  rateLimited: error(
    403,
    'rateLimitExceeded',
    'PERMISSION_DENIED',
    'Exceeded rate limits: too many api requests per user per method for this user_method.',
  ),
  tooManyRequests: error(429, 'rateLimitExceeded', 'RESOURCE_EXHAUSTED', 'Resource exhausted.', {
    retryAfter: '1',
  }),
  quotaExceeded: error(
    403,
    'quotaExceeded',
    'PERMISSION_DENIED',
    'Quota exceeded: your project exceeded quota.',
  ),
  userProjectDenied: error(
    403,
    'forbidden',
    'PERMISSION_DENIED',
    'Caller does not have required permission to use project.',
    { infoReason: 'USER_PROJECT_DENIED' },
  ),
  serviceDisabled: error(
    403,
    'accessNotConfigured',
    'PERMISSION_DENIED',
    'BigQuery API has not been used in project before or it is disabled.',
    { infoReason: 'SERVICE_DISABLED' },
  ),
  internalError: error(500, 'internalError', 'INTERNAL', 'An internal error occurred.'),
  backendError: error(
    503,
    'backendError',
    'UNAVAILABLE',
    'Error encountered during execution. Retrying may help.',
  ),
  badGateway: { kind: 'raw', httpStatus: 502, body: PAGE, headers: HTML },
  signInPage: { kind: 'raw', httpStatus: 200, body: PAGE, headers: HTML },
  reset: { kind: 'reset' },
  resetInBody: { kind: 'resetInBody' },
  hang: { kind: 'hang' },
  hangInBody: { kind: 'hangInBody' },
  truncated: { kind: 'truncated' },
  endless: { kind: 'endless' },
} satisfies Readonly<Record<string, StandInFault>>;

/** What `tables.get` says of a table, or of the whole dataset, that is not there. */
export function notFound(what: 'Table' | 'Dataset' | 'Project', name: string): StandInFault {
  return error(404, 'notFound', 'NOT_FOUND', `Not found: ${what} ${name}`);
}

/** Body of an error answer, in the shape of the service: both styles of reason. */
export function errorBody(fault: Extract<StandInFault, { kind: 'error' }>): string {
  const errors: readonly (ErrorReason & { readonly domain: string })[] = [
    { message: fault.message, domain: 'global', reason: fault.reason },
  ];
  const details =
    fault.infoReason === undefined
      ? {}
      : {
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
              reason: fault.infoReason,
              domain: 'googleapis.com',
            },
          ],
        };
  const { httpStatus: code, message, status } = fault;
  return JSON.stringify({ error: { code, message, errors, status, ...details } });
}

import type { FailureReason } from './failure.ts';

/** What only signing in anew to the Agnes server mends. */
export const SIGN_IN_FAILURES: readonly FailureReason[] = [
  'signedOut',
  'signInExpired',
  'accountDeactivated',
  'tokenWrongKind',
  'cliSignedOut',
];

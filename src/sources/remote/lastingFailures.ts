import type { FailureReason } from '../../core/failure.ts';
import { SIGN_IN_FAILURES } from '../../core/signInFailures.ts';

/**
 * What is wrong with who asks, and stays so until a person does something: asking the server again is of no use. Whatever
 * else goes wrong may be of a proxy or of a server that is being changed, and mend itself.
 */
const OF_WHO_ASKS: readonly FailureReason[] = [...SIGN_IN_FAILURES, 'serverForbidden', 'adminOnly'];

/** Whether a failure to read the server is of sign-in or right, and no waiting mends it. */
export function isOfWhoAsks(reason: FailureReason): boolean {
  return OF_WHO_ASKS.includes(reason);
}

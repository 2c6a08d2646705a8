import { formatDuration, formatInstant } from '../../core/humanize.ts';
import { MICROS_PER_SECOND, type EpochMicros } from '../../core/time.ts';
import type { ServerAccount } from '../../sources/metadataSource.ts';

/** A personal access token of the browser sign-in lives for 90 days (contract, 6.1): a week is time to sign in again. */
const SOON_SECONDS = 7n * 86_400n;

/** Whether a sign-in ends within a week. */
export function isExpiringSoon({ expiresAt }: ServerAccount, now: EpochMicros): boolean {
  return expiresAt !== undefined && expiresAt - now < SOON_SECONDS * MICROS_PER_SECOND;
}

/**
 * One sentence on when a sign-in ends; `undefined` for one without an end.
 *
 * @param server its name, for people
 */
export function expiryText(
  { expiresAt }: ServerAccount,
  now: EpochMicros,
  server: string,
): string | undefined {
  if (expiresAt === undefined) return undefined;
  const seconds = (expiresAt - now) / MICROS_PER_SECOND;
  if (seconds <= 0n) return `Your sign-in to ${server} has expired.`;
  return `Your sign-in to ${server} expires in ${formatDuration(seconds)}, on ${formatInstant(expiresAt)}.`;
}

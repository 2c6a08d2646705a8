import * as l10n from '@vscode/l10n';
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
  if (seconds <= 0n) return l10n.t('Your sign-in to {0} has expired.', server);
  const [rest, end] = [formatDuration(seconds), formatInstant(expiresAt)];
  return l10n.t('Your sign-in to {0} expires in {1}, on {2}.', server, rest, end);
}

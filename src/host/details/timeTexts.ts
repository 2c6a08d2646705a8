import * as l10n from '@vscode/l10n';
import { formatAge, formatInstant } from '../../core/humanize.ts';
import type { EpochMicros } from '../../core/time.ts';

/** What a time is told by. */
export interface TimeContext {
  readonly now: EpochMicros;
  /** `undefined` for this machine's own. */
  readonly timeZone: string | undefined;
}

/** `3 h ago (2 Jan 2026, 10:42:00 CET)`: relative and absolute. */
export function ageAndTime(at: EpochMicros, { now, timeZone }: TimeContext): string {
  return l10n.t('{0} ({1})', formatAge(at, now), formatInstant(at, timeZone));
}

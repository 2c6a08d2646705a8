import type { StorableOutcome } from '../../core/refreshOutcome.ts';

/** Characters of an outcome's column names: what it takes to keep it, but for a few hundred bytes. */
export function outcomeLength({ observation }: StorableOutcome): number {
  return observation.kind === 'ok' ? (observation.metadata.knownColumnsText?.length ?? 0) : 0;
}

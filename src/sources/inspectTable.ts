import type { TableInspection } from '../core/cachedMetadata.ts';
import { AgnesFailure, asFailure } from '../core/failure.ts';
import { resolveAddress, type TableAddress } from '../core/tableAddress.ts';
import { isEligible, type TableRegistration } from '../core/tableRegistration.ts';
import { delay } from '../engine/waiting.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { MetadataProvider, ProviderFailure } from '../ports/metadataProvider.ts';

/** Before the second attempt; half of it at least. */
const RETRY_DELAY_MS = 400;
/** The same where BigQuery asked for fewer requests, and did not say for how long. */
const RATE_LIMITED_DELAY_MS = 2_000;
/** Somebody looks at the table and waits: whoever asks for more than this is not asked again. */
const MAX_RETRY_DELAY_MS = 5_000;

export interface InspectParts {
  /** Throws an `AgnesFailure` where a setting is not usable. */
  readonly prepare: () => {
    readonly provider: MetadataProvider;
    /** Project of registrations without a physical address of their own. */
    readonly project: string | undefined;
  };
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Asks BigQuery for what is not cached of a table, once more where the first failure may pass. It has all columns, whoever
 * asks: those of a table with an access policy are for the UI to hide (decisions, "Policied rows"). Rejects with an
 * `AgnesFailure`: the reasons of a refresh of one table, `tableNotFound` where BigQuery has no such table.
 *
 * @param registration as it is shown: the shared file, which others may hold, is not opened for it
 */
export async function inspectTable(
  registration: TableRegistration,
  { prepare, clock, random }: InspectParts,
  signal: AbortSignal,
): Promise<TableInspection> {
  try {
    const { provider, project } = prepare();
    const address = addressToAsk(registration, project);
    const first = await provider.inspectTable(address, signal);
    if (first.kind === 'ok') return first.inspection;
    const delayMs = retryDelayMs(first, random);
    if (delayMs === undefined) throw failureOf(first);
    await delay(delayMs, clock, signal);
    const second = await provider.inspectTable(address, signal);
    if (second.kind === 'ok') return second.inspection;
    throw failureOf(second);
  } catch (thrown) {
    throw signal.aborted ? new AgnesFailure('cancelled') : asFailure(thrown);
  }
}

function addressToAsk(registration: TableRegistration, project: string | undefined): TableAddress {
  if (!isEligible(registration)) throw new AgnesFailure('notRefreshable', { detail: registration.id });
  const resolution = resolveAddress(registration, project);
  switch (resolution.kind) {
    case 'address':
      return resolution.address;
    case 'invalid':
      throw new AgnesFailure('invalidIdentifier');
    case 'noProject':
      throw new AgnesFailure('notConfigured');
  }
}

/** `undefined`: another attempt would come to the same, or come too early. */
function retryDelayMs(failure: ProviderFailure, random: Random): number | undefined {
  if (failure.kind !== 'transient') return undefined;
  const longestMs = failure.reason === 'rateLimited' ? RATE_LIMITED_DELAY_MS : RETRY_DELAY_MS;
  const jitteredMs = Math.floor(longestMs * (0.5 + random() / 2));
  const delayMs = Math.max(jitteredMs, failure.retryAfterMs ?? 0);
  return delayMs > MAX_RETRY_DELAY_MS ? undefined : delayMs;
}

function failureOf(failure: ProviderFailure): AgnesFailure {
  switch (failure.kind) {
    case 'callerFault':
      return failure.failure;
    case 'noData':
      return new AgnesFailure('tableNotFound', { detail: failure.message });
    case 'tableError':
    case 'transient':
      return new AgnesFailure(failure.reason, { detail: failure.message });
  }
}

import { MAX_ERROR_CODE_POINTS, truncateCodePoints } from '../../core/displayText.ts';
import { AgnesFailure, asFailure, type FailureReason } from '../../core/failure.ts';
import { storableMetadata, type Observation, type StorableMetadata } from '../../core/refreshOutcome.ts';
import { resolveAddress } from '../../core/tableAddress.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { EpochMicros } from '../../core/time.ts';
import { fetchWithRetry, type FetchParts } from './fetchWithRetry.ts';
import { INVALID_IDENTIFIER_STORED, noDataMessage, tableErrorMessage } from '../storing/storedMessages.ts';

/** Agnes tells another text than it stores (contract, 4.1). */
const INVALID_IDENTIFIER_TOLD = 'invalid identifier';

/** What looking at one table came to, before anything is stored. */
export type TableObservation =
  | {
      readonly kind: 'ok';
      readonly metadata: StorableMetadata;
      readonly toStore: Storable;
      readonly fetchMs: number;
    }
  | {
      readonly kind: 'noData';
      readonly message: string;
      readonly toStore: Storable;
      readonly fetchMs: number;
    }
  | {
      readonly kind: 'error';
      readonly reason: FailureReason;
      readonly message: string;
      /** `undefined`: not the table's own fault, so nothing of it is stored. */
      readonly toStore: Storable | undefined;
      readonly fetchMs: number | null;
    }
  /** Ends the run; nothing is stored. */
  | { readonly kind: 'callerFault'; readonly failure: AgnesFailure }
  /** Needs the configured project, which is not set. */
  | { readonly kind: 'noProject' };

export interface Storable {
  readonly observedAt: EpochMicros;
  readonly observation: Observation;
}

/** Looks at one table in BigQuery. Rejects only when the signal is aborted. */
export async function observeTable(
  registration: TableRegistration,
  project: string | undefined,
  parts: FetchParts,
  signal: AbortSignal,
): Promise<TableObservation> {
  const resolution = resolveAddress(registration, project);
  if (resolution.kind === 'noProject') return { kind: 'noProject' };
  if (resolution.kind === 'invalid') {
    return {
      kind: 'error',
      reason: 'invalidIdentifier',
      message: INVALID_IDENTIFIER_TOLD,
      toStore: failed(INVALID_IDENTIFIER_STORED, parts.clock.now()),
      fetchMs: null,
    };
  }
  const startedMs = parts.clock.monotonicMs();
  const startedAt = parts.clock.now();
  const elapsedMs = (): number => Math.trunc(parts.clock.monotonicMs() - startedMs);
  try {
    const { answer, observedAt } = await fetchWithRetry(resolution.address, parts, signal);
    const fetchMs = elapsedMs();
    switch (answer.kind) {
      case 'ok': {
        const metadata = storableMetadata(answer.metadata);
        return {
          kind: 'ok',
          metadata,
          toStore: { observedAt, observation: { kind: 'ok', metadata } },
          fetchMs,
        };
      }
      case 'noData':
        return {
          kind: 'noData',
          message: answer.message,
          toStore: failed(noDataMessage(answer.message), observedAt),
          fetchMs,
        };
      case 'tableError':
        return {
          kind: 'error',
          reason: answer.reason,
          message: answer.message,
          toStore: failed(tableErrorMessage(answer.reason, answer.message), observedAt),
          fetchMs,
        };
      case 'transient':
        return { kind: 'error', reason: answer.reason, message: answer.message, toStore: undefined, fetchMs };
      case 'callerFault':
        return { kind: 'callerFault', failure: answer.failure };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AgnesFailure) return { kind: 'callerFault', failure: error };
    // A defect of the provider: one table's error, as in Agnes, never the end of a run.
    const message = error instanceof Error ? `${error.name}: ${error.message}` : asFailure(error).message;
    return {
      kind: 'error',
      reason: 'unexpected',
      message,
      toStore: failed(message, startedAt),
      fetchMs: elapsedMs(),
    };
  }
}

function failed(message: string, observedAt: EpochMicros): Storable {
  const stored = truncateCodePoints(message, MAX_ERROR_CODE_POINTS);
  return { observedAt, observation: { kind: 'failed', message: stored } };
}

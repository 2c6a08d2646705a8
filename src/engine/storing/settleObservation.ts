import type {
  RefreshedMetadata,
  RefreshOutcome,
  RefreshTiming,
  StorableMetadata,
  StorableOutcome,
  StoredState,
  StoreResult,
} from '../../core/refreshOutcome.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Storable, TableObservation } from '../asking/observeTable.ts';

/** Hands one outcome to the store; `notStored` where the file could not be written. */
export type StoreOutcome = (outcome: StorableOutcome) => Promise<StoreResult | 'notStored'>;

/** Stores what was observed, where it is the table's own, and says what the refresh of the table came to. */
export async function settleObservation(
  registration: TableRegistration,
  observed: Exclude<TableObservation, { kind: 'callerFault' }>,
  startedMs: number,
  clock: Clock,
  store: StoreOutcome,
): Promise<RefreshOutcome> {
  const tableId = registration.id;
  if (observed.kind === 'noProject') return { tableId, status: 'not_attempted', reason: 'notConfigured' };
  const stored: StoredState =
    observed.toStore === undefined
      ? 'notKept'
      : await store(toStorableOutcome(registration, observed.toStore));
  const timing: RefreshTiming = {
    fetchMs: observed.fetchMs,
    totalMs: Math.trunc(clock.monotonicMs() - startedMs),
  };
  const observedAt = observed.toStore?.observedAt ?? clock.now();
  const common = { tableId, stored, observedAt, ...timing };
  switch (observed.kind) {
    case 'ok':
      return { ...common, status: 'ok', metadata: withoutColumns(observed.metadata) };
    case 'noData':
      return {
        ...common,
        status: 'no_data',
        message: observed.message,
        storedMessage: storedText(observed.toStore),
      };
    case 'error':
      return {
        ...common,
        status: 'error',
        reason: observed.reason,
        message: observed.message,
        storedMessage: storedText(observed.toStore),
      };
  }
}

function withoutColumns(metadata: StorableMetadata): RefreshedMetadata {
  const { rows, sizeBytes, partitionBy, clusteredBy, entityType } = metadata;
  return { rows, sizeBytes, partitionBy, clusteredBy, entityType };
}

function storedText(toStore: Storable | undefined): string | null {
  return toStore?.observation.kind === 'failed' ? toStore.observation.message : null;
}

function toStorableOutcome(registration: TableRegistration, toStore: Storable): StorableOutcome {
  const { id, bucket, sourceTable, bqFqn } = registration;
  return { tableId: id, ...toStore, registeredAs: { bucket, sourceTable, bqFqn } };
}

import type {
  RefreshedMetadata,
  RefreshOutcome,
  RefreshTiming,
  RegisteredAs,
  StorableMetadata,
  StorableOutcome,
  StoreAttempt,
  StoredState,
} from '../../core/refreshOutcome.ts';
import type { TableRegistration } from '../../core/tableRegistration.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Storable, TableObservation } from '../asking/observeTable.ts';

/** Hands one outcome to the store. */
export type StoreOutcome = (outcome: StorableOutcome) => Promise<StoreAttempt>;

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
  const attempt =
    observed.toStore === undefined
      ? undefined
      : await store(toStorableOutcome(registration, observed.toStore));
  const stored: StoredState = attempt?.result ?? 'notKept';
  const change = attempt?.change;
  const timing: RefreshTiming = {
    fetchMs: observed.fetchMs,
    totalMs: Math.trunc(clock.monotonicMs() - startedMs),
  };
  const observedAt = observed.toStore?.observedAt ?? clock.now();
  const common = { tableId, stored, observedAt, ...timing };
  switch (observed.kind) {
    case 'ok':
      return {
        ...common,
        status: 'ok',
        metadata: withoutColumns(observed.metadata),
        registeredAs: registeredAs(registration),
        ...(change === undefined ? {} : { change }),
      };
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

/** What is told of what is stored. */
export function withoutColumns(metadata: StorableMetadata): RefreshedMetadata {
  const { rows, sizeBytes, partitionBy, clusteredBy, entityType, lastModified } = metadata;
  return { rows, sizeBytes, partitionBy, clusteredBy, entityType, lastModified };
}

function storedText(toStore: Storable | undefined): string | null {
  return toStore?.observation.kind === 'failed' ? toStore.observation.message : null;
}

function toStorableOutcome(registration: TableRegistration, toStore: Storable): StorableOutcome {
  return { tableId: registration.id, ...toStore, registeredAs: registeredAs(registration) };
}

function registeredAs({ bucket, sourceTable, bqFqn }: TableRegistration): RegisteredAs {
  return { bucket, sourceTable, bqFqn };
}

import { AgnesFailure, asFailure } from '../core/failure.ts';
import { lastLookAt } from '../core/freshness.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import { isEligible } from '../core/tableRegistration.ts';
import type { EpochMicros } from '../core/time.ts';
import type { CatalogRow } from '../ports/tableStore.ts';
import type { EngineParts } from './engineParts.ts';
import type { FlightWatch } from './flight/flightWatch.ts';
import type { LateOutcomes } from './storing/lateOutcomes.ts';
import { NetworkBreaker } from './asking/networkBreaker.ts';
import { observeUnder } from './asking/observeUnder.ts';
import { outcomeOfOthers } from './storing/outcomeOfOthers.ts';
import type { RequestLimiter } from './asking/requestLimiter.ts';
import { RunAnnouncer } from './flight/runAnnouncer.ts';
import { newRunId } from './runIds.ts';
import { logOutcome } from './runLog.ts';
import { settleObservation, type StoreOutcome } from './storing/settleObservation.ts';
import type { SingleFlight } from './flight/singleFlight.ts';
import { waitForFlight } from './flight/waitForFlight.ts';
import type { WriteRight } from './flight/writeRight.ts';

/** What a single refresh waits for: a run, another short flight, or nothing any more. */
export type WaitingFor = 'run' | 'other' | 'nothing';

export interface RefreshOneTableParts extends EngineParts {
  readonly flight: SingleFlight;
  readonly watch: FlightWatch;
  readonly limiter: RequestLimiter;
  readonly late: LateOutcomes;
  readonly onWaiting: (what: WaitingFor) => void;
}

/**
 * Refreshes one table under single flight. What somebody else stored of it while this waited is its outcome, without a
 * request. Rejects with an `AgnesFailure`.
 */
export async function refreshOneTable(
  tableId: string,
  signal: AbortSignal,
  parts: RefreshOneTableParts,
): Promise<RefreshOutcome> {
  const { clock, flight, onWaiting } = parts;
  const startedMs = clock.monotonicMs();
  /** Last look at the table when the waiting began; `undefined` when nobody was waited for. */
  let seen: EpochMicros | undefined;
  const wait = async (what: WaitingFor): Promise<void> => {
    // First: who is told of the waiting may let the others go on at once.
    seen ??= await lookOf(tableId, signal, parts);
    onWaiting(what);
  };
  if (flight.isBusy) await wait('other');
  const right = await waitForFlight(flight, signal, async ({ announcement }) => {
    await wait(announcement?.kind === 'run' ? 'run' : 'other');
    return false;
  });
  if (right === undefined) throw new AgnesFailure('cancelled');
  if (seen !== undefined) onWaiting('nothing');
  try {
    return await refreshUnder(right, { tableId, startedMs, seen }, signal, parts);
  } finally {
    await right.release();
  }
}

/** Where the file can't be read now, only what is observed from now on counts as later. */
async function lookOf(
  tableId: string,
  signal: AbortSignal,
  { store, clock }: RefreshOneTableParts,
): Promise<EpochMicros> {
  try {
    const { row } = await store.readTable(tableId, signal);
    return lastLookAt(row?.cached ?? null);
  } catch {
    return clock.now();
  }
}

interface Asked {
  readonly tableId: string;
  readonly startedMs: number;
  readonly seen: EpochMicros | undefined;
}

async function refreshUnder(
  right: WriteRight,
  { tableId, startedMs, seen }: Asked,
  signal: AbortSignal,
  parts: RefreshOneTableParts,
): Promise<RefreshOutcome> {
  const { clock, log, events, board, watch } = parts;
  const row = await findRow(tableId, signal, parts);
  const flightId = newRunId(parts.random);
  const startedAt = clock.now();
  const over = watch.own(flightId);
  const announcer = new RunAnnouncer(board, clock, right, () => ({
    kind: 'table',
    runId: flightId,
    startedAt,
    trigger: 'command',
    coversAll: false,
    window: parts.window,
    done: 0,
    total: 1,
    tableIds: [tableId],
    pid: right.pid,
  }));
  await announcer.begin();
  events.fire({ kind: 'tableStarted', tableId });
  let outcome: RefreshOutcome = { tableId, status: 'cancelled' };
  try {
    if (seen !== undefined && row.cached !== null && lastLookAt(row.cached) > seen) {
      outcome = outcomeOfOthers(tableId, row.cached, Math.trunc(clock.monotonicMs() - startedMs));
      return outcome;
    }
    const asked = await askAndStore(right, row, startedMs, signal, parts);
    outcome = asked.outcome;
    if (asked.failure !== undefined) throw asked.failure;
    return outcome;
  } catch (error) {
    const failure = asFailure(error);
    if (!signal.aborted && outcome.status === 'cancelled') {
      outcome = { tableId, status: 'not_attempted', reason: failure.reason };
    }
    throw failure;
  } finally {
    logOutcome(log, null, outcome);
    events.fire({ kind: 'tableSettled', outcome });
    await announcer.end();
    over();
  }
}

async function findRow(
  tableId: string,
  signal: AbortSignal,
  { store }: RefreshOneTableParts,
): Promise<CatalogRow> {
  const { row, writeObstacle } = await store.readTable(tableId, signal);
  if (writeObstacle !== undefined) throw writeObstacle;
  if (row === null) throw new AgnesFailure('unknownTable', { detail: tableId });
  if (!isEligible(row.registration)) throw new AgnesFailure('notRefreshable', { detail: tableId });
  return row;
}

/** @returns the outcome, and beside it why it could not be stored */
async function askAndStore(
  right: WriteRight,
  { registration }: CatalogRow,
  startedMs: number,
  signal: AbortSignal,
  parts: RefreshOneTableParts,
): Promise<{ readonly outcome: RefreshOutcome; readonly failure: AgnesFailure | undefined }> {
  const { limiter, clock, prepare, store, late } = parts;
  const { project, provider, limits } = prepare();
  limiter.configure(limits);
  const slot = await limiter.takeSlot(signal);
  const observation = await observeUnder(
    right,
    registration,
    project,
    { ...parts, provider, breaker: new NetworkBreaker() },
    signal,
  ).finally(() => slot.dispose());
  if (observation.kind === 'callerFault') throw observation.failure;
  if (observation.kind === 'noProject') throw new AgnesFailure('notConfigured');
  let failure: AgnesFailure | undefined;
  const storeOne: StoreOutcome = async (storable) => {
    try {
      const answers = await right.write((underLock) => store.storeOutcomes([storable], { underLock }));
      return answers[0] ?? { result: 'notStored' };
    } catch (error) {
      failure = asFailure(error);
      if (failure.reason === 'fileBusy') late.keep([storable], null);
      return { result: 'notStored' };
    }
  };
  const outcome = await settleObservation(registration, observation, startedMs, clock, storeOne);
  return { outcome, failure };
}

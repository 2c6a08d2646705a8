import type { Emitter } from '../../core/emitter.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { EpochMicros } from '../../core/time.ts';
import { MAX_WAITING_SINGLES } from '../../engine/refreshEngine.ts';
import type { WaitingFor } from '../../engine/refreshOneTable.ts';
import { logOutcome } from '../../engine/runLog.ts';
import { SingleRefresh } from '../../engine/singleRefresh.ts';
import type { AgnesServer } from '../../ports/agnesServer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { SourceTableEvent } from '../metadataSource.ts';
import type { ShownTable } from './joinAnswers.ts';
import { outcomeOfAnswer } from './serverOutcomes.ts';

/** Told what a single refresh waits for. */
export type OnWaiting = (what: WaitingFor) => void;

export interface TableRefreshesParts {
  readonly server: Pick<AgnesServer, 'refreshTable'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Emitter<SourceTableEvent>;
  readonly serverNow: () => EpochMicros;
  /** As it was read last; `undefined` for a table that this user does not see. */
  readonly shown: (tableId: string) => ShownTable | undefined;
  /** The server said that this user does not administer it. */
  readonly isReadOnly: () => boolean;
  /** It just said so. */
  readonly onRefused: () => void;
  /** A table has its answer, and the server's row of it is another one now. */
  readonly onSettled: () => void;
  /** Waits for a run of the server that is on, and tells what became of the table in it. */
  readonly byRun: (
    tableId: string,
    signal: AbortSignal,
    onWaiting: OnWaiting,
  ) => Promise<RefreshOutcome | undefined>;
}

/**
 * Refreshes tables one by one. Who asks for a table that somebody asked for already shares that one's answer. What only the
 * status tells of a change is found by the reading that follows, or at the end of the run.
 */
export class TableRefreshes {
  readonly #parts: TableRefreshesParts;
  /** The latest of each table. */
  readonly #latest = new Map<string, SingleRefresh>();
  /** All that have not settled, with those that were given up and started anew. */
  readonly #underWay = new Set<SingleRefresh>();

  constructor(parts: TableRefreshesParts) {
    this.#parts = parts;
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  /** Refreshes one table. Rejects with an `AgnesFailure`, `cancelled` among them. */
  async refresh(tableId: string, signal: AbortSignal, onWaiting: OnWaiting): Promise<RefreshOutcome> {
    if (this.#underWay.size >= MAX_WAITING_SINGLES && !this.#isShared(tableId)) {
      const detail = `more than ${MAX_WAITING_SINGLES} single refreshes wait`;
      throw new AgnesFailure('unexpected', { detail });
    }
    return this.#share(tableId, signal, onWaiting);
  }

  /** As `refresh`, for a run: it takes its turn by itself, and is never one too many. */
  refreshInRun(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    return this.#share(tableId, signal, () => undefined);
  }

  cancel(): void {
    for (const single of this.#underWay) single.cancel();
  }

  /** Resolves when what is under way has settled; never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled(Array.from(this.#underWay, ({ outcome }) => outcome));
  }

  #isShared(tableId: string): boolean {
    return this.#latest.get(tableId)?.isCancelled === false;
  }

  #share(tableId: string, signal: AbortSignal, onWaiting: OnWaiting): Promise<RefreshOutcome> {
    const latest = this.#latest.get(tableId);
    if (latest?.isCancelled === false) return latest.join(signal);
    const single = new SingleRefresh((abort) => this.#refresh(tableId, abort, onWaiting));
    this.#latest.set(tableId, single);
    this.#underWay.add(single);
    const forget = (): void => {
      this.#underWay.delete(single);
      if (this.#latest.get(tableId) === single) this.#latest.delete(tableId);
    };
    single.outcome.then(forget, forget);
    return single.join(signal);
  }

  async #refresh(tableId: string, signal: AbortSignal, onWaiting: OnWaiting): Promise<RefreshOutcome> {
    const { log, byRun, isReadOnly } = this.#parts;
    try {
      const outcome = await byRun(tableId, signal, onWaiting);
      if (outcome !== undefined) return outcome;
      if (isReadOnly()) throw new AgnesFailure('adminOnly');
      return await this.#ask(tableId, signal);
    } catch (error) {
      const failure = signal.aborted ? new AgnesFailure('cancelled') : asFailure(error);
      if (failure.reason !== 'cancelled') log.warn(`the table could not be refreshed: ${failure.message}`);
      throw failure;
    }
  }

  async #ask(tableId: string, signal: AbortSignal): Promise<RefreshOutcome> {
    const { server, clock, log, events, serverNow, shown, onRefused, onSettled } = this.#parts;
    const startedMs = clock.monotonicMs();
    // The earliest that the server can have looked: what is shown is never newer than the truth.
    const observedAt = serverNow();
    // Not what a reading shows meanwhile, which may have seen the refresh.
    const before = shown(tableId);
    events.fire({ kind: 'tableStarted', tableId });
    try {
      const answer = await server.refreshTable(tableId, signal);
      const askedAt = { observedAt, elapsedMs: clock.monotonicMs() - startedMs };
      const outcome = outcomeOfAnswer(tableId, answer, askedAt, before);
      logOutcome(log, null, outcome);
      events.fire({ kind: 'tableSettled', outcome });
      onSettled();
      return outcome;
    } catch (error) {
      events.fire({ kind: 'tableLeft', tableId });
      if (asFailure(error).reason === 'adminOnly') onRefused();
      throw error;
    }
  }
}

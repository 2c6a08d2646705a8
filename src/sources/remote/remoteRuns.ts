import type { Disposable } from '../../core/disposable.ts';
import { Emitter } from '../../core/emitter.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import { LinkedAbort } from '../../core/linkedAbort.ts';
import type { RefreshOutcome } from '../../core/refreshOutcome.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { IsStillDue, StartedRun } from '../../engine/refreshEngine.ts';
import type { RunOptions } from '../../engine/refreshRun.ts';
import { newRunId } from '../../engine/runIds.ts';
import { delay, untilAborted } from '../../engine/waiting.ts';
import type { WatchedRun } from '../../engine/watchedRun.ts';
import type { AgnesServer, ServerRunAnswer } from '../../ports/agnesServer.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { ShownTables } from './joinAnswers.ts';
import { ServerRun, type ServerRunParts } from './serverRun.ts';
import { SinglesRun } from './singlesRun.ts';
import type { OnWaiting, TableRefreshes } from './tableRefreshes.ts';

/** A run that the server refuses, or that is on already, is answered within this; one that begins is answered at its end. */
export const FIRST_MOMENT_MS = 1_000;

export interface RemoteRunsParts extends ServerRunParts {
  readonly server: AgnesServer;
  readonly random: Random;
  readonly refreshes: TableRefreshes;
  /** What this user sees, as it was read last. */
  readonly tables: (signal: AbortSignal) => Promise<ShownTables>;
  /** The server said that this user does not administer it. */
  readonly isReadOnly: () => boolean;
  /** It just said so. */
  readonly onRefused: () => void;
  /** The timer may start runs here. */
  readonly mayStartDueRuns: () => boolean;
}

/** The runs of one source, one at a time: all tables on the server, or some of them one by one from here. */
export class RemoteRuns implements Disposable {
  readonly #parts: RemoteRunsParts;
  readonly #started = new Emitter<WatchedRun>();
  readonly onStarted = this.#started.event;
  #current: ServerRun | SinglesRun | undefined;
  #starting: Promise<StartedRun | undefined> | undefined;
  #startAbort = new AbortController();
  #lastTakenAt: EpochMicros | undefined;
  #disposed = false;

  constructor(parts: RemoteRunsParts) {
    this.#parts = parts;
  }

  get current(): WatchedRun | undefined {
    return this.#current;
  }

  /**
   * When the last run of all tables that this window asked for was over here, by this machine's clock; `undefined` before
   * there was one. Also where nobody knows what came of it: asking for the next at once would have the server at work all
   * the time.
   */
  get lastTakenAt(): EpochMicros | undefined {
    return this.#lastTakenAt;
  }

  /** Starts a run, or joins the one that is on. Rejects with an `AgnesFailure`. */
  async start(options: RunOptions): Promise<StartedRun> {
    for (;;) {
      this.#throwIfRefused();
      if (this.#current !== undefined) return { run: this.#current, joined: true };
      const joins = this.#starting !== undefined;
      const started = await (this.#starting ?? this.#start(options));
      // The one that was starting found that it is not due; this one is wanted all the same.
      if (started !== undefined) return joins ? { ...started, joined: true } : started;
    }
  }

  /** Starts the timer's run; `undefined` where it may not, is not due, or where anything else is at work. */
  async startDue(isStillDue: IsStillDue): Promise<WatchedRun | undefined> {
    if (this.#starting !== undefined || !this.#isFree()) return undefined;
    const started = await this.#start({ trigger: 'timer' }, async () => {
      return (await isStillDue()) && this.#isFree();
    });
    return started?.joined === false ? started.run : undefined;
  }

  /**
   * Waits while a run of the server is on, or about to be.
   *
   * @returns what became of the table in it; `undefined` where that is not known, or no run was on
   */
  async outcomeByRun(
    tableId: string,
    signal: AbortSignal,
    onWaiting: OnWaiting,
  ): Promise<RefreshOutcome | undefined> {
    const wait = async (what: Promise<unknown>): Promise<void> => {
      onWaiting('run');
      await untilAborted(Promise.allSettled([what]), signal);
    };
    const starting = this.#starting;
    if (starting !== undefined) await wait(starting);
    const run = this.#current;
    if (run instanceof ServerRun) {
      await wait(run.result);
      const outcome = await untilAborted(run.finalOutcomeOf(tableId), signal);
      if (outcome !== undefined) return outcome;
    }
    if (starting !== undefined || run instanceof ServerRun) onWaiting('nothing');
    return undefined;
  }

  cancel(): void {
    this.#startAbort.abort(new AgnesFailure('cancelled'));
    this.#startAbort = new AbortController();
    this.#current?.cancel();
  }

  /** Resolves when no run is on; never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#starting]);
    await Promise.allSettled([this.#current?.result]);
  }

  #isFree(): boolean {
    return this.#current === undefined && !this.#parts.refreshes.isBusy && this.#parts.mayStartDueRuns();
  }

  #start(options: RunOptions, isDue?: IsStillDue): Promise<StartedRun | undefined> {
    const starting = this.#startNow(options, isDue).finally(() => {
      this.#starting = undefined;
    });
    this.#starting = starting;
    return starting;
  }

  async #startNow(options: RunOptions, isDue?: IsStillDue): Promise<StartedRun | undefined> {
    const abort = this.#startAbort;
    const { signal } = abort;
    try {
      if (isDue !== undefined && !(await isDue())) return undefined;
      signal.throwIfAborted();
      const tables = await this.#parts.tables(signal);
      this.#throwIfRefused(); // what the server allows may have been read only now
      const { trigger, selection } = options;
      if (selection === undefined) return await this.#askServer(options, tables, abort);
      const chosen = [...tables.values()].filter(({ row }) => selection(row));
      const tableIds = chosen.map(({ row }) => row.registration.id);
      const asked = { trigger, tableIds, tables };
      return this.#begin(new SinglesRun(this.#parts, newRunId(this.#parts.random), asked));
    } catch (error) {
      throw this.#told(error, signal);
    }
  }

  async #askServer(
    { trigger }: RunOptions,
    tables: ShownTables,
    abort: AbortController,
  ): Promise<StartedRun> {
    const { server, clock, random } = this.#parts;
    const { signal } = abort;
    const baseline = await server.status(signal);
    const startedMs = clock.monotonicMs();
    const answer = server.refreshAll(signal);
    const first = await firstAnswer(answer, clock, signal);
    signal.throwIfAborted();
    const joined = first?.kind === 'alreadyRunning' ? first : undefined;
    const ownId = newRunId(random);
    const asked = { trigger, tables, baseline, startedMs, ownId, answer, abort, joined };
    // It hangs on the run from now on.
    this.#startAbort = new AbortController();
    return this.#begin(new ServerRun(this.#parts, asked), joined !== undefined);
  }

  #begin(run: ServerRun | SinglesRun, joined = false): StartedRun {
    this.#current = run;
    void run.result.then(({ failure }) => {
      this.#current = undefined;
      if (run instanceof ServerRun && run.wasTaken) this.#lastTakenAt = this.#parts.clock.now();
      if (failure?.reason === 'adminOnly') this.#parts.onRefused();
    });
    this.#started.fire(run);
    return { run, joined };
  }

  /** The failure to throw; whatever is not a cancellation stands in the log, which messages refer to. */
  #told(error: unknown, signal: AbortSignal): AgnesFailure {
    if (signal.aborted) return new AgnesFailure('cancelled');
    const failure = asFailure(error);
    this.#parts.log.warn(`the refresh could not begin: ${failure.message}`);
    if (failure.reason === 'adminOnly') this.#parts.onRefused();
    return failure;
  }

  #throwIfRefused(): void {
    if (this.#disposed) throw new AgnesFailure('cancelled');
    if (this.#parts.isReadOnly()) throw new AgnesFailure('adminOnly');
  }

  /** Nothing starts afterwards; what is on is watched no more. */
  dispose(): void {
    this.#disposed = true;
    this.cancel();
    this.#started.dispose();
  }
}

/** @returns the answer if it comes at once; rejects where no run was begun */
async function firstAnswer(
  answer: Promise<ServerRunAnswer>,
  clock: Clock,
  signal: AbortSignal,
): Promise<ServerRunAnswer | undefined> {
  const patience = new LinkedAbort(signal);
  try {
    const elapsed = delay(FIRST_MOMENT_MS, clock, patience.signal).then(() => undefined);
    return await Promise.race([answer, elapsed]);
  } finally {
    patience.abort();
    patience.dispose();
  }
}

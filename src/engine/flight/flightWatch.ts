import type { Disposable } from '../../core/disposable.ts';
import type { Emitter } from '../../core/emitter.ts';
import { AgnesFailure } from '../../core/failure.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { Announcement, RunBoard } from '../../ports/runBoard.ts';
import type { RunRecords } from '../../ports/runRecords.ts';
import type { TableEvent } from '../engineParts.ts';
import { JoinedRun } from './joinedRun.ts';

/** While another window is at work: no file changes when a process dies, so it is looked at. */
const POLL_MS = 500;

export interface FlightWatchParts {
  readonly board: RunBoard;
  readonly records: RunRecords;
  readonly clock: Clock;
  readonly events: Emitter<TableEvent>;
  /** Another window has begun a run. */
  readonly onRun: (run: JoinedRun) => void;
}

/**
 * Sees what other windows do with the same shared file: their runs become `JoinedRun`s, their tables spin. It never probes
 * the lock (decisions, "Single flight"): it goes by the announcement, and by whether the process behind it is there.
 */
export class FlightWatch implements Disposable {
  readonly #parts: FlightWatchParts;
  readonly #subscription: Disposable;
  /** Flights of this window, which are no news to it. */
  readonly #own = new Set<string>();
  readonly #spinning = new Set<string>();
  readonly #waiting = new Map<() => void, string>();
  #announced: Announcement | undefined;
  #run: JoinedRun | undefined;
  /** Counts looks. */
  #looks = 0;
  /** The latest look that was followed: one that began before it and comes after it tells of an earlier time. */
  #followed = 0;
  #cancelPoll: CancelTimer | undefined;
  #disposed = false;

  constructor(parts: FlightWatchParts) {
    this.#parts = parts;
    this.#subscription = parts.board.watch(() => void this.look());
    void this.look();
  }

  /** The run of another window that is on. */
  get run(): JoinedRun | undefined {
    return this.#run;
  }

  /** Tables that another window refreshes at this moment. */
  get tables(): Iterable<string> {
    return this.#spinning;
  }

  /** A flight of this window begins; the returned function says that it is over. */
  own(runId: string): () => void {
    this.#own.add(runId);
    return () => this.#own.delete(runId);
  }

  /** Looks now. @returns what another window does, or `undefined` */
  async look(): Promise<Announcement | undefined> {
    this.#looks += 1;
    const look = this.#looks;
    const found = await this.#parts.board.read();
    const foreign = found === undefined || this.#own.has(found.runId) ? undefined : found;
    if (look > this.#followed && !this.#disposed) {
      this.#followed = look;
      this.#follow(foreign);
    }
    return this.#disposed ? undefined : foreign;
  }

  /** Waits until another window's flight is over. Rejects with the signal's reason when it is aborted. */
  untilEnded(runId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const finish = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(finish);
        reject(signal.reason as Error);
      };
      if (this.#disposed) reject(new AgnesFailure('cancelled'));
      else if (this.#announced?.runId !== runId) resolve();
      else {
        signal.addEventListener('abort', onAbort, { once: true });
        this.#waiting.set(finish, runId);
      }
    });
  }

  #follow(foreign: Announcement | undefined): void {
    this.#announced = foreign;
    this.#spin(foreign?.tableIds ?? []);
    if (this.#run !== undefined && this.#run.runId !== foreign?.runId) void this.#end(this.#run);
    if (foreign?.kind === 'run') {
      if (this.#run === undefined) {
        this.#run = new JoinedRun(foreign);
        this.#parts.onRun(this.#run);
      } else this.#run.update(foreign);
    }
    for (const [finish, runId] of this.#waiting) {
      if (runId === foreign?.runId) continue;
      this.#waiting.delete(finish);
      finish();
    }
    this.#cancelPoll?.();
    this.#cancelPoll =
      foreign === undefined ? undefined : this.#parts.clock.after(POLL_MS, () => void this.look());
  }

  #spin(tableIds: readonly string[]): void {
    const now = new Set(tableIds);
    for (const tableId of now) {
      if (this.#spinning.has(tableId)) continue;
      this.#spinning.add(tableId);
      this.#parts.events.fire({ kind: 'tableStarted', tableId });
    }
    for (const tableId of this.#spinning) {
      if (now.has(tableId)) continue;
      this.#spinning.delete(tableId);
      this.#parts.events.fire({ kind: 'tableLeft', tableId });
    }
  }

  async #end(run: JoinedRun): Promise<void> {
    this.#run = undefined;
    const records = await this.#parts.records.read();
    const record = records.findLast(({ summary }) => summary.runId === run.runId);
    run.end(record, 'flightVanished');
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelPoll?.();
    this.#subscription.dispose();
    this.#run?.end(undefined, 'cancelled');
    this.#run = undefined;
    for (const finish of this.#waiting.keys()) finish();
    this.#waiting.clear();
  }
}

import type { Disposable } from '../core/disposable.ts';
import { MICROS_PER_MS, MICROS_PER_SECOND, type EpochMicros } from '../core/time.ts';
import type { CancelTimer, Clock, Random } from '../ports/clock.ts';

/** Agnes's scheduler runs nothing more often than this either (contract, 4.8). */
const MIN_INTERVAL_SECONDS = 60n;
/** Windows that open together start apart by up to this much, or a tenth of a short interval. */
const MAX_START_OFFSET_MS = 120_000;
const FIRST_BACKOFF_MS = 60_000;
/**
 * The longest single wait: a laptop's sleep stops monotonic timers, so the wall clock is asked again and again; a wait
 * is also well below the 24.8 days at which `setTimeout` overflows.
 */
const MAX_WAIT_MS = 60_000;

/** `pointless`: what was wrong is not mended by trying again soon; the next try is an interval away. */
export type TimedRunResult = 'completed' | 'failed' | 'pointless' | 'skipped';

export interface RefreshTimerParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Switched on, and there is something to refresh. Asked at each tick. */
  readonly enabled: () => boolean;
  readonly intervalSeconds: () => bigint;
  /** End of the last completed run on this source, in any window. */
  readonly lastCompletedAt: () => Promise<EpochMicros | undefined>;
  /**
   * Runs quietly; `skipped` when something is at work already, or when `isStillDue` says no once the run could begin: then
   * another window has just done it. Never rejects.
   */
  readonly run: (isStillDue: () => Promise<boolean>) => Promise<TimedRunResult>;
  /** The time of the next run changed. */
  readonly onChange: () => void;
}

/**
 * The background timer of one source: due when the last completed run is older than the interval, not before a random
 * start offset, and after a failure with growing distance, at most the interval.
 */
export class RefreshTimer implements Disposable {
  readonly #parts: RefreshTimerParts;
  readonly #notBefore: EpochMicros;
  #failures = 0;
  #retryAt: EpochMicros | undefined;
  #nextRunAt: EpochMicros | undefined;
  #cancelWait: CancelTimer | undefined;
  #isRunning = false;
  #disposed = false;

  constructor(parts: RefreshTimerParts) {
    this.#parts = parts;
    const offsetMs = parts.random() * Math.min(MAX_START_OFFSET_MS, this.#intervalMs() / 10);
    this.#notBefore = parts.clock.now() + msToMicros(offsetMs);
  }

  /** When the next run is due; `undefined` while switched off or not known yet. */
  get nextRunAt(): EpochMicros | undefined {
    return this.#nextRunAt;
  }

  /** Looks whether a run is due, runs it, and plans the next look. */
  async check(): Promise<void> {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (this.#isBusyOrDone()) return;
    if (!this.#parts.enabled()) {
      // Nobody tells when a file that was read only is so no longer: looked at again later.
      this.#plan(undefined);
      this.#waitMs(MAX_WAIT_MS);
      return;
    }
    const dueAt = await this.#planned();
    if (this.#isBusyOrDone()) return;
    if (dueAt > this.#parts.clock.now()) this.#wait(dueAt);
    else await this.#run();
  }

  /** A setting changed: what was pointless before may work now. */
  reconsider(): void {
    this.#retryAt = undefined;
    this.#failures = 0;
    void this.check();
  }

  async #dueAt(): Promise<EpochMicros> {
    const now = this.#parts.clock.now();
    const interval = this.#intervalSeconds() * MICROS_PER_SECOND;
    const last = await this.#parts.lastCompletedAt();
    // Each of these is an instant of a clock that may have been wrong, or was set back since: one that lies further ahead
    // than it can is passed over, or the timer would wait for it for a year.
    const candidates = [
      { at: this.#notBefore, furthest: msToMicros(MAX_START_OFFSET_MS) },
      { at: this.#retryAt, furthest: interval },
      { at: last === undefined || last > now ? undefined : last + interval, furthest: interval },
    ];
    return candidates.reduce(
      (due, { at, furthest }) => (at !== undefined && at > due && at <= now + furthest ? at : due),
      0n,
    );
  }

  async #run(): Promise<void> {
    const { clock, run } = this.#parts;
    this.#isRunning = true;
    const isStillDue = async (): Promise<boolean> => (await this.#dueAt()) <= clock.now();
    const result = await run(isStillDue).finally(() => {
      this.#isRunning = false;
    });
    if (result === 'completed') {
      this.#failures = 0;
      this.#retryAt = undefined;
    } else this.#retryAt = clock.now() + msToMicros(this.#distanceMs(result));
    if (!this.#isDisposed()) this.#wait(await this.#planned());
  }

  /** How long after a run that did not complete the next one may come: with jitter, at most an interval. */
  #distanceMs(result: Exclude<TimedRunResult, 'completed'>): number {
    const intervalMs = this.#intervalMs();
    if (result === 'pointless') return intervalMs;
    // A skipped run is looked at again soon: the one that is on may fail.
    if (result === 'failed') this.#failures += 1;
    const ceilingMs = Math.min(intervalMs, FIRST_BACKOFF_MS * 2 ** Math.max(0, this.#failures - 1));
    return ceilingMs * (0.5 + this.#parts.random() / 2);
  }

  async #planned(): Promise<EpochMicros> {
    const dueAt = await this.#dueAt();
    this.#plan(dueAt);
    return dueAt;
  }

  #plan(at: EpochMicros | undefined): void {
    if (at === this.#nextRunAt) return;
    this.#nextRunAt = at;
    this.#parts.onChange();
  }

  #wait(until: EpochMicros): void {
    if (this.#disposed) return;
    const waitMs = Number((until - this.#parts.clock.now()) / MICROS_PER_MS) + 1;
    this.#waitMs(Math.max(1, Math.min(waitMs, MAX_WAIT_MS)));
  }

  #waitMs(ms: number): void {
    this.#cancelWait?.();
    this.#cancelWait = this.#parts.clock.after(ms, () => void this.check());
  }

  /** Its own run is on, or it is disposed: there is nothing to look at. */
  #isBusyOrDone(): boolean {
    return this.#disposed || this.#isRunning;
  }

  /** A call, because the compiler takes a field's value for settled across an await. */
  #isDisposed(): boolean {
    return this.#disposed;
  }

  #intervalSeconds(): bigint {
    const seconds = this.#parts.intervalSeconds();
    return seconds > MIN_INTERVAL_SECONDS ? seconds : MIN_INTERVAL_SECONDS;
  }

  #intervalMs(): number {
    return Number(this.#intervalSeconds() * 1000n);
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelWait?.();
  }
}

function msToMicros(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * MICROS_PER_MS;
}

import type { Disposable } from '../core/disposable.ts';
import { MICROS_PER_MS, MICROS_PER_SECOND, type EpochMicros } from '../core/time.ts';
import type { CancelTimer, Clock, Random } from '../ports/clock.ts';

/** Windows that open together start apart by up to this much, or a tenth of a short interval. */
const MAX_START_OFFSET_MS = 120_000;
const FIRST_BACKOFF_MS = 60_000;
/**
 * The longest single wait: a laptop's sleep stops monotonic timers, so the wall clock is asked again and again; a wait
 * is also well below the 24.8 days at which `setTimeout` overflows.
 */
const MAX_WAIT_MS = 60_000;

export type TimedRunResult = 'completed' | 'failed' | 'skipped';

export interface RefreshTimerParts {
  readonly clock: Clock;
  readonly random: Random;
  /** Switched on, and there is something to refresh. Asked at each tick. */
  readonly enabled: () => boolean;
  readonly intervalSeconds: () => bigint;
  /** End of the last completed run on this source, in any window. */
  readonly lastCompletedAt: () => Promise<EpochMicros | undefined>;
  /** Runs quietly; `skipped` when a run is on already. Never rejects. */
  readonly run: () => Promise<TimedRunResult>;
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

  /** Looks whether a run is due, runs it, and plans the next look. Also to be called when a setting changed. */
  async check(): Promise<void> {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    if (this.#isDisposed()) return;
    if (!this.#parts.enabled()) {
      this.#plan(undefined);
      return;
    }
    const dueAt = await this.#dueAt();
    if (this.#isDisposed()) return;
    this.#plan(dueAt);
    if (dueAt > this.#parts.clock.now()) this.#wait(dueAt);
    else await this.#run();
  }

  async #dueAt(): Promise<EpochMicros> {
    const last = await this.#parts.lastCompletedAt();
    const byInterval =
      last === undefined ? this.#notBefore : last + this.#parts.intervalSeconds() * MICROS_PER_SECOND;
    return latest(byInterval, this.#notBefore, this.#retryAt ?? 0n);
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#parts;
    const result = await this.#parts.run();
    if (result === 'completed') {
      this.#failures = 0;
      this.#retryAt = undefined;
    } else {
      // A skipped run is looked at again soon: the one that is on may fail.
      if (result === 'failed') this.#failures += 1;
      const ceilingMs = Math.min(this.#intervalMs(), FIRST_BACKOFF_MS * 2 ** Math.max(0, this.#failures - 1));
      this.#retryAt = clock.now() + msToMicros(ceilingMs * (0.5 + random() / 2));
    }
    if (!this.#disposed) this.#wait(await this.#planned());
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
    const { clock } = this.#parts;
    const waitMs = Number((until - clock.now()) / MICROS_PER_MS) + 1;
    this.#cancelWait?.();
    this.#cancelWait = clock.after(Math.max(1, Math.min(waitMs, MAX_WAIT_MS)), () => void this.check());
  }

  /** A call, because the compiler takes a field's value for settled across an await. */
  #isDisposed(): boolean {
    return this.#disposed;
  }

  #intervalMs(): number {
    return Number(this.#parts.intervalSeconds() * 1000n);
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelWait?.();
  }
}

function msToMicros(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * MICROS_PER_MS;
}

function latest(...instants: readonly EpochMicros[]): EpochMicros {
  return instants.reduce((a, b) => (b > a ? b : a));
}

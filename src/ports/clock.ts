import type { EpochMicros } from '../core/time.ts';

/** Ends a timer; calling it again does nothing. */
export type CancelTimer = () => void;

/** Time as it is passed in: nothing below the host reads it from anywhere else. */
export interface Clock {
  /** Wall clock. */
  now(): EpochMicros;
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs`; the timer does not keep a process alive. */
  after(delayMs: number, callback: () => void): CancelTimer;
}

/** Uniform in [0, 1). */
export type Random = () => number;

import type { EpochMicros } from '../../core/time.ts';
import type { Clock } from '../../ports/clock.ts';

/**
 * The machine's clock. Two readings in one millisecond differ by a microsecond, so that "later" means later.
 */
export function createSystemClock(): Clock {
  let last: EpochMicros = 0n;
  return {
    now: () => {
      const now = BigInt(Date.now()) * 1_000n;
      // Within the same millisecond alone: a clock that is set back is followed.
      last = now <= last && last < now + 1_000n ? last + 1n : now;
      return last;
    },
    monotonicMs: () => performance.now(),
    after: (delayMs, callback) => {
      const timer = setTimeout(callback, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

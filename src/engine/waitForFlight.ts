import { AgnesFailure } from '../core/failure.ts';
import type { FlightElsewhere, SingleFlight } from './singleFlight.ts';
import type { WriteRight } from './writeRight.ts';

/**
 * A window that has just taken the lock tells so within milliseconds. Beyond this, it is no window of ours that holds it.
 */
const UNKNOWN_PATIENCE_MS = 10_000;

/**
 * Takes single flight, waiting for whoever has it.
 *
 * @param isEnough asked each time that somebody else has it: whether the caller wants no more
 * @returns `undefined` when it was enough
 * @throws AgnesFailure `flightHeld` for a holder that is no window of ours; the signal's reason when it is aborted
 */
export async function waitForFlight(
  flight: SingleFlight,
  signal: AbortSignal,
  isEnough: (elsewhere: FlightElsewhere) => Promise<boolean> | boolean,
): Promise<WriteRight | undefined> {
  let unknownMs = 0;
  for (;;) {
    signal.throwIfAborted();
    const answer = await flight.take();
    if (answer.kind === 'taken') {
      if (!signal.aborted) return answer.right;
      await answer.right.release();
    } else {
      if (await isEnough(answer)) return undefined;
      unknownMs += await flight.untilFree(answer, signal);
      if (unknownMs > UNKNOWN_PATIENCE_MS) {
        const { holder } = answer;
        throw new AgnesFailure('flightHeld', holder === undefined ? {} : { holder });
      }
    }
  }
}

import { AgnesFailure } from '../../core/failure.ts';
import type { FlightAnswer, FlightElsewhere, SingleFlight } from './singleFlight.ts';
import { untilAborted } from '../waiting.ts';
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
    const answer = await takeUnlessAborted(flight, signal);
    if (answer.kind === 'taken') return answer.right;
    if (await isEnough(answer)) return undefined;
    unknownMs += await flight.untilFree(answer, signal);
    if (unknownMs > UNKNOWN_PATIENCE_MS) {
      const { holder } = answer;
      throw new AgnesFailure('flightHeld', holder === undefined ? {} : { holder });
    }
  }
}

/** One attempt; a lock that comes after the signal is freed again. */
async function takeUnlessAborted(flight: SingleFlight, signal: AbortSignal): Promise<FlightAnswer> {
  signal.throwIfAborted();
  const taking = flight.take();
  try {
    return await untilAborted(taking, signal);
  } catch (error) {
    if (signal.aborted) {
      taking
        .then((late) => (late.kind === 'taken' ? late.right.release() : undefined))
        .catch(() => undefined);
    }
    throw error;
  }
}

import { AgnesFailure, type FailureDetails } from '../../core/failure.ts';
import type { WireFailure } from './protocol.ts';

/** Longest `detail` that is passed on: DuckDB's messages can quote whole cells. */
const MAX_DETAIL_LENGTH = 500;

/** For the other process: without its cause and stack, and with a bounded `detail`. */
export function toWireFailure({ reason, detail, holder }: AgnesFailure): WireFailure {
  return { reason, detail: detail?.slice(0, MAX_DETAIL_LENGTH) ?? null, holder: holder ?? null };
}

/** The failure that the other process met. */
export function fromWireFailure({ reason, detail, holder }: WireFailure): AgnesFailure {
  const details: FailureDetails = {
    ...(detail === null ? {} : { detail }),
    ...(holder === null ? {} : { holder }),
  };
  return new AgnesFailure(reason, details);
}

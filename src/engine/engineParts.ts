import type { Emitter } from '../core/emitter.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { MetadataProvider } from '../ports/metadataProvider.ts';
import type { RunBoard } from '../ports/runBoard.ts';
import type { RunLock } from '../ports/runLock.ts';
import type { RunRecords } from '../ports/runRecords.ts';
import type { TableStore } from '../ports/tableStore.ts';
import type { RequestLimits } from './asking/requestLimiter.ts';

/** What a refresh goes by: taken once for each, so that a setting that changes meanwhile counts from the next one on. */
export interface RefreshSetup {
  readonly provider: MetadataProvider;
  readonly limits: RequestLimits;
  /** Project of registrations without a physical address of their own. */
  readonly project: string | undefined;
}

/** What happens to single tables, for whoever shows it. Runs have their own events. */
export type TableEvent =
  | { readonly kind: 'tableStarted'; readonly tableId: string }
  | { readonly kind: 'tableSettled'; readonly outcome: RefreshOutcome }
  /** Another window's refresh of it is over; what came of it is in the shared file. */
  | { readonly kind: 'tableLeft'; readonly tableId: string };

/** What the engine is made of; everything outside is behind a port. */
export interface EngineParts {
  readonly store: TableStore;
  readonly lock: RunLock;
  readonly board: RunBoard;
  readonly records: RunRecords;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Name of this window, for the others and for the history. */
  readonly window: string;
  /** Throws an `AgnesFailure` where a setting is not usable. */
  readonly prepare: () => RefreshSetup;
  readonly events: Emitter<TableEvent>;
}

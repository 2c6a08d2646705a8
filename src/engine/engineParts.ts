import type { Emitter } from '../core/emitter.ts';
import type { RefreshOutcome } from '../core/refreshOutcome.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { MetadataProvider } from '../ports/metadataProvider.ts';
import type { RunRecords } from '../ports/runRecords.ts';
import type { TableStore } from '../ports/tableStore.ts';

/** What a refresh goes by: taken once for each, so that a setting that changes meanwhile counts from the next one on. */
export interface RefreshSetup {
  readonly provider: MetadataProvider;
  /** Requests under way at once, 1 to 64. */
  readonly concurrency: number;
  /** Project of registrations without a physical address of their own. */
  readonly project: string | undefined;
}

/** What happens to single tables, for whoever shows it. Runs have their own events. */
export type TableEvent =
  | { readonly kind: 'tableStarted'; readonly tableId: string }
  | { readonly kind: 'tableSettled'; readonly outcome: RefreshOutcome };

/** What the engine is made of; everything outside is behind a port. */
export interface EngineParts {
  readonly store: TableStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly records: RunRecords;
  /** Throws an `AgnesFailure` where a setting is not usable. */
  readonly prepare: () => RefreshSetup;
  readonly events: Emitter<TableEvent>;
}

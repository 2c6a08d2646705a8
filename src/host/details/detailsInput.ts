import { isDeepStrictEqual } from 'node:util';
import type { TableDetails, TableInspection } from '../../core/cachedMetadata.ts';
import type { AgnesFailure } from '../../core/failure.ts';
import type { TableAddress } from '../../core/tableAddress.ts';
import type { HistoryPoint } from '../../core/tableFacts.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { FreshnessPolicy, SourceCapabilities } from '../../sources/metadataSource.ts';
import type { TableView } from '../../sources/tableView.ts';

/** Something that is read when somebody looks at a table. What an earlier reading gave stays until the next one ends. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly isLoading: boolean;
  /** Why the last reading failed. */
  readonly failure: AgnesFailure | undefined;
}

/** Nothing was read yet, and nothing is being read. */
export const NOT_LOADED: Loaded<never> = { value: undefined, isLoading: false, failure: undefined };

/** What the details of one table are made of. */
export interface DetailsInput {
  readonly view: TableView;
  readonly now: EpochMicros;
  /** A BCP 47 tag: the language that texts come in. */
  readonly language: string;
  readonly timeZone: string | undefined;
  readonly policy: FreshnessPolicy;
  readonly capabilities: SourceCapabilities;
  /** The source is an Agnes server. */
  readonly isServer: boolean;
  /** Column-level facts of tables with an access policy are shown (decisions, "Policied rows"). */
  readonly showsPolicied: boolean;
  readonly address: TableAddress | undefined;
  /** Why what is shown may not be how things are. */
  readonly sourceNote: string | undefined;
  /** Why the table can't be refreshed at the moment. */
  readonly refreshObstacle: AgnesFailure | undefined;
  readonly details: Loaded<TableDetails>;
  readonly inspection: Loaded<TableInspection>;
  /** Oldest first; `undefined` until it is read. */
  readonly history: readonly HistoryPoint[] | undefined;
}

/** Whether two moments differ by the time alone. Much cheaper than what is made of them. */
export function sameButNow(a: DetailsInput, b: DetailsInput): boolean {
  const { policy, capabilities, address, ...rest } = { ...a, now: b.now };
  return (
    Object.entries(rest).every(([key, value]) => Object.is(value, b[key as keyof typeof rest])) &&
    // The offset of a server's clock is in `now`, and another one after each answer.
    policy.thresholdSeconds === b.policy.thresholdSeconds &&
    policy.decidedBy === b.policy.decidedBy &&
    // Sources make these two anew each time they are asked.
    isDeepStrictEqual([capabilities, address], [b.capabilities, b.address])
  );
}

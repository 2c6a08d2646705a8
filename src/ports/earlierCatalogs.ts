import type { EpochMicros } from '../core/time.ts';
import type { Catalog } from './tableStore.ts';

/** The rule that a server judges ages by. */
export interface KeptPolicy {
  readonly intervalSeconds: bigint;
  readonly thresholdSeconds: bigint;
  /** Microseconds by which the server's clock is ahead of this machine's. */
  readonly clockOffset: bigint;
}

/** A catalog with what it is judged by, where that is not this machine's to say. */
export interface KeptSnapshot extends Catalog {
  readonly policy?: KeptPolicy | undefined;
}

/** Everything eligible as it stood at an earlier time. */
export interface EarlierCatalog {
  /** Read by this extension then, or written by the server. */
  readonly origin: 'kept' | 'serverSnapshot';
  /** `readAt` is that time. It says nothing of writing: `writeObstacle` is `undefined`. */
  readonly catalog: KeptSnapshot;
}

/** What can be shown of one source while it can't be read. Nothing here rejects or throws. */
export interface EarlierCatalogs {
  /** Remembers what was read: the first at once, then at most one a minute. */
  keep(catalog: KeptSnapshot): void;
  /**
   * The latest that there is.
   *
   * @param laterThan with it, only one of a later time: an earlier one is not even read
   */
  latest(laterThan?: EpochMicros, signal?: AbortSignal): Promise<EarlierCatalog | undefined>;
  /** Writes what the throttle still holds back. */
  flush(): Promise<void>;
}

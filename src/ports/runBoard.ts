import type { Disposable } from '../core/disposable.ts';
import type { RunTrigger } from '../core/runSummary.ts';
import type { EpochMicros } from '../core/time.ts';

/** What is on in one shared file, as the window that does it tells the others. */
export interface Announcement {
  /** A run, or one table's refresh. */
  readonly kind: 'run' | 'table';
  /** Eight hexadecimal digits. */
  readonly runId: string;
  readonly startedAt: EpochMicros;
  readonly trigger: RunTrigger;
  readonly coversAll: boolean;
  /** Name of the window, for people; untrusted text. */
  readonly window: string;
  readonly done: number;
  /** `null` until the catalog is read. */
  readonly total: number | null;
  /** Tables that are being refreshed at this moment; at most `MAX_ANNOUNCED_TABLES`. */
  readonly tableIds: readonly string[];
  /** Process that holds the lock; 0 where there is no lock. */
  readonly pid: number;
}

export const MAX_ANNOUNCED_TABLES = 500;

/** Where the windows of one shared file tell each other what is on. Nothing here rejects: it informs, the lock decides. */
export interface RunBoard {
  /** What is on now; `undefined` when nothing is, when it has ended, or when its process is gone. */
  read(): Promise<Announcement | undefined>;
  /** Written by the holder of the lock alone. */
  post(announcement: Announcement): Promise<void>;
  /** Says that the announced flight has ended. */
  end(runId: string): Promise<void>;
  /** Tells of changes, some of them one's own, until it is disposed. */
  watch(onChange: () => void): Disposable;
}

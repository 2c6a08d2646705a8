import type { AgnesFailure, FileHolder } from '../core/failure.ts';

/** Single flight while it is held: one for one shared file, over all windows of the OS user on this machine. */
export interface RunLease {
  /** Names the lock to the store, which writes nothing once it is lost. */
  readonly lockId: string;
  /** Process whose end frees the lock. */
  readonly pid: number;
  /** Aborts when the lock is lost: the process that held it is gone, or was told to go. */
  readonly lost: AbortSignal;
  /** Frees the lock; never rejects. */
  release(): Promise<void>;
}

export type LockAnswer =
  | { readonly kind: 'taken'; readonly lease: RunLease }
  /** Somebody else has it; `holder` as far as the system names them. */
  | { readonly kind: 'heldElsewhere'; readonly holder: FileHolder | undefined }
  /** There can be no lock over processes here, such as where the state folder can't be written. */
  | { readonly kind: 'unavailable'; readonly failure: AgnesFailure };

/**
 * An operating system's lock that dies with its holder: no heartbeat, no clock, never taken from a holder that sleeps
 * (engine-facts, "single flight between processes").
 */
export interface RunLock {
  /**
   * One attempt, which waits for nobody.
   *
   * @throws AgnesFailure `flightUnusable` where something else stands in the lock's place, or what is wrong with the child
   */
  tryTake(): Promise<LockAnswer>;
}

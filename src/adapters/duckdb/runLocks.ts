import { randomUUID } from 'node:crypto';
import { lstat, open, readFile, rm } from 'node:fs/promises';
import type { DuckDBInstance } from '@duckdb/node-api';
import { AgnesFailure } from '../../core/failure.ts';
import { classifyDuckDbError } from './duckDbErrors.ts';
import { INSTANCE_OPTIONS } from './duckDbFile.ts';
import { loadDuckDb } from './loadDuckDb.ts';
import type { LockTaking } from './protocol.ts';

/** Attempts at a lock file whose failure has words that nobody knows: on Windows that can be a held file. */
const UNKNOWN_FAILURE_ATTEMPTS = 3;

interface HeldLock {
  readonly instance: DuckDBInstance;
  /** Device and inode of the file that is locked. */
  readonly identity: string;
}

/**
 * The locks of this process: empty DuckDB files of our own, each held open. DuckDB locks the whole file through the
 * operating system, which drops the lock with the process, however it ends (engine-facts, "single flight between
 * processes"). A path is opened once: closing it a second time anywhere in this process would drop the lock.
 */
export class RunLocks {
  readonly #held = new Map<string, HeldLock>();

  /**
   * One attempt. A lock file that DuckDB can't read is made whole in place: whoever held it would have been met first, for
   * the lock is looked at before the content.
   *
   * @throws AgnesFailure `flightUnusable`, `fileReadOnly` or `diskFull`
   */
  async take(path: string): Promise<LockTaking> {
    // Opened once in a process: not even a second holder of the same window has it too.
    if (this.#held.has(path)) return { taken: false, holder: { pid: process.pid, name: null } };
    let repaired = false;
    for (let attempt = 1; ; attempt += 1) {
      await assertOwnFile(path);
      try {
        this.#held.set(path, await lock(path));
        return { taken: true, pid: process.pid };
      } catch (thrown) {
        const failure = classifyDuckDbError(thrown, { path, writing: true });
        switch (failure?.reason) {
          case 'fileBusy':
            return { taken: false, holder: failure.holder ?? null };
          case 'fileReadOnly':
          case 'diskFull':
            throw failure;
          case undefined:
            if (attempt < UNKNOWN_FAILURE_ATTEMPTS) continue;
            throw unusable(thrown);
          default:
            if (repaired) throw unusable(thrown);
            repaired = true;
            await repair(path);
        }
      }
    }
  }

  /** Frees a lock; one that is not held is free already. */
  release(path: string): void {
    this.#held.get(path)?.instance.closeSync();
    this.#held.delete(path);
  }

  /**
   * Whether the lock that a write counts on is still the one that others meet.
   *
   * @throws AgnesFailure `flightLost` when this process does not hold it, or its file was taken away
   */
  async assertHeld(path: string): Promise<void> {
    const held = this.#held.get(path);
    if (held === undefined) throw new AgnesFailure('flightLost', { detail: 'this process holds no lock' });
    const identity = await identityOf(path).catch(() => undefined);
    if (identity === held.identity) return;
    this.release(path);
    throw new AgnesFailure('flightLost', { detail: 'the lock file was removed or replaced' });
  }
}

/** The file that is locked is the one that others meet, or none is: it may be removed or replaced in between. */
async function lock(path: string): Promise<HeldLock> {
  const before = await identityOf(path).catch(() => undefined);
  const instance = await openLock(path);
  const identity = await identityOf(path).catch(() => undefined);
  if (identity !== undefined && (before === undefined || before === identity)) return { instance, identity };
  instance.closeSync();
  throw new AgnesFailure('fileBusy', { detail: 'the lock file was replaced' });
}

async function openLock(path: string): Promise<DuckDBInstance> {
  const { DuckDBInstance: Instance } = await loadDuckDb();
  // Nothing is ever written to a lock file, so a log beside it is not ours, and would be replayed.
  await rm(`${path}.wal`, { force: true });
  return Instance.create(path, INSTANCE_OPTIONS);
}

/** A pipe would wait for a writer, a link leads to somebody's file: only a file of its own is opened. */
async function assertOwnFile(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || (found.isFile() && found.nlink === 1)) return;
  throw new AgnesFailure('flightUnusable', { detail: `${path} is not a file of its own` });
}

/**
 * Overwrites the content with that of an empty database. The file stays the same one, never unlinked or replaced: a lock on
 * a file that has no name any more would be seen by nobody. Two processes that repair at once write the same bytes.
 */
async function repair(path: string): Promise<void> {
  const { DuckDBInstance: Instance } = await loadDuckDb();
  const template = `${path}.${randomUUID()}.tmp`;
  try {
    (await Instance.create(template, INSTANCE_OPTIONS)).closeSync();
    const bytes = await readFile(template);
    await using file = await open(path, 'r+');
    await file.write(bytes, 0, bytes.length, 0);
    await file.truncate(bytes.length);
  } catch (thrown) {
    const failure = classifyDuckDbError(thrown, { path, writing: true });
    throw failure?.reason === 'diskFull' || failure?.reason === 'fileReadOnly' ? failure : unusable(thrown);
  } finally {
    await rm(template, { force: true });
  }
}

function unusable(thrown: unknown): AgnesFailure {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new AgnesFailure('flightUnusable', { detail, cause: thrown });
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await lstat(path, { bigint: true });
  return `${dev}:${ino}`;
}

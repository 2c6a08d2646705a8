import { stat } from 'node:fs/promises';
import type { DuckDBAppender, DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import { AgnesFailure } from '../../core/failure.ts';
import type { CancelTimer, Clock, Random } from '../../ports/clock.ts';
import { loadDuckDb } from './loadDuckDb.ts';
import { classifyDuckDbError, duckDbFailure } from './duckDbErrors.ts';

/** Pause between two attempts at a held file; the real one is between half of it and one and a half of it. */
const BUSY_PAUSE_MS = 50;
/**
 * Attempts at an existing file that can't be opened for a reason nobody knows. Windows words a sharing violation in the
 * language of the system, so that it may be a busy file.
 */
const UNKNOWN_FAILURE_ATTEMPTS = 3;
/** DuckDB forgets an interrupt that comes before the query is at work, so it is repeated. */
const INTERRUPT_PAUSE_MS = 10;

/** Settings of the instance, which is in memory: the shared file is attached to it. */
export const INSTANCE_OPTIONS = {
  // A missing extension would be downloaded while the lock is held.
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  threads: '1',
  memory_limit: '256MB',
  // No spilling: the default is a folder beside wherever the process was started.
  temp_directory: '',
};

/** Name under which the shared file is attached; its tables are `shared.main.…`. */
export const SHARED = 'shared';

/** Where a process can be killed in a test. Nothing happens there otherwise. */
export type CrashPoint = 'opened' | 'reading' | 'written' | 'committed' | 'checkpointed';

/** What the child passes to everything that it does. */
export interface WorkContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly reached: (point: CrashPoint) => void;
}

/** Which file to open, and how. */
export interface OpenOptions {
  readonly path: string;
  readonly writing: boolean;
  /** How long to wait for a file that somebody else holds. */
  readonly busyWaitMs: number;
}

/** Cells of one row, in the order of the columns. */
export type Row = readonly DuckDBValue[];

/** An open file. Statements run one after another; an abort interrupts the one at work. */
export class DuckDbFile {
  readonly #connection: DuckDBConnection;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  #committing = false;

  constructor(connection: DuckDBConnection, { signal, clock }: Pick<WorkContext, 'signal' | 'clock'>) {
    this.#connection = connection;
    this.#signal = signal;
    this.#clock = clock;
  }

  /** Rows of a query, wholly read: a half-read result keeps the file locked. */
  async rows(sql: string, values: DuckDBValue[] = []): Promise<readonly Row[]> {
    const reader = await this.#interruptible(() =>
      values.length === 0 ? this.#connection.runAndReadAll(sql) : this.#connection.runAndReadAll(sql, values),
    );
    return reader.getRows();
  }

  /** A statement without a result. */
  async run(sql: string): Promise<void> {
    await this.#interruptible(() => this.#connection.run(sql));
  }

  /** Fills a temporary table. */
  async append(table: string, fill: (appender: DuckDBAppender) => void): Promise<void> {
    const appender = await this.#interruptible(() => this.#connection.createAppender(table, 'main', 'temp'));
    try {
      fill(appender);
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }

  /**
   * Runs `work` in one transaction. Once the commit has begun, an abort comes too late: whoever cancels a store either
   * gets its results or knows that nothing was written.
   */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run('BEGIN TRANSACTION');
    try {
      const value = await work();
      this.#signal.throwIfAborted();
      this.#committing = true;
      await this.#connection.run('COMMIT');
      return value;
    } catch (thrown) {
      // A failed commit has rolled back already.
      await this.#connection.run('ROLLBACK').catch(() => undefined);
      throw thrown;
    } finally {
      this.#committing = false;
    }
  }

  async #interruptible<T>(start: () => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    let cancelTimer: CancelTimer | undefined;
    const interrupt = (): void => {
      if (!this.#committing) this.#connection.interrupt();
      cancelTimer = this.#clock.after(INTERRUPT_PAUSE_MS, interrupt);
    };
    this.#signal.addEventListener('abort', interrupt, { once: true });
    try {
      return await start();
    } finally {
      this.#signal.removeEventListener('abort', interrupt);
      cancelTimer?.();
    }
  }
}

/**
 * Opens an existing file, works on it, and closes it: afterwards the lock is free and a write has left no write-ahead
 * log. Never creates a file: it must exist, and DuckDB is asked at once. DuckDB has no "must exist" for writing; should the
 * file be unlinked in the instant between, an empty database appears there and the call fails with `fileMissing` without
 * writing to it. It isn't deleted again: by then it may be somebody's.
 *
 * @throws AgnesFailure with the reason
 */
export async function withDuckDbFile<T>(
  options: OpenOptions,
  context: WorkContext,
  work: (file: DuckDbFile) => Promise<T>,
): Promise<T> {
  return withShared(options, context, (connection) => attach(connection, options, context), work);
}

/**
 * Makes an instance in memory, has `attachShared` put a database under the name `SHARED` into it, works on that, and closes
 * everything. Only `attachShared` can reach what is outside the instance.
 *
 * @throws AgnesFailure with the reason
 */
export async function withShared<T>(
  where: Pick<OpenOptions, 'path' | 'writing'>,
  context: WorkContext,
  attachShared: (connection: DuckDBConnection) => Promise<void>,
  work: (file: DuckDbFile) => Promise<T>,
): Promise<T> {
  const { DuckDBInstance: Instance } = await loadDuckDb();
  let instance: DuckDBInstance | undefined;
  let connection: DuckDBConnection | undefined;
  try {
    instance = await Instance.create(':memory:', INSTANCE_OPTIONS);
    connection = await instance.connect();
    // Without it a time with a zone would be stored as the local time of this machine (contract, section 3).
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    await attachShared(connection);
    context.reached('opened');
    // The file is untrusted: nothing in it may read or load anything else.
    await connection.run('SET GLOBAL enable_external_access = false');
    try {
      return await work(new DuckDbFile(connection, context));
    } finally {
      if (where.writing) await checkpoint(connection);
      context.reached('checkpointed');
    }
  } catch (thrown) {
    throw duckDbFailure(thrown, where);
  } finally {
    // In this order: the lock is free only when both are closed.
    connection?.closeSync();
    instance?.closeSync();
  }
}

/**
 * A checkpoint that fails takes nothing back: what was committed is in the write-ahead log, and closing the instance tries
 * again. So the outcome of the work stands.
 */
async function checkpoint(connection: DuckDBConnection): Promise<void> {
  await connection.run(`CHECKPOINT ${SHARED}`).catch(() => undefined);
}

async function attach(
  connection: DuckDBConnection,
  { path, writing, busyWaitMs }: OpenOptions,
  { signal, clock, random }: WorkContext,
): Promise<void> {
  const until = clock.monotonicMs() + busyWaitMs;
  const mode = writing ? 'READ_WRITE' : 'READ_ONLY';
  // No STORAGE_VERSION, ever: it upgrades the file in place, and an older server then refuses it.
  const sql = `ATTACH ${sqlText(path)} AS ${SHARED} (TYPE duckdb, ${mode})`;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const before = await identityOf(path);
    try {
      await connection.run(sql);
      if ((await identityOf(path)) !== before) throw new AgnesFailure('fileMissing', { detail: 'replaced' });
      return;
    } catch (thrown) {
      const failure = classifyDuckDbError(thrown, { path, writing });
      const mayPass =
        failure === undefined
          ? attempt < UNKNOWN_FAILURE_ATTEMPTS
          : failure.reason === 'fileBusy' && clock.monotonicMs() < until;
      if (!mayPass) throw failure ?? thrown;
    }
    await pause(BUSY_PAUSE_MS * (0.5 + random()), clock, signal);
  }
}

/** Settles after a time, or when the signal is aborted. */
export function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const onAbort = (): void => {
      cancelTimer();
      resolve();
    };
    const cancelTimer = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (thrown) {
    throw new AgnesFailure('fileMissing', { cause: thrown });
  }
}

/** A text literal in SQL, for the one statement that takes no parameters. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

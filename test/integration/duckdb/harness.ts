import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDbTableStore, type BusyWaits } from '../../../src/adapters/duckdb/duckDbTableStore.ts';
import { DuckDbWorker } from '../../../src/adapters/duckdb/duckDbWorker.ts';
import { AgnesFailure, type FailureReason } from '../../../src/core/failure.ts';
import type { TableMetadata } from '../../../src/core/cachedMetadata.ts';
import {
  storableMetadata,
  type RegisteredAs,
  type StorableOutcome,
  type StoreAnswer,
  type StoreResult,
} from '../../../src/core/refreshOutcome.ts';
import type { EpochMicros } from '../../../src/core/time.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

/** 2026-05-04 10:00:00.123456 UTC: the present, in these tests. */
export const NOW: EpochMicros = 1_777_888_800_123_456n;
export const SECOND: EpochMicros = 1_000_000n;
export const HOUR: EpochMicros = 3_600n * SECOND;

/** Enough for a busy machine, and long over when nobody holds the file. */
export const PATIENT: BusyWaits = { readMs: 120_000, writeMs: 120_000 };
/** One attempt. */
export const IMPATIENT: BusyWaits = { readMs: 0, writeMs: 0 };

export function entryPath(name = '../../../src/adapters/duckdb/workerEntry.ts'): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A folder and workers for one test, gone after it. */
export class Bench {
  readonly clock: FakeClock = new FakeClock(NOW);
  readonly folder: string;
  readonly #workers: DuckDbWorker[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'agnes-duckdb-'));
    await chmod(folder, 0o755); // some tests look at it as another user
    return new Bench(folder);
  }

  path(name = 'system.duckdb'): string {
    return join(this.folder, name);
  }

  worker(options: { readonly entry?: string; readonly env?: NodeJS.ProcessEnv } = {}): DuckDbWorker {
    const worker = new DuckDbWorker({
      entryPath: options.entry ?? entryPath(),
      clock: this.clock,
      // Not in UTC: nothing that is stored or read may go through the zone of the machine.
      env: { ...process.env, TZ: 'Asia/Kolkata', ...options.env },
    });
    this.#workers.push(worker);
    return worker;
  }

  store(path = this.path(), waits = PATIENT, clock: Clock = this.clock): DuckDbTableStore {
    return new DuckDbTableStore(path, this.worker(), clock, waits);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.dispose()));
    await rm(this.folder, { recursive: true });
  }
}

/** The failure that a promise rejects with; anything else fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<AgnesFailure> {
  try {
    await promise;
  } catch (thrown) {
    assert.ok(thrown instanceof AgnesFailure, `not an AgnesFailure: ${String(thrown)}`);
    return thrown;
  }
  return assert.fail('did not reject');
}

export async function assertReason(promise: Promise<unknown>, reason: FailureReason): Promise<void> {
  assert.equal((await failureOf(promise)).reason, reason);
}

export const NOTHING_KNOWN: TableMetadata = {
  rows: null,
  sizeBytes: null,
  partitionBy: null,
  clusteredBy: null,
  entityType: null,
  knownColumns: null,
  lastModified: null,
};

/** What became of outcomes, without what is different in their rows. */
export async function resultsOf(storing: Promise<readonly StoreAnswer[]>): Promise<readonly StoreResult[]> {
  return (await storing).map(({ result }) => result);
}

/** Address as `eligibleRegistrations` registers a table. */
export function registeredAs(tableId: string, over: Partial<RegisteredAs> = {}): RegisteredAs {
  return { bucket: 'dataset', sourceTable: tableId, bqFqn: null, ...over };
}

export function success(
  tableId: string,
  metadata: Partial<TableMetadata> = {},
  over: Partial<StorableOutcome> = {},
): StorableOutcome {
  return {
    tableId,
    observedAt: NOW,
    observation: { kind: 'ok', metadata: storableMetadata({ ...NOTHING_KNOWN, ...metadata }) },
    registeredAs: registeredAs(tableId),
    ...over,
  };
}

export function failure(
  tableId: string,
  message: string,
  over: Partial<StorableOutcome> = {},
): StorableOutcome {
  return { ...success(tableId), observation: { kind: 'failed', message }, ...over };
}

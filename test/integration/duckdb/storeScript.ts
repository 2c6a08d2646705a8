/** Program: uses a store in a process of its own, as another window or another user does. */
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isStateInPostgres } from '../../../src/adapters/files/agnesBackend.ts';
import { guardAgainstPostgres } from '../../../src/adapters/files/postgresGuard.ts';
import { DuckDbTableStore } from '../../../src/adapters/duckdb/duckDbTableStore.ts';
import { DuckDbWorker } from '../../../src/adapters/duckdb/duckDbWorker.ts';
import { asFailure } from '../../../src/core/failure.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { NOW, PATIENT, entryPath, resultsOf, success } from './harness.ts';

const [task = '', path = '', ...rest] = process.argv.slice(2);
const clock = new FakeClock(NOW);
const workerEntry = process.env['WORKER_ENTRY'] ?? entryPath();
const worker = new DuckDbWorker({ entryPath: workerEntry, clock, env: process.env });
const store = new DuckDbTableStore(path, worker, clock, PATIENT);

switch (task) {
  case 'probe':
    await probe();
    break;
  case 'store':
    await storeOneByOne();
    break;
  case 'read':
    await store.readCatalog();
    process.stdin.resume(); // until it is killed
    await once(process.stdin, 'end');
    break;
  default:
    throw new Error(`no such task: ${task}`);
}
await worker.dispose();

/** What this user meets; with the name of a further file, how the check for Postgres takes that one. */
async function probe(): Promise<void> {
  const reasonOf = (thrown: unknown): string => asFailure(thrown).reason;
  const [further] = rest;
  const probed =
    further === undefined ? store : guardAgainstPostgres(store, () => isStateInPostgres(path, {}));
  const catalog = await probed.readCatalog().catch(reasonOf);
  const stored = await resultsOf(probed.storeOutcomes([success('table_0000')])).then(String, reasonOf);
  const denied = await access(path, constants.R_OK | constants.W_OK)
    .then(() => access(dirname(path), constants.W_OK))
    .then(() => access(further ?? path, constants.R_OK))
    .then(
      () => 'allowed',
      (thrown: unknown) => (thrown instanceof Error && 'code' in thrown ? thrown.code : undefined),
    );
  process.stdout.write(
    JSON.stringify({
      access: denied,
      read: typeof catalog === 'string' ? catalog : `${catalog.rows.length} rows`,
      obstacle: typeof catalog === 'string' ? null : (catalog.writeObstacle?.reason ?? null),
      store: stored,
    }),
  );
}

/** Stores the named tables, one call each. */
async function storeOneByOne(): Promise<void> {
  for (const id of rest) {
    const [result] = await resultsOf(store.storeOutcomes([success(id, { rows: BigInt(process.pid) })]));
    if (result !== 'stored') throw new Error(`${id}: ${String(result)}`);
  }
}

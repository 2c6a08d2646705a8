/**
 * Program: one window of several that contend for one file. Does so many rounds, each a run of some tables or a single
 * refresh, and prints one JSON line for each holding of the lock, each outcome, and each round.
 *
 *   contendingWindow.ts DATABASE STATE_FOLDER ENDPOINT ROUNDS SEED
 */
import type { RunLock } from '../../src/ports/runLock.ts';
import { LocalWindow } from '../integration/engine/localWindow.ts';
import { seededRandom } from './seededRandom.ts';
import type { Told } from './told.ts';

const [database = '', stateFolder = '', endpoint = '', rounds = '0', seed = '1'] = process.argv.slice(2);
const random = seededRandom(Number(seed));

function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** One clock for all processes of the machine, in nanoseconds: CLOCK_MONOTONIC. */
const now = (): string => String(process.hrtime.bigint());

/** Tells when the lock was held: from before anybody could use it to after the last use. */
function watched(lock: RunLock): RunLock {
  return {
    tryTake: async () => {
      const answer = await lock.tryTake();
      if (answer.kind !== 'taken') return answer;
      const { lease } = answer;
      const from = now();
      const release = (): Promise<void> => {
        tell({ kind: 'held', from, to: now() });
        return lease.release();
      };
      return { kind: 'taken', lease: { ...lease, release } };
    },
  };
}

const window = new LocalWindow({
  database,
  stateFolder,
  endpoint,
  requestsPerSecond: 2_000,
  alter: (parts) => ({ ...parts, lock: watched(parts.lock) }),
});
window.source.onTableEvent((event) => {
  if (event.kind !== 'tableSettled' || event.outcome.status !== 'ok') return;
  const { tableId, stored, observedAt, metadata, fetchMs } = event.outcome;
  const rows = String(metadata.rows);
  tell({ kind: 'outcome', tableId, stored, observedAt: String(observedAt), rows, asked: fetchMs !== null });
});

const { rows: tables } = await window.source.load();
const ids = tables.map(({ registration }) => registration.id);
for (let round = 0; round < Number(rounds); round += 1) {
  const first = Math.floor(random() * ids.length);
  if (random() < 0.5) {
    const wanted = new Set([first, first + 1, first + 2].map((index) => ids[index % ids.length]));
    const { run, joined } = await window.source.startRun({
      trigger: 'command',
      selection: ({ registration }) => wanted.has(registration.id),
    });
    const { summary } = await run.result;
    tell({
      kind: 'round',
      what: joined ? 'joined' : 'run',
      endedBy: summary.endedBy,
      failed: summary.failed,
    });
  } else {
    const { status } = await window.source.refreshTable(ids[first] ?? '', new AbortController().signal);
    tell({ kind: 'round', what: 'single', endedBy: null, failed: status === 'ok' ? 0 : 1 });
  }
}
await window.dispose();

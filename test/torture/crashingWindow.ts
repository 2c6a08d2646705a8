/**
 * Program: one window that refreshes everything once, and kills itself or its child at the point `CRASH_POINT`, or after
 * `CRASH_AFTER_MS`. Prints the run's summary counts as JSON when it gets that far.
 *
 *   crashingWindow.ts DATABASE STATE_FOLDER ENDPOINT CONCURRENCY
 */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LocalSourceParts } from '../../src/sources/localSource.ts';
import { LocalWindow } from '../integration/engine/localWindow.ts';
import { crashAt, type Victim } from './crashPoints.ts';

const [database = '', stateFolder = '', endpoint = '', concurrency = '16'] = process.argv.slice(2);
const { CRASH_POINT, CRASH_MARKER = '', CRASH_AFTER_MS, CRASH_VICTIM } = process.env;

function kill(victim: Victim): void {
  if (existsSync(CRASH_MARKER)) return; // once
  writeFileSync(CRASH_MARKER, '');
  process.kill(victim === 'host' ? process.pid : (window.worker.pid ?? 0), 'SIGKILL');
}

const reached = crashAt(CRASH_POINT, kill);

/** The points that are not in the child. */
function crashing(parts: LocalSourceParts): LocalSourceParts {
  const { lock, board, records, prepare } = parts;
  return {
    ...parts,
    lock: {
      tryTake: async () => {
        const answer = await lock.tryTake();
        if (answer.kind === 'taken') reached('lockTaken');
        return answer;
      },
    },
    board: {
      read: () => board.read(),
      watch: (onChange) => board.watch(onChange),
      post: async (announcement) => {
        await board.post(announcement);
        reached('announced');
      },
      end: async (runId) => {
        await board.end(runId);
        reached('ended');
      },
    },
    records: {
      read: () => records.read(),
      append: async (record, held) => {
        reached('recordBefore');
        await records.append(record, held);
        reached('recordAfter');
      },
    },
    prepare: () => {
      const setup = prepare();
      const { provider } = setup;
      return {
        ...setup,
        provider: {
          inspectTable: (address, signal) => provider.inspectTable(address, signal),
          fetchTable: (address, signal) => {
            reached('fetch');
            return provider.fetchTable(address, signal);
          },
        },
      };
    },
  };
}

const window = new LocalWindow({
  database,
  stateFolder,
  endpoint,
  concurrency: Number(concurrency),
  requestsPerSecond: 2_000,
  workerEntry: fileURLToPath(new URL('crashingWorker.ts', import.meta.url)),
  alter: crashing,
});
if (CRASH_AFTER_MS !== undefined) {
  setTimeout(() => kill(CRASH_VICTIM === 'host' ? 'host' : 'child'), Number(CRASH_AFTER_MS));
}
const { run } = await window.source.startRun({ trigger: 'command' });
const { summary } = await run.result;
process.stdout.write(JSON.stringify({ total: summary.total, succeeded: summary.succeeded }));
await window.dispose();
process.exit(0); // a kill that is still to come has missed the run

/**
 * Program: a window that refreshes everything at once. Prints the process id of its child, which holds the lock then.
 *
 *   runningWindow.ts DATABASE STATE_FOLDER ENDPOINT
 */
import { LocalWindow } from './localWindow.ts';

const [database = '', stateFolder = '', endpoint = ''] = process.argv.slice(2);
const window = new LocalWindow({
  database,
  stateFolder,
  endpoint,
  alter: (parts) => ({ ...parts, window: 'the running window' }),
});
const { run } = await window.source.startRun({ trigger: 'command' });
process.stdout.write(`${window.worker.pid ?? 0}\n`);
await run.result;
await window.dispose();

/**
 * Program: another window that remembers tables in a folder. Tells when it has read what is there, is told to begin, writes
 * each of its tables in each turn by itself, tells what it logged, and stays.
 *
 *   rememberingWindow.ts FOLDER SOURCE_ID PREFIX TABLES TURNS
 */
import { once } from 'node:events';
import { FileTableMemory } from '../../../src/adapters/files/fileTableMemory.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';
import type { HistoryPoint } from '../../../src/core/tableFacts.ts';
import { MemoryLog } from '../../fixtures/engineFakes.ts';
import { BULKY, factsAt, idsOfOneFile, pointAt } from './remembered.ts';

const [folder = '', sourceId = '', prefix = '', tables = '', turns = ''] = process.argv.slice(2);
const log = new MemoryLog();
const memory = new FileTableMemory(folder, sourceId, createSystemClock(), log);
await memory.readFacts();
process.send?.('ready');
await once(process, 'message');
const ids = idsOfOneFile(prefix, Number(tables));
for (let turn = 1n; turn <= BigInt(turns); turn += 1n) {
  for (const id of ids) {
    memory.keepFacts(new Map([[id, factsAt(turn)]]));
    // What is the same each time makes the file grow, so that it is made smaller all the time.
    memory.addHistory(
      new Map<string, HistoryPoint>([
        [BULKY, pointAt(0n)],
        [id, pointAt(turn)],
      ]),
    );
    await memory.flush();
  }
}
process.send?.(log.lines);

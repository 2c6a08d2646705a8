/**
 * Program: the worker, watched over a socket (`WATCH_SOCKET`). Says `started` and every crash point that it reaches; the
 * socket closes when the process is gone. Dies at the point `CRASH_AT`, once for each path `CRASH_MARKER`.
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { serveRequests } from '../../../src/adapters/duckdb/requestServer.ts';
import { createSystemClock } from '../../../src/adapters/system/systemClock.ts';

const { WATCH_SOCKET = '', CRASH_AT, CRASH_MARKER = '' } = process.env;
const socket = connect(WATCH_SOCKET);
socket.write('started\n');
socket.unref();

serveRequests(process, {
  clock: createSystemClock(),
  random: Math.random,
  reached: (point) => {
    socket.write(`${point}\n`);
    if (point === CRASH_AT && isFirst(CRASH_MARKER)) process.kill(process.pid, 'SIGKILL');
  },
});

function isFirst(marker: string): boolean {
  try {
    writeFileSync(marker, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Program: the child, which kills itself or its window at the point `CRASH_POINT`, in the first child of a window alone.
 * Keeps a connection to `WATCH_SOCKET`, which closes when it is gone.
 */
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { serveRequests } from '../../src/adapters/duckdb/requestServer.ts';
import { createSystemClock } from '../../src/adapters/system/systemClock.ts';
import { crashAt } from './crashPoints.ts';

const { WATCH_SOCKET = '', CRASH_POINT, CRASH_MARKER = '' } = process.env;
const socket = connect(WATCH_SOCKET);
socket.on('error', () => undefined);
socket.unref();

const reached = crashAt(CRASH_POINT, (victim) => {
  try {
    writeFileSync(CRASH_MARKER, '', { flag: 'wx' });
  } catch {
    return; // an earlier child died here
  }
  process.kill(victim === 'child' ? process.pid : process.ppid, 'SIGKILL');
});
serveRequests(process, { clock: createSystemClock(), random: Math.random, reached });

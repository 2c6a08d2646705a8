/** The child process that DuckDB lives in: bundled on its own, started by `DuckDbWorker`. */
import { setFlagsFromString } from 'node:v8';
import { createSystemClock } from '../system/systemClock.ts';
import { serveRequests } from './requestServer.ts';

// The child's heap is small, so that collecting it sooner costs little: a run of ten thousand tables takes 50 MB less.
setFlagsFromString('--optimize-for-size');
serveRequests(process, { clock: createSystemClock(), random: Math.random, reached: () => undefined });

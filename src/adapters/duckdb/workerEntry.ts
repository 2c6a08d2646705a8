/** The child process that DuckDB lives in: bundled on its own, started by `DuckDbWorker`. */
import { createSystemClock } from '../system/systemClock.ts';
import { serveRequests } from './requestServer.ts';

serveRequests(process, { clock: createSystemClock(), random: Math.random, reached: () => undefined });

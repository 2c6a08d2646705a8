/** The child process that DuckDB lives in: bundled on its own, started by `DuckDbWorker`. */
import { serveRequests } from './requestServer.ts';

serveRequests(process, () => undefined);

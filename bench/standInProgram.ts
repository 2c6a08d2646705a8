/** Program: the BigQuery stand-in in a process of its own. Tells its address, and ends with whoever started it. */
import { BigQueryStandIn } from '../src/sample/bigQueryStandIn.ts';
import { MANY_COLUMNS } from './manyTables.ts';

const LATENCY_MS = 5;

const standIn = await BigQueryStandIn.start({
  tables: () => ({ resource: MANY_COLUMNS }),
  latencyMs: LATENCY_MS,
});
process.once('disconnect', () => void standIn.dispose());
process.send?.(standIn.url);

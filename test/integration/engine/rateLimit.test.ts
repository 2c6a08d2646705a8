import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_REQUESTS_PER_SECOND } from '../../../src/core/refreshPolicy.ts';
import type { RunResult } from '../../../src/engine/watchedRun.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { eligibleRegistrations, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { readElsewhere } from '../../fixtures/agnesFileProcesses.ts';
import { LocalWindow } from './localWindow.ts';

/** BigQuery's own limit for one user (engine-facts, "faults"). */
const BIGQUERY_PER_SECOND = 100;

interface Load {
  readonly tables: number;
  readonly concurrency: number | 'auto';
  /** What BigQuery bears; the window's own rate is the default. */
  readonly borne: number;
}

interface Came extends RunResult {
  readonly received: number;
  readonly stored: number;
}

// By the machine's own clock: the limit is one of time.
describe('a BigQuery that lets one user ask so much a second', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-rate-')));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function runUnder({ tables, concurrency, borne }: Load): Promise<Came> {
    const database = path.join(folder, 'system.duckdb');
    await writeAgnesFile(database, { era: 'current', registrations: eligibleRegistrations(tables) });
    const standIn = await BigQueryStandIn.start({
      latencyMs: 20,
      requestsPerSecond: borne,
      tables: () => ({ resource: { type: 'TABLE', numRows: '42', numBytes: '1024' } }),
    });
    const window = new LocalWindow({
      database,
      endpoint: standIn.url,
      stateFolder: path.join(folder, 'state'),
      concurrency,
      requestsPerSecond: DEFAULT_REQUESTS_PER_SECOND,
    });
    try {
      const { run } = await window.source.startRun({ trigger: 'command' });
      const result = await run.result;
      const sql = 'SELECT count(*) FROM bq_metadata_cache WHERE rows = 42 AND error_at IS NULL';
      const [row] = await readElsewhere(database, sql);
      return { ...result, received: standIn.counts.received, stored: Number(row?.[0]) };
    } finally {
      await window.dispose();
      await standIn.dispose();
    }
  }

  for (const concurrency of [32, 'auto'] as const) {
    it(`gives all of 1,000 tables to a run of concurrency ${concurrency}, and refuses nothing`, async () => {
      const load = { tables: 1_000, concurrency, borne: BIGQUERY_PER_SECOND };
      const { summary, causes, stored, received } = await runUnder(load);
      assert.deepEqual([causes, summary.succeeded, summary.failed, stored], [[], 1_000, 0, 1_000]);
      assert.equal(received, 1_000);
    });
  }

  for (const concurrency of [32, 'auto'] as const) {
    it(`gives all of 300 tables to a run of concurrency ${concurrency} that asks for twice as much`, async () => {
      const load = { tables: 300, concurrency, borne: DEFAULT_REQUESTS_PER_SECOND / 2 };
      const { summary, causes, stored, received } = await runUnder(load);
      assert.deepEqual([causes, summary.succeeded, summary.failed, stored], [[], 300, 0, 300]);
      assert.ok(received > 300, 'nothing was refused');
    });
  }
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BigQueryStandIn } from '../../src/sample/bigQueryStandIn.ts';
import {
  eligibleRegistrations,
  INELIGIBLE_REGISTRATIONS,
  writeAgnesFile,
  type AgnesEra,
} from '../fixtures/agnesFile.ts';
import { readElsewhere } from '../fixtures/agnesFileProcesses.ts';
import { CONTAINER, STATUS } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

const TABLES = 1_000;
const LATENCY_MS = 50;
const RUN_LIMIT_MS = 120_000;
/** Of package.json, for dark themes. */
const FRESH_COLOR = 'rgb(115, 201, 145)';
const STALE_COLOR = 'rgb(226, 192, 141)';
/** Beyond what a number can hold exactly. */
const FIRST_ROWS = 9_007_199_254_740_993n;

describe('a thousand tables, through the command palette', () => {
  let server: WorkbenchServer;
  let standIn: BigQueryStandIn;
  let folder: string;
  let workbench: Workbench | undefined;

  before(async () => {
    server = await startWorkbenchServer();
    folder = mkdtempSync(path.join(tmpdir(), 'freshness-thousand-'));
    standIn = await BigQueryStandIn.start({
      latencyMs: LATENCY_MS,
      tables: ({ table }) => ({
        resource: {
          type: 'TABLE',
          numRows: String(rowsOf(table)),
          numTotalLogicalBytes: String(rowsOf(table) * 2n),
          timePartitioning: { type: 'DAY', field: 'day' },
          clustering: { fields: ['country', 'platform'] },
          schema: {
            fields: [
              { name: 'day', type: 'DATE' },
              { name: 'číslo', type: 'STRING' },
            ],
          },
        },
      }),
    });
  });
  after(async () => {
    await server.dispose();
    await standIn.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await workbench?.screenshotIfFailed(this.currentTest);
    await workbench?.close();
    workbench = undefined;
  });

  for (const { era, upgraded } of [
    { era: '0.52', upgraded: true },
    { era: 'current', upgraded: false },
  ] satisfies { era: AgnesEra; upgraded: boolean }[]) {
    it(`stores every row of a file of ${era} right, one request a table`, async () => {
      const database = path.join(folder, `${era}.duckdb`);
      await writeAgnesFile(database, {
        era,
        upgraded,
        registrations: [...eligibleRegistrations(TABLES), ...INELIGIBLE_REGISTRATIONS],
        cached: [{ tableId: 'orphan', rows: 7n, refreshedAt: 1n }],
      });
      const window = path.join(folder, `window-${era}`);
      mkdirSync(window);
      const requestsBefore = standIn.counts.received;
      const startedAt = BigInt(Date.now()) * 1_000n;
      workbench = await server.open({
        settings: {
          'agnesFreshness.database': database,
          'agnesFreshness.autoRefresh': false,
          'agnesFreshness.concurrency': 16,
          'agnesFreshness.bigquery.project': 'thousand-tables',
          'agnesFreshness.bigquery.apiEndpoint': standIn.url,
        },
        folder: window,
        statusItem: STATUS,
      });
      await workbench.statusItem(STATUS).filter({ hasText: '1,000 never fetched' }).waitFor();
      await workbench.runCommand('Agnes Freshness: Refresh All');
      await workbench.notification('Refreshed 1,000 of 1,000 tables.').waitFor({ timeout: RUN_LIMIT_MS });
      await workbench.statusItem(STATUS).filter({ hasText: '1,000 fresh' }).waitFor();
      if (era === 'current') {
        await workbench.openViewContainer(CONTAINER);
        await workbench.treeRow('table_0000, fresh').waitFor();
        await recolorAtOnce(workbench, window);
        await workbench.screenshot('thousand-tables');
      }
      assert.equal(standIn.counts.received - requestsBefore, TABLES);
      assert.equal(
        standIn.requests.some(({ headers }) => 'authorization' in headers),
        false,
      );
      await checkStored(database, startedAt);
    });
  }
});

/**
 * Lets all thousand rows change their state in one moment: more than VS Code takes in one event. No row may keep the colour
 * that it had.
 */
async function recolorAtOnce(workbench: Workbench, window: string): Promise<void> {
  await allColored(workbench, FRESH_COLOR);
  mkdirSync(path.join(window, '.vscode'));
  writeFileSync(path.join(window, '.vscode', 'settings.json'), '{ "agnesFreshness.threshold": "1s" }');
  await workbench.statusItem(STATUS).filter({ hasText: '1,000 stale' }).waitFor();
  await allColored(workbench, STALE_COLOR);
}

/** Resolves when every name in sight has this colour: rows are drawn first, and coloured in a message of its own. */
async function allColored(workbench: Workbench, color: string): Promise<void> {
  const labels = '.sidebar .monaco-list-row[aria-level="3"] .label-name';
  await workbench.page.waitForFunction(
    `[...document.querySelectorAll(${JSON.stringify(labels)})].every(
      (label) => getComputedStyle(label).color === ${JSON.stringify(color)})`,
  );
}

/** Reads with plain DuckDB in another process, which lives in another time zone. */
async function checkStored(database: string, startedAt: bigint): Promise<void> {
  const sql = `SELECT table_id, rows, size_bytes, partition_by, clustered_by, entity_type, known_columns,
      epoch_us(refreshed_at), error_at, error_msg
    FROM bq_metadata_cache ORDER BY table_id`;
  const rows = await readElsewhere(database, sql, { TZ: 'America/New_York' });
  const endedAt = BigInt(Date.now()) * 1_000n;
  assert.equal(rows.length, TABLES + 1);
  assert.deepEqual(rows[0]?.slice(0, 3), ['orphan', '7', null]);
  for (const row of rows.slice(1)) {
    const [id, count, bytes, partitionBy, clusteredBy, entityType, knownColumns, refreshedAt, ...error] = row;
    assert.equal(count, String(rowsOf(String(id))));
    assert.equal(bytes, String(rowsOf(String(id)) * 2n));
    assert.deepEqual([partitionBy, entityType, ...error], ['day', 'BASE TABLE', null, null]);
    assert.deepEqual(JSON.parse(String(clusteredBy)), ['country', 'platform']);
    assert.deepEqual(JSON.parse(String(knownColumns)), ['day', 'číslo']);
    const at = BigInt(String(refreshedAt));
    assert.ok(at >= startedAt && at <= endedAt, `${String(id)} refreshed at ${at}`);
  }
}

function rowsOf(table: string): bigint {
  return table === 'table_0000' ? FIRST_ROWS : BigInt(table.slice(-4)) * 1_000n;
}

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BigQueryStandIn } from '../../src/sample/bigQueryStandIn.ts';
import { writeAgnesFile } from '../fixtures/agnesFile.ts';
import { CONTAINER, STATUS } from './sampleWindow.ts';
import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

const DAY_MICROS = 86_400_000_000n;

describe('ten thousand tables in one dataset', () => {
  let server: WorkbenchServer;
  let standIn: BigQueryStandIn;
  let folder: string;
  let workbench: Workbench;

  before(async () => {
    server = await startWorkbenchServer();
    folder = mkdtempSync(path.join(tmpdir(), 'freshness-ten-thousand-'));
    standIn = await BigQueryStandIn.start({
      tables: () => ({ resource: { type: 'TABLE', numRows: '7', numTotalLogicalBytes: '8' } }),
    });
    const database = path.join(folder, 'system.duckdb');
    await writeAgnesFile(database, { era: 'current', extraSql: manyTables(10_000) });
    workbench = await server.open({
      settings: {
        'agnesFreshness.database': database,
        'agnesFreshness.autoRefresh': false,
        'agnesFreshness.bigquery.project': 'ten-thousand-tables',
        'agnesFreshness.bigquery.apiEndpoint': standIn.url,
      },
      statusItem: STATUS,
    });
    await workbench.openViewContainer(CONTAINER);
  });
  after(async () => {
    await server.dispose();
    await standIn.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  it('are divided into parts of 500, the first one open', async () => {
    await workbench.treeRow('Dataset warehouse, 10,000 stale of 10,000 tables').waitFor();
    await workbench.treeRow('Tables table_00000 – table_00499, 500 stale of 500 tables').waitFor();
    await workbench.treeRow('table_00000, stale').waitFor();
    await workbench.screenshot('ten-thousand-tables');
    const label = await workbench.viewContainer(CONTAINER).locator('a').getAttribute('aria-label');
    assert.match(label ?? '', /10,000 tables need attention: 10,000 stale/);
  });

  it('keep selection and scroll position while one of them is refreshed', async () => {
    await workbench.treeRow('Tables table_00000').click();
    await workbench.treeRow('Tables table_09500').click();
    const row = workbench.treeRow('table_09506');
    await row.click();
    const before = await row.boundingBox();
    await workbench.clickRowAction(row, 'Refresh Table');
    await workbench.notification('table_09506 is fresh: 7 rows').waitFor();
    await workbench.treeRow('Tables table_09500 – table_09999, 499 stale of 500 tables').waitFor();
    await workbench.treeRow('Dataset warehouse, 9,999 stale of 10,000 tables').waitFor();
    await workbench
      .treeRow('table_09506, fresh, checked just now')
      .and(workbench.page.locator('.selected'))
      .waitFor();
    assert.deepEqual(await row.boundingBox(), before);
    await workbench.screenshot('ten-thousand-tables-refreshed');
  });

  it('are found by name, in a part that was closed', async () => {
    await workbench.runCommand('Agnes Freshness: Go to Table…');
    await workbench.quickInput.fill('table_04321');
    await workbench.pick('table_04321');
    await workbench.treeRow('table_04321, ').and(workbench.page.locator('.selected')).waitFor();
    await workbench.screenshot('ten-thousand-tables-found');
  });

  it('are in sight when a filter finds them in a group that was closed, which is closed again without it', async () => {
    await workbench.page.keyboard.press('Home');
    await workbench.treeRow('Dataset warehouse').and(workbench.page.locator('.focused')).waitFor();
    await workbench.page.keyboard.press('ArrowLeft');
    await workbench.treeRow('Tables table_00000').waitFor({ state: 'detached' });
    await workbench.runCommand('Agnes Freshness: Filter…');
    await workbench.quickInput.fill('table_0777');
    await workbench.quickInput.press('Enter');
    await workbench.treeRow('Dataset warehouse, 10 stale of 10 tables').waitFor();
    await workbench.treeRow('table_07779, ').waitFor();
    await workbench.screenshot('ten-thousand-tables-filtered');
    await workbench.runCommand('Agnes Freshness: Clear Filter');
    await workbench.treeRow('Dataset warehouse, 9,999 stale of 10,000 tables').waitFor();
    assert.equal(await workbench.treeRow(/table_0/).count(), 0);
    await workbench.treeRow('Dataset warehouse').click();
    await workbench.treeRow('Tables table_00000').waitFor();
  });
});

/** Statements that register tables in one dataset, each refreshed a day ago. */
function manyTables(count: number): string[] {
  const refreshedAt = BigInt(Date.now()) * 1_000n - DAY_MICROS;
  const id = "'table_' || lpad(i::VARCHAR, 5, '0')";
  return [
    `INSERT INTO table_registry (id, name, source_type, query_mode, bucket, source_table)
      SELECT ${id}, ${id}, 'bigquery', 'remote', 'warehouse', ${id} FROM range(${count}) AS numbers(i)`,
    `INSERT INTO bq_metadata_cache (table_id, rows, size_bytes, entity_type, refreshed_at)
      SELECT ${id}, i, i * 1000, 'BASE TABLE', make_timestamp(${refreshedAt}) FROM range(${count}) AS numbers(i)`,
  ];
}

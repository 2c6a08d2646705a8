import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { decodeGotchas } from '../../../src/core/gotchas.ts';
import { parseTimestamp } from '../../../src/core/time.ts';
import type { ServerStatus, ServerStatusRow, ServerTable } from '../../../src/ports/agnesServer.ts';
import type { AgnesStandInOptions } from '../../fixtures/agnesServer/agnesStandIn.ts';
import { CATALOG_PATH, REGISTRY_PATH, STATUS_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import { manyTables } from '../../fixtures/agnesServer/manyTables.ts';
import { standInCache, standInTable } from '../../fixtures/agnesServer/standInTable.ts';
import { HUGE_ROWS, HUGE_SIZE_BYTES, standInTables } from '../../fixtures/agnesServer/standInTables.ts';
import { ADMIN, ANALYST, ApiBench, NOW, unaborted, USER_AGENT } from './apiBench.ts';

const READ_STATUS = fileURLToPath(new URL('readStatus.ts', import.meta.url));
const TABLES = standInTables(NOW);
const MANY = 5_000;

const EACH_SERVER: readonly [string, AgnesStandInOptions][] = [
  ['a current server on DuckDB', {}],
  ['a current server on Postgres', { backend: 'postgres' }],
  ['a current server that packs', { gzip: true }],
  ['a server of 0.52', { flavour: '0.52' }],
];

describe('Agnes API: reading', () => {
  for (const [name, options] of EACH_SERVER) {
    describe(`from ${name}`, () => {
      it('has each table of the catalog as the server shows it', async () => {
        await using bench = await ApiBench.start(options);
        const tables = await bench.as(ADMIN).catalog(unaborted());
        assert.deepEqual(tables.map(({ id }) => id).sort(), TABLES.map(({ id }) => id).sort());
        const names = tables.map((table) => table.name);
        assert.deepEqual(
          names,
          names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
          'in the server’s order',
        );
        assert.deepEqual(tableIn(tables, 'fresh_orders'), {
          id: 'fresh_orders',
          name: 'orders',
          description: 'Orders of all shops, one row each.',
          sourceType: 'bigquery',
          queryMode: 'remote',
          partitionBy: 'event_date',
          clusteredBy: ['country_code', 'platform'],
          hasWhereExamples: true,
          freshness: 'fresh',
        });
        assert.deepEqual(
          ['stale_visits', 'error_budget', 'never_fetched_leads', 'failed_last_stock', 'local_notes'].map(
            (id) => tableIn(tables, id)?.freshness,
          ),
          ['stale', 'error', 'never_fetched', 'fresh', 'not_applicable'],
        );
      });

      it('has each cache row, with times and counts to the last digit', async () => {
        await using bench = await ApiBench.start(options);
        const status = await bench.as(ANALYST).status(unaborted());
        assert.deepEqual(
          [status.intervalSeconds, status.thresholdSeconds, status.serverTime],
          [14_400n, 28_800n, NOW],
        );
        for (const { id, cached } of TABLES) {
          const row = rowIn(status, id);
          assert.equal(row === undefined, cached === null, id);
          if (row === undefined || cached === null) continue;
          assert.deepEqual(row, {
            tableId: id,
            refreshedAt: cached.refreshedAt,
            errorAt: cached.errorAt,
            errorMessage: cached.errorMsg,
            rows: cached.rows,
            sizeBytes: cached.sizeBytes,
            partitionBy: cached.partitionBy,
            clusteredBy: cached.clusteredBy ?? [],
            entityType: cached.entityType,
            knownColumns: cached.knownColumns ?? [],
          });
        }
        assert.deepEqual(
          [rowIn(status, 'huge_events')?.rows, rowIn(status, 'huge_events')?.sizeBytes],
          [HUGE_ROWS, HUGE_SIZE_BYTES],
        );
        assert.equal(rowIn(status, 'orphan_campaigns')?.rows, 7n, 'of a table that is not registered');
        assert.deepEqual(bench.warnings, []);
      });

      it('has the registrations for an administrator, and refuses anybody else with the reason', async () => {
        await using bench = await ApiBench.start(options);
        const registrations = await bench.as(ADMIN).registry(unaborted());
        const huge = registrations.find(({ id }) => id === 'huge_events');
        assert.deepEqual(huge, {
          id: 'huge_events',
          sourceType: 'bigquery',
          queryMode: 'remote',
          bucket: 'Web & Apps',
          sourceTable: 'huge_events',
          bqFqn: options.flavour === '0.52' ? null : 'acme-prod.web.events',
          folder: null,
          grain: null,
          gotchasText: null,
          thingsToKnow: null,
        });
        await assert.rejects(bench.as(ANALYST).registry(unaborted()), { reason: 'adminOnly' });
      });
    });
  }

  it('has of each registration what people wrote of the table, where the server is of a time that has it', async () => {
    for (const flavour of ['current', '0.52'] as const) {
      await using bench = await ApiBench.start({ flavour });
      const registrations = await bench.as(ADMIN).registry(unaborted());
      const orders = registrations.find(({ id }) => id === 'fresh_orders') ?? assert.fail();
      const { folder, grain, gotchasText, thingsToKnow } = orders;
      assert.equal(folder, 'Sales');
      if (flavour === '0.52') {
        assert.deepEqual([grain, gotchasText, thingsToKnow], [null, null, null]);
        continue;
      }
      assert.equal(grain, 'One order of one shop.');
      assert.equal(thingsToKnow, 'Loaded every hour.\nShops of 2019 have no country.');
      assert.deepEqual(decodeGotchas(gotchasText), [
        { text: 'Cancelled orders stay: filter by status.', isKey: true },
        { text: 'Amounts are in the currency of the shop.', isKey: false },
      ]);
    }
  });

  it('has gotchas also where the server gives them as the text of the column, and none where that is odd', async () => {
    const list = [{ key: true, body: 'Join by id.' }];
    const written = { text: JSON.stringify(list), list, odd: 'Join by id.', none: null, other: 7 };
    const tables = Object.entries(written).map(([id, gotchas]) => standInTable(id, { gotchas }));
    await using bench = await ApiBench.start({ tables, orphans: [] });
    const registrations = await bench.as(ADMIN).registry(unaborted());
    const told = new Map(registrations.map(({ id, gotchasText }) => [id, decodeGotchas(gotchasText)]));
    const gotchas = [{ text: 'Join by id.', isKey: true }];
    assert.deepEqual([told.get('text'), told.get('list')], [gotchas, gotchas]);
    assert.deepEqual([told.get('odd'), told.get('none'), told.get('other')], [[], [], []]);
  });

  it('lacks what the server withholds from this user', async () => {
    await using bench = await ApiBench.start();
    const seen = await bench.as(ANALYST).catalog(unaborted());
    assert.equal(tableIn(seen, 'error_budget'), undefined);
    const { partitionBy, clusteredBy, hasWhereExamples } = tableIn(seen, 'policied_salaries') ?? {};
    assert.deepEqual([partitionBy, clusteredBy, hasWhereExamples], [null, [], false]);
    const open = tableIn(await bench.as(ADMIN).catalog(unaborted()), 'policied_salaries');
    assert.deepEqual([open?.partitionBy, open?.hasWhereExamples], ['event_date', true]);
    bench.server.stackOf(ADMIN).add('fresh_orders');
    const narrowed = await bench.as(ADMIN, { surface: 'stack' }).catalog(unaborted());
    assert.deepEqual(
      narrowed.map(({ id }) => id),
      ['fresh_orders'],
    );
  });

  it('sends its token and its name with each request, and asks for one path a call', async () => {
    await using bench = await ApiBench.start();
    const token = bench.tokenOf(ADMIN);
    const api = bench.withToken(token);
    await api.catalog(unaborted());
    await api.status(unaborted());
    await api.registry(unaborted());
    assert.deepEqual(bench.asked, [`GET ${CATALOG_PATH}`, `GET ${STATUS_PATH}`, `GET ${REGISTRY_PATH}`]);
    for (const { authorization, userAgent, headers } of bench.server.requests) {
      assert.ok(authorization === `Bearer ${token}`);
      assert.equal(userAgent, USER_AGENT);
      assert.equal(headers['accept-encoding'], 'gzip');
    }
  });

  it('reads a catalog of five thousand tables, packed or not', async () => {
    for (const gzip of [false, true]) {
      await using bench = await ApiBench.start({ tables: manyTables(MANY, NOW), gzip });
      const api = bench.as(ANALYST);
      const [tables, status] = await Promise.all([api.catalog(unaborted()), api.status(unaborted())]);
      assert.equal(tables.length, MANY);
      assert.equal(status.rows.length, MANY + 1);
      const last = rowIn(status, 'table_04999');
      assert.deepEqual(last?.knownColumns, ['event_date', 'country_code', 'column_4999']);
      assert.equal(last.refreshedAt, NOW - 36_000_000_000n - 4_999n);
    }
  });

  it('reads an empty server', async () => {
    await using bench = await ApiBench.start({ tables: [], orphans: [] });
    const api = bench.as(ADMIN);
    assert.deepEqual(await api.catalog(unaborted()), []);
    assert.deepEqual((await api.status(unaborted())).rows, []);
    assert.deepEqual(await api.registry(unaborted()), []);
  });

  it('takes a time without an offset for UTC, and one with an offset for what it says, in any zone', async () => {
    // In the hour that New York’s clocks show twice, and in the one that they skip.
    const times = ['2026-11-01T05:30:00.000001Z', '2026-03-08T07:30:00Z', '1969-12-31T23:59:59.999999Z'].map(
      (time) => parseTimestamp(time) ?? 0n,
    );
    const tables = times.map((time, index) =>
      standInTable(`t${index}`, { cached: standInCache({ refreshedAt: time, errorAt: time }) }),
    );
    for (const backend of ['duckdb', 'postgres'] as const) {
      await using bench = await ApiBench.start({ backend, tables, orphans: [] });
      const read = await readElsewhere(bench, 'America/New_York');
      assert.notEqual(read.offsetMinutes, 0, 'that process is in another zone');
      assert.deepEqual(
        read.times,
        times.map((time) => [String(time), String(time)]),
        backend,
      );
      assert.equal(read.serverTime, String(NOW));
    }
  });
});

interface ReadElsewhere {
  readonly offsetMinutes: number;
  readonly times: readonly (readonly [string, string])[];
  readonly serverTime: string;
}

/** What a process in this zone reads of the status. */
async function readElsewhere(bench: ApiBench, zone: string): Promise<ReadElsewhere> {
  const child = spawn(process.execPath, [READ_STATUS, bench.server.origin], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TZ: zone },
  });
  child.stdin.end(bench.tokenOf(ANALYST));
  return JSON.parse(await text(child.stdout)) as ReadElsewhere;
}

function tableIn(tables: readonly ServerTable[], id: string): ServerTable | undefined {
  return tables.find((table) => table.id === id);
}

function rowIn({ rows }: ServerStatus, id: string): ServerStatusRow | undefined {
  return rows.find(({ tableId }) => tableId === id);
}

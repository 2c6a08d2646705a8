import assert from 'node:assert/strict';
import { parseTimestamp } from '../../../src/core/time.ts';
import { AgnesStandIn, type AgnesStandInOptions } from '../../fixtures/agnesServer/agnesStandIn.ts';
import { CATALOG_PATH, REGISTRY_PATH, STATUS_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import {
  standInCache,
  standInTable,
  type StandInCache,
  type StandInTable,
} from '../../fixtures/agnesServer/standInTable.ts';
import { readVectors } from '../../fixtures/vectors.ts';
import { ADMIN, ANALYST, ApiBench, NOW } from './apiBench.ts';
import { ask, type RawAnswer } from './rawRequest.ts';

interface CacheVector {
  readonly rows?: number | null;
  readonly size_bytes?: number | null;
  readonly partition_by?: string | null;
  readonly clustered_by?: readonly string[] | null;
  readonly entity_type?: string | null;
  readonly known_columns?: readonly string[] | null;
  /** Seconds ago. */
  readonly refreshed_at?: number;
  readonly error_at?: number;
  readonly error_msg?: string;
}

interface CatalogVector {
  readonly name: string;
  readonly registry_row: {
    readonly id: string;
    readonly name: string;
    readonly source_type: string | null;
    readonly query_mode: string | null;
    readonly description?: string | null;
    readonly server_only?: boolean;
    readonly access_policy_sql?: string;
  };
  readonly cache_row_seconds_ago: CacheVector | null;
  /** `null` for an administrator. */
  readonly accessible_ids: readonly string[] | null;
  readonly expected: unknown;
}

interface FreshnessVector {
  readonly cache_row: { readonly refreshed_at: string | null; readonly error_at: string | null } | null;
  readonly now: string;
  readonly fresh_threshold: number | null;
  readonly expected: string | null;
  readonly raises?: string;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

function tablesIn({ json }: RawAnswer): Rows {
  return (json as { readonly tables: Rows }).tables;
}

describe('Agnes stand-in: what it tells of tables', () => {
  describe('gives a catalog entry as build_catalog does', () => {
    for (const vector of readVectors<CatalogVector>('catalog')) {
      it(`${vector.id} ${vector.name}`, async () => {
        const { accessible_ids: ids } = vector;
        await using server = await AgnesStandIn.start({ tables: [tableOf(vector)], clock: () => NOW });
        server.addUser({ email: ADMIN, admin: ids === null, sees: ({ id }) => ids?.includes(id) === true });
        const token = server.issueToken(ADMIN, { kind: 'pat', surface: 'all' });
        const answer = await ask(server, `GET ${CATALOG_PATH}`, { token });
        assert.deepEqual(tablesIn(answer), vector.expected);
      });
    }
  });

  it('calls a hundred mebibytes small still, and nothing small as well', async () => {
    const tables = [0n, 104_857_600n].map((sizeBytes) =>
      standInTable(`t${sizeBytes}`, { cached: standInCache({ refreshedAt: NOW, sizeBytes }) }),
    );
    await using bench = await ApiBench.start({ tables });
    const answer = await ask(bench.server, `GET ${CATALOG_PATH}`, { token: bench.tokenOf(ADMIN) });
    assert.deepEqual(
      tablesIn(answer).map(({ rough_size_hint: hint }) => hint),
      ['small', 'small'],
    );
  });

  it('says the freshness that compute_freshness does', async () => {
    for (const vector of readVectors<FreshnessVector>('freshness')) {
      const { status, tables } = await judge(vector);
      if (vector.raises === undefined) {
        assert.deepEqual([status, tables[0]?.['metadata_freshness']], [200, vector.expected], vector.id);
      } else assert.equal(status, 500, vector.id);
    }
  });

  it('leaves out of 0.52 what that had not yet', async () => {
    const keysOf = async (options: AgnesStandInOptions, path: `/${string}`): Promise<readonly string[]> => {
      await using bench = await ApiBench.start(options);
      const answer = await ask(bench.server, `GET ${path}`, { token: bench.tokenOf(ADMIN) });
      return Object.keys(tablesIn(answer)[0] ?? {});
    };
    const older = { flavour: '0.52' } as const;
    const missing = async (path: `/${string}`): Promise<readonly string[]> => {
      const left = new Set(await keysOf(older, path));
      return (await keysOf({}, path)).filter((key) => !left.has(key));
    };
    assert.deepEqual(await missing(CATALOG_PATH), ['server_only']);
    assert.deepEqual(await missing(STATUS_PATH), []);
    assert.ok((await missing(REGISTRY_PATH)).includes('bq_fqn'));
  });

  it('tells everybody each cache row, in the order of ids, of tables that are gone too', async () => {
    await using bench = await ApiBench.start();
    const answer = await ask(bench.server, `GET ${STATUS_PATH}`, { token: bench.tokenOf(ANALYST) });
    const ids = tablesIn(answer).map(({ table_id: id }) => String(id));
    const inOrder = ids.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(ids, inOrder);
    assert.ok(ids.includes('error_budget'), 'not for the eyes of this user');
    assert.ok(ids.includes('orphan_campaigns'), 'not registered');
    assert.ok(!ids.includes('never_fetched_leads'), 'without a cache row');
    const policied = tablesIn(answer).find(({ table_id: id }) => id === 'policied_salaries');
    assert.equal(policied?.['partition_by'], 'event_date');
    bench.server.unregister('fresh_orders');
    const later = await ask(bench.server, `GET ${STATUS_PATH}`, { token: bench.tokenOf(ANALYST) });
    assert.ok(tablesIn(later).some(({ table_id: id }) => id === 'fresh_orders'));
  });

  it('writes times as the two databases do, and lists that are not known as empty ones', async () => {
    const row = async (backend: 'duckdb' | 'postgres', micros: bigint): Promise<unknown> => {
      const cached = standInCache({ refreshedAt: micros, errorAt: micros });
      await using bench = await ApiBench.start({
        backend,
        tables: [standInTable('t', { cached })],
        orphans: [],
      });
      const answer = await ask(bench.server, `GET ${STATUS_PATH}`, { token: bench.tokenOf(ANALYST) });
      const [table] = tablesIn(answer);
      assert.deepEqual([table?.['clustered_by'], table?.['known_columns']], [[], []]);
      assert.equal(table?.['refreshed_at'], table?.['error_at']);
      return table?.['refreshed_at'];
    };
    const micros = parseTimestamp('2026-05-12T10:00:00.123456+00:00') ?? 0n;
    assert.equal(await row('duckdb', micros), '2026-05-12T10:00:00.123456');
    assert.equal(await row('postgres', micros), '2026-05-12T12:00:00.123456+02:00');
    assert.equal(await row('duckdb', micros - 123_456n), '2026-05-12T10:00:00');
  });

  it('writes whole numbers of any size, and its clock with an offset', async () => {
    await using bench = await ApiBench.start();
    for (const path of [CATALOG_PATH, STATUS_PATH] as const) {
      const { text, json } = await ask(bench.server, `GET ${path}`, { token: bench.tokenOf(ADMIN) });
      assert.match(text, /"rows":9007199254740993,"size_bytes":9223372036854775807,/);
      const { server_time: time } = json as { readonly server_time: string };
      assert.match(time, /\+00:00$/);
      assert.equal(parseTimestamp(time), NOW);
    }
  });

  it('judges by twice its interval', async () => {
    await using bench = await ApiBench.start({ intervalSeconds: 600 });
    const { json } = await ask(bench.server, `GET ${STATUS_PATH}`, { token: bench.tokenOf(ANALYST) });
    const status = json as Readonly<Record<string, unknown>>;
    assert.deepEqual([status['scheduler_interval_seconds'], status['fresh_threshold_seconds']], [600, 1_200]);
  });
});

function tableOf({ registry_row: row, cache_row_seconds_ago: cache }: CatalogVector): StandInTable {
  return standInTable(row.id, {
    name: row.name,
    sourceType: row.source_type,
    queryMode: row.query_mode,
    description: row.description ?? null,
    serverOnly: row.server_only ?? false,
    accessPolicy: row.access_policy_sql !== undefined,
    cached: cache === null ? null : cacheOf(cache),
  });
}

function cacheOf(vector: CacheVector): StandInCache {
  return standInCache({
    rows: bigintOf(vector.rows),
    sizeBytes: bigintOf(vector.size_bytes),
    partitionBy: vector.partition_by ?? null,
    clusteredBy: vector.clustered_by ?? null,
    entityType: vector.entity_type ?? null,
    knownColumns: vector.known_columns ?? null,
    refreshedAt: ago(vector.refreshed_at),
    errorAt: ago(vector.error_at),
    errorMsg: vector.error_msg ?? null,
  });
}

function bigintOf(value: number | null | undefined): bigint | null {
  return value === null || value === undefined ? null : BigInt(value);
}

function ago(seconds: number | undefined): bigint | null {
  return seconds === undefined ? null : NOW - BigInt(seconds) * 1_000_000n;
}

async function judge({
  cache_row: row,
  now,
  fresh_threshold: threshold,
}: FreshnessVector): Promise<{ readonly status: number; readonly tables: Rows }> {
  const micros = parseTimestamp(now) ?? 0n;
  const cached =
    row === null
      ? null
      : standInCache({ refreshedAt: timeOf(row.refreshed_at), errorAt: timeOf(row.error_at) });
  await using server = await AgnesStandIn.start({
    tables: [standInTable('t', { cached })],
    clock: () => micros,
    ...(threshold !== null && { intervalSeconds: threshold / 2 }),
  });
  server.addUser({ email: ADMIN, admin: true });
  const token = server.issueToken(ADMIN, { kind: 'pat', surface: 'all', expiresAt: null });
  const answer = await ask(server, `GET ${CATALOG_PATH}`, { token });
  return { status: answer.status, tables: answer.status === 200 ? tablesIn(answer) : [] };
}

function timeOf(text: string | null): bigint | null {
  return text === null ? null : (parseTimestamp(text) ?? null);
}

import assert from 'node:assert/strict';
import { AgnesApi } from '../../../src/adapters/agnesApi/agnesApi.ts';
import { probeServer } from '../../../src/adapters/agnesApi/serverProbe.ts';
import { computeFreshness } from '../../../src/core/freshness.ts';
import { decodeGotchas, MAX_GOTCHA_CODE_POINTS, MAX_GOTCHAS } from '../../../src/core/gotchas.ts';
import { MICROS_PER_SECOND } from '../../../src/core/time.ts';
import type { ServerRegistration, ServerStatusRow, ServerTable } from '../../../src/ports/agnesServer.ts';
import { CATALOG_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import { ADMIN, ApiBench, unaborted } from './apiBench.ts';
import { readOnlyServers, type ReadOnlyServer } from './readOnlyServers.ts';
import { withoutToken } from './withoutToken.ts';

const DAY = 86_400n * MICROS_PER_SECOND;
/** Rows that are as near to the threshold may be judged differently by two answers. */
const NEAR = 600n * MICROS_PER_SECOND;
const WORDS: ReadonlySet<string> = new Set(['fresh', 'stale', 'error', 'never_fetched', 'not_applicable']);

/** What holds for every server, so that it can be checked on a real one too: nothing here changes anything. */
describe('Agnes API: reading, on any server', () => {
  for (const { name, open } of readOnlyServers(process.env)) {
    describe(`such as ${name}`, () => {
      let server: ReadOnlyServer;
      let api: AgnesApi;
      const warnings: string[] = [];
      before(async () => {
        server = await open();
        const ignore = (): void => undefined;
        const log = {
          debug: ignore,
          info: ignore,
          warn: (line: string) => void warnings.push(line),
          error: ignore,
        };
        api = new AgnesApi({ http: server.http, token: () => Promise.resolve(server.token), log });
      });
      after(() => server[Symbol.asyncDispose]());
      const check = (title: string, body: () => Promise<void>): void => {
        it(title, () => withoutToken(server.token, body));
      };

      check('it is found, and tells a version', async () => {
        const { version } = await probeServer(server.http, unaborted());
        assert.notEqual(version, undefined);
      });

      check('each table of the catalog has an id of its own, a name, and a known word', async () => {
        const tables = await api.catalog(unaborted());
        assert.equal(new Set(tables.map(({ id }) => id)).size, tables.length, 'ids are unique');
        for (const table of tables) checkTable(table);
      });

      check('each cache row has an id of its own, good numbers, and times that have been', async () => {
        const { rows, serverTime, intervalSeconds, thresholdSeconds } = await api.status(unaborted());
        assert.ok(intervalSeconds > 0n);
        assert.equal(thresholdSeconds, 2n * intervalSeconds);
        assert.ok(distance(serverTime, BigInt(Date.now()) * 1_000n) < DAY, 'its clock is near to ours');
        assert.equal(new Set(rows.map(({ tableId }) => tableId)).size, rows.length, 'ids are unique');
        for (const row of rows) checkRow(row, serverTime);
        assert.deepEqual(warnings, [], 'each time can be read');
      });

      check('the catalog judges by the times and the threshold of the status', async () => {
        const before = await api.status(unaborted());
        const tables = await api.catalog(unaborted());
        const after = await api.status(unaborted());
        const [earlier, latest] = [byId(before.rows), byId(after.rows)];
        for (const { id, freshness } of tables) {
          if (freshness === 'not_applicable') continue;
          const row = earlier.get(id);
          const later = latest.get(id);
          if (!isSame(row, later)) continue; // a refresh came between
          const times = row ?? null;
          const first = computeFreshness(times, after.serverTime - NEAR, after.thresholdSeconds);
          const last = computeFreshness(times, after.serverTime + NEAR, after.thresholdSeconds);
          assert.ok(freshness === first || freshness === last, `${id}: ${freshness}, not ${first}`);
        }
      });

      check('the registry is for administrators, who find the tables in it that they see', async () => {
        const registrations = await api.registry(unaborted()).catch((thrown: unknown) => {
          assert.equal((thrown as { readonly reason?: unknown }).reason, 'adminOnly');
          return undefined;
        });
        if (registrations === undefined) return;
        for (const registration of registrations) checkRegistration(registration);
        assert.ok(registrations.length >= (await api.catalog(unaborted())).length);
      });
    });
  }

  it('sends nothing that changes anything', async () => {
    const [first] = readOnlyServers({});
    await using server = (await first?.open()) ?? assert.fail();
    const post = { method: 'POST', path: CATALOG_PATH, deadlineMs: 1_000, signal: unaborted() } as const;
    await assert.rejects(server.http.request(post), /POST is not for reading/);
  });

  it('fails without the token, wherever that comes from', async () => {
    await using bench = await ApiBench.start();
    const token = bench.tokenOf(ADMIN);
    const repeats = JSON.stringify({ tables: [{ id: token, metadata_freshness: 'fresh' }] });
    bench.server.fault(CATALOG_PATH, { kind: 'status', status: 200, body: repeats });
    const failing = withoutToken(token, async () => {
      assert.deepEqual(await bench.withToken(token).catalog(unaborted()), [{ authorization: token }]);
    });
    const thrown: unknown = await failing.catch((error: unknown) => error);
    assert.ok(thrown instanceof Error);
    assert.match(thrown.message, /authorization/);
    for (const part of token.split('.')) {
      assert.ok(![thrown.message, thrown.stack].some((text) => text?.includes(part)));
    }
  });
});

function checkTable({ id, name, sourceType, queryMode, freshness, ...table }: ServerTable): void {
  assert.ok(id !== '');
  assert.ok(name !== '', id);
  assert.ok(WORDS.has(freshness), id);
  const isRemote = sourceType === 'bigquery' && queryMode === 'remote';
  assert.equal(freshness === 'not_applicable', !isRemote, id);
  assert.ok(
    table.clusteredBy.every((column) => column !== ''),
    id,
  );
}

/** Documentation is there where somebody wrote it: then it says something, and is no longer than what is shown of it. */
function checkRegistration({ id, folder, grain, gotchasText, thingsToKnow }: ServerRegistration): void {
  assert.ok(id !== '');
  for (const text of [folder, grain, thingsToKnow]) {
    assert.ok(text === null || (text.trim() !== '' && Array.from(text).length <= 65_536), id);
  }
  const gotchas = decodeGotchas(gotchasText);
  assert.equal(gotchasText === null, gotchas.length === 0, id);
  assert.ok(gotchas.length <= MAX_GOTCHAS, id);
  for (const { text } of gotchas) {
    assert.ok(text.trim() !== '' && Array.from(text).length <= MAX_GOTCHA_CODE_POINTS, id);
  }
}

function checkRow(row: ServerStatusRow, serverTime: bigint): void {
  const { tableId: id, refreshedAt, errorAt, errorMessage, rows, sizeBytes, knownColumns } = row;
  assert.ok(id !== '');
  for (const time of [refreshedAt, errorAt]) {
    assert.ok(time === null || (time > 0n && time < serverTime + DAY), `${id}: ${String(time)}`);
  }
  assert.ok(errorMessage === null || errorAt !== null, id);
  assert.ok((rows ?? 0n) >= 0n && (sizeBytes ?? 0n) >= 0n, id);
  assert.ok(
    knownColumns.every((column) => column !== ''),
    id,
  );
}

function byId(rows: readonly ServerStatusRow[]): ReadonlyMap<string, ServerStatusRow> {
  return new Map(rows.map((row) => [row.tableId, row]));
}

function isSame(row: ServerStatusRow | undefined, later: ServerStatusRow | undefined): boolean {
  return row?.refreshedAt === later?.refreshedAt && row?.errorAt === later?.errorAt;
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}

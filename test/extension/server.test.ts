import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension.ts';
import { COMMANDS } from '../../src/host/commandIds.ts';
import type { TableModel } from '../../src/sources/tableModel.ts';
import { AgnesStandIn } from '../fixtures/agnesServer/agnesStandIn.ts';
import { standInOrphans, standInTables } from '../fixtures/agnesServer/standInTables.ts';
import { activeExtension, idsIn, TestSettings, until } from './support.ts';

const ADMIN = 'admin@acme.example';
const ANALYST = 'analyst@acme.example';
const RUN = '/api/admin/run-bq-metadata-refresh';
const CATALOG = '/api/v2/catalog';
/** Nobody has this name: a request gets somewhere only through a proxy. */
const FAR = 'https://agnes.invalid';

describe('an Agnes server', () => {
  const settings = new TestSettings();
  let model: TableModel;
  let parts: ExtensionApi;
  let server: AgnesStandIn;

  before(async () => {
    parts = await activeExtension();
    ({ model } = parts);
  });
  beforeEach(async () => {
    await settings.set({ autoRefresh: false });
    server = await startStandIn();
  });
  afterEach(async () => {
    await parts.controller.useSetting();
    for (const origin of parts.tokens.origins) await parts.tokens.delete(origin);
    await server.close();
    await settings.reset();
  });

  async function signIn(email: string, surface: 'all' | 'stack' = 'all'): Promise<string> {
    const token = server.issueToken(email, { kind: 'pat', surface });
    await parts.tokens.put(server.origin, token);
    return token;
  }

  async function connect(email: string, surface: 'all' | 'stack' = 'all'): Promise<string> {
    const token = await signIn(email, surface);
    await parts.controller.choose({ kind: 'server', origin: server.origin, signIn: 'own' });
    await until(model, ({ snapshot, source }) => snapshot !== undefined && source?.server !== undefined);
    return token;
  }

  /** A call, because the compiler takes what was asserted once for settled. */
  const reason = (): string | undefined => model.failure?.reason;

  const posted = (path: string): number =>
    server.requests.filter((request) => request.method === 'POST' && request.path === path).length;

  it('asks nothing without a sign-in, and shows its tables as soon as there is one', async () => {
    await parts.controller.reopen({ kind: 'server', origin: server.origin, signIn: 'own' });
    assert.equal(reason(), 'signedOut');
    assert.deepEqual(
      server.requests.filter(({ path }) => path === CATALOG),
      [],
    );
    await signIn(ANALYST);
    await until(model, ({ snapshot }) => snapshot !== undefined);
    assert.equal(reason(), undefined);
    assert.ok(model.counts.total > 5);
    assert.equal(model.table('error_budget'), undefined, 'the catalog does not show it');
    assert.equal(model.table('local_notes'), undefined, 'it is not of BigQuery');
    assert.equal(model.table('orphan_campaigns'), undefined, 'it is not registered');
  });

  it('is read only for who is not an administrator, who posts nothing', async () => {
    await connect(ANALYST);
    assert.equal(model.snapshot?.refreshObstacle?.reason, 'adminOnly');
    assert.deepEqual(
      [model.source?.capabilities.refresh, model.source?.capabilities.dataset],
      [false, false],
    );
    await assert.rejects(
      model.source?.refreshTable('fresh_orders', new AbortController().signal) ?? assert.fail(),
      { reason: 'adminOnly' },
    );
    assert.equal(posted(RUN), 0);
    assert.equal(posted('/api/v2/metadata-cache/refresh'), 0);
  });

  it('hides column-level facts that the catalog withholds', async () => {
    await connect(ANALYST);
    const policied = model.table('policied_salaries');
    assert.equal(policied?.registration.hasAccessPolicy, true);
    assert.deepEqual([policied.cached?.partitionBy, policied.cached?.clusteredBy], [null, null]);
    const details = await model.source?.details('policied_salaries');
    assert.equal(details?.knownColumns, null);
    const open = await model.source?.details('fresh_orders');
    assert.deepEqual(open?.knownColumns, ['event_date', 'country_code', 'platform', 'user_id']);
  });

  it('refreshes everything for an administrator, and follows the run', async () => {
    await connect(ADMIN);
    assert.equal(model.source?.capabilities.dataset, true);
    const hold = server.holdRuns();
    const refreshed = vscode.commands.executeCommand(COMMANDS.refreshAll);
    await server.waitForRequest(({ path }) => path === RUN);
    await until(model, ({ currentRun }) => currentRun?.place.kind === 'server');
    hold.settleNext(3);
    await until(model, ({ currentRun }) => (currentRun?.progress.done ?? 0) >= 1);
    hold.finish();
    await refreshed;
    await until(model, ({ currentRun, lastRun }) => currentRun === undefined && lastRun !== undefined);
    assert.equal(model.lastRun?.summary.runId, server.runs[0]?.runId);
    assert.equal(model.lastRun?.summary.total, server.runs[0]?.tables.length);
    assert.equal(posted(RUN), 1);
    assert.deepEqual(idsIn(model, 'never_fetched'), []);
  });

  it('joins a run that the server is at already', async () => {
    await connect(ADMIN);
    const hold = server.holdRuns();
    server.startRun();
    const refreshed = vscode.commands.executeCommand(COMMANDS.refreshAll);
    await until(model, ({ currentRun }) => currentRun !== undefined && currentRun.runId !== null);
    assert.equal(model.currentRun?.runId, server.runs[0]?.runId);
    hold.finish();
    await refreshed;
    assert.equal(server.runs.length, 1);
  });

  it('goes on following a run whose connection is cut', async () => {
    await connect(ADMIN);
    const hold = server.holdRuns();
    const refreshed = vscode.commands.executeCommand(COMMANDS.refreshAll);
    await server.waitForRequest(({ path }) => path === RUN);
    server.cutRunResponse();
    await until(model, ({ currentRun }) => currentRun !== undefined);
    hold.finish();
    await refreshed;
    await until(model, ({ lastRun }) => lastRun !== undefined);
    assert.equal(server.runs.length, 1);
    assert.equal(model.lastRun?.summary.endedBy, null);
  });

  it('refreshes one table, and tells the server’s own error', async () => {
    await connect(ADMIN);
    server.outcomeOf('fresh_orders', { kind: 'error', message: 'Forbidden: 403 no access' });
    await vscode.commands.executeCommand(COMMANDS.refreshTable, 'never_fetched_leads');
    await until(model, () => model.table('never_fetched_leads')?.freshness === 'fresh');
    await vscode.commands.executeCommand(COMMANDS.refreshTable, 'fresh_orders');
    await until(model, () => model.table('fresh_orders')?.lastAttemptFailed === true);
    assert.match(model.table('fresh_orders')?.cached?.errorMessage ?? '', /403 no access/);
  });

  it('keeps what it shows when the sign-in ends, and goes on with a new one', async () => {
    const token = await connect(ANALYST);
    server.expire(token);
    await vscode.commands.executeCommand(COMMANDS.reload);
    assert.equal(reason(), 'signInExpired');
    assert.ok(model.counts.total > 0);
    await signIn(ANALYST);
    await until(model, ({ failure, snapshot }) => failure === undefined && snapshot !== undefined);
  });

  it('forgets the token and the tables at Sign Out', async () => {
    await connect(ANALYST);
    await vscode.commands.executeCommand(COMMANDS.signOut);
    assert.equal(reason(), 'signedOut');
    assert.equal(model.snapshot, undefined);
    assert.equal(await parts.tokens.get(server.origin), undefined);
    assert.deepEqual(parts.tokens.origins, []);
  });

  describe('with the sign-in of the Agnes CLI', () => {
    const folder = process.env['AGNES_CONFIG_DIR'] ?? assert.fail('a test has its own');
    const files = ['config.yaml', 'token.json'].map((name) => path.join(folder, name));

    afterEach(() => {
      for (const file of files) rmSync(file, { force: true });
    });

    /** As the CLI saves it. */
    function saveSignIn(email: string): string {
      const token = server.issueToken(email, { kind: 'pat', surface: 'all' });
      const texts = [`server: ${server.origin}\n`, JSON.stringify({ access_token: token, email })];
      files.forEach((file, index) => writeFileSync(file, texts[index] ?? '', { mode: 0o600 }));
      return token;
    }

    it('shows what its user sees, and another one’s tables when that is another one', async () => {
      saveSignIn(ADMIN);
      await parts.controller.choose({ kind: 'server', origin: server.origin, signIn: 'cli' });
      await until(model, ({ source }) => source?.capabilities.dataset === true);
      assert.equal(model.source?.server?.account?.email, ADMIN);
      saveSignIn(ANALYST);
      await vscode.commands.executeCommand(COMMANDS.reload);
      await until(
        model,
        ({ source, snapshot }) => snapshot !== undefined && source?.server?.account?.email === ANALYST,
      );
      const { source = assert.fail(), snapshot } = model;
      assert.deepEqual(
        [source.capabilities.dataset, snapshot?.refreshObstacle?.reason],
        [false, 'adminOnly'],
      );
      assert.equal(model.table('error_budget'), undefined);
    });

    it('is signed out of for good, also where there is an own sign-in of before', async () => {
      await signIn(ADMIN);
      saveSignIn(ANALYST);
      await parts.controller.choose({ kind: 'server', origin: server.origin, signIn: 'cli' });
      await vscode.commands.executeCommand(COMMANDS.signOut);
      assert.equal(reason(), 'signedOut');
      assert.equal(await parts.tokens.get(server.origin), undefined);
    });
  });

  it('sends a token to its own server alone', async () => {
    const token = await connect(ANALYST);
    await using other = await startStandIn();
    await parts.controller.reopen({ kind: 'server', origin: other.origin, signIn: 'own' });
    assert.equal(reason(), 'signedOut');
    server.fault(CATALOG, { kind: 'redirect', to: `${other.origin}${CATALOG}` });
    await parts.controller.reopen({ kind: 'server', origin: server.origin, signIn: 'own' });
    assert.equal(reason(), 'serverMoved');
    assert.ok(server.requests.some(({ authorization }) => authorization === `Bearer ${token}`));
    assert.deepEqual(
      other.requests.filter(({ authorization }) => authorization !== undefined),
      [],
    );
  });

  it('goes through the proxy of VS Code’s settings', async () => {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', ({ url = '' }, socket) => {
      asked.push(url);
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const configuration = vscode.workspace.getConfiguration('http');
    const set = (proxyUrl: string | undefined, ofLocalSide: boolean | undefined): Thenable<unknown> =>
      Promise.all([
        configuration.update('proxy', proxyUrl, vscode.ConfigurationTarget.Global),
        // The test host's browser is the local side, and has no proxy of its own.
        configuration.update('useLocalProxyConfiguration', ofLocalSide, vscode.ConfigurationTarget.Global),
      ]);
    await set(`http://127.0.0.1:${port}`, false);
    try {
      await parts.tokens.put(FAR, server.issueToken(ANALYST, { kind: 'pat', surface: 'all' }));
      await parts.controller.reopen({ kind: 'server', origin: FAR, signIn: 'own' });
      assert.equal(reason(), 'serverUnavailable');
      assert.ok(asked.includes(`${new URL(FAR).host}:443`), asked.join('\n'));
    } finally {
      await set(undefined, undefined);
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it('drops what an earlier source answers late', async () => {
    await connect(ANALYST);
    const gate = Promise.withResolvers<undefined>();
    const seen = server.requests.length;
    server.fault(CATALOG, { kind: 'slow', until: gate.promise });
    const reading = vscode.commands.executeCommand(COMMANDS.reload);
    await server.waitForRequest(({ path }) => path === CATALOG, seen);
    await vscode.commands.executeCommand(COMMANDS.openSampleCatalog);
    await until(
      model,
      ({ snapshot, source }) => snapshot !== undefined && source?.label === 'Sample catalog',
    );
    gate.resolve(undefined);
    await reading;
    assert.equal(model.source?.label, 'Sample catalog');
    assert.equal(model.table('fresh_orders'), undefined);
  });

  it('says how many tables a run takes where the sign-in shows fewer', async () => {
    server.stackOf(ADMIN).add('fresh_orders').add('stale_visits');
    await connect(ADMIN, 'stack');
    assert.equal(model.counts.total, 2);
    assert.ok((model.source?.server?.tablesOfRun ?? 0) > 5);
  });
});

async function startStandIn(): Promise<AgnesStandIn> {
  const now = BigInt(Date.now()) * 1_000n;
  const server = await AgnesStandIn.start({ tables: standInTables(now), orphans: standInOrphans(now) });
  server.addUser({ email: ADMIN, admin: true });
  server.addUser({ email: ANALYST, admin: false, sees: ({ id }) => id !== 'error_budget' });
  return server;
}

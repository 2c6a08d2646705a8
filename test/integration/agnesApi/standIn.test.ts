import assert from 'node:assert/strict';
import type { AgnesStandIn } from '../../fixtures/agnesServer/agnesStandIn.ts';
import {
  CATALOG_PATH,
  REFRESH_PATH,
  REGISTRY_PATH,
  RUN_PATH,
  STATUS_PATH,
} from '../../fixtures/agnesServer/endpoints.ts';
import { ADMIN, ANALYST, ApiBench } from './apiBench.ts';
import { ask } from './rawRequest.ts';

const ALL = [
  `GET ${CATALOG_PATH}`,
  `GET ${STATUS_PATH}`,
  `GET ${REGISTRY_PATH}`,
  `POST ${REFRESH_PATH}?table=fresh_orders`,
  `POST ${RUN_PATH}`,
] as const;

describe('Agnes stand-in: who may ask', () => {
  let bench: ApiBench;
  let server: AgnesStandIn;
  beforeEach(async () => {
    bench = await ApiBench.start();
    ({ server } = bench);
  });
  afterEach(() => server.close());

  const catalogWith = async (token: string): Promise<unknown> => {
    const { status, json } = await ask(server, `GET ${CATALOG_PATH}`, { token });
    return { status, ...(status === 200 ? {} : { json }) };
  };

  it('answers nobody without a bearer token, but for health and version', async () => {
    const missing = { detail: 'Missing or invalid Authorization header' };
    for (const endpoint of ALL) {
      for (const headers of [{}, { authorization: 'bearer x' }, { authorization: 'Bearer ' }]) {
        const { status, json } = await ask(server, endpoint, { headers });
        assert.deepEqual([status, json], [401, missing], endpoint);
      }
    }
    assert.equal((await ask(server, 'GET /api/health')).status, 200);
    assert.equal((await ask(server, 'GET /api/version')).status, 200);
  });

  it('says of a foreign, damaged or expired token the same, and of others what its records say', async () => {
    const refused = (detail: string): unknown => ({ status: 401, json: { detail } });
    const token = bench.tokenOf(ANALYST);
    assert.deepEqual(await catalogWith(token), { status: 200 });
    const [head, payload, signature] = token.split('.');
    for (const bad of ['x', `${head}.${payload}`, `${head}.${payload}.`, `${payload}.${head}.${signature}`]) {
      assert.deepEqual(await catalogWith(bad), refused('Invalid or expired token'), bad);
    }
    const ended = server.issueToken(ANALYST, { kind: 'pat', surface: 'all', expiresAt: 1_000_000n });
    assert.deepEqual(await catalogWith(ended), refused('Invalid or expired token'));
    const agent = server.issueToken(ANALYST, { kind: 'agent', surface: 'all' });
    assert.deepEqual(await catalogWith(agent), refused('Agent token not valid on this surface'));
    server.revoke(token);
    assert.deepEqual(await catalogWith(token), refused('Token revoked'));
    const expired = bench.tokenOf(ANALYST);
    server.expire(expired);
    assert.deepEqual(await catalogWith(expired), refused('Token expired'));
    const other = bench.tokenOf(ANALYST);
    server.refuse(other, 'Token mismatch');
    assert.deepEqual(await catalogWith(other), refused('Token mismatch'));
    const last = bench.tokenOf(ANALYST);
    server.deactivate(ANALYST);
    assert.deepEqual(await catalogWith(last), refused('Account deactivated'));
    server.removeUser(ANALYST);
    assert.deepEqual(await catalogWith(last), refused('User not found'));
  });

  it('takes sessions, and tokens that never end', async () => {
    assert.deepEqual(await catalogWith(server.issueToken(ANALYST, { kind: 'session', surface: 'all' })), {
      status: 200,
    });
    const endless = server.issueToken(ANALYST, { kind: 'pat', surface: 'all', expiresAt: null });
    assert.deepEqual(await catalogWith(endless), { status: 200 });
  });

  it('gives a token the claims of the server', () => {
    const claimsOf = (token: string): object =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
    assert.deepEqual(Object.keys(claimsOf(bench.tokenOf(ADMIN))).sort(), [
      'email',
      'exp',
      'iat',
      'jti',
      'scope',
      'sub',
      'typ',
    ]);
    const endless = claimsOf(server.issueToken(ADMIN, { kind: 'pat', surface: 'all', expiresAt: null }));
    assert.equal('exp' in endless, false);
  });

  it('lets administrators alone refresh and read the registry', async () => {
    const token = bench.tokenOf(ANALYST);
    for (const endpoint of ALL) {
      const { status, json } = await ask(server, endpoint, { token });
      if (endpoint.startsWith('GET /api/v2/')) assert.equal(status, 200, endpoint);
      else assert.deepEqual([status, json], [403, { detail: 'Admin access required' }], endpoint);
    }
    assert.equal(server.runs.length, 0);
  });

  it('narrows what an administrator sees by the own stack, not the right to refresh', async () => {
    server.stackOf(ADMIN).add('fresh_orders');
    const token = bench.tokenOf(ADMIN, 'stack');
    const { json } = await ask(server, `GET ${CATALOG_PATH}`, { token });
    assert.deepEqual(
      (json as { readonly tables: readonly { readonly id: string }[] }).tables.map(({ id }) => id),
      ['fresh_orders'],
    );
    assert.equal((await ask(server, `POST ${RUN_PATH}`, { token })).status, 200);
    assert.equal((await ask(server, `GET ${REGISTRY_PATH}`, { token })).status, 200);
  });
});

describe('Agnes stand-in: common behaviour', () => {
  it('tells its schema, and what it has in its environment as its version', async () => {
    await using bench = await ApiBench.start();
    assert.deepEqual((await ask(bench.server, 'GET /api/health')).json, {
      status: 'ok',
      vault_key_configured: false,
      db_schema: 'ok',
      current: 121,
      expected: 121,
    });
    const { json } = await ask(bench.server, 'GET /api/version');
    assert.deepEqual(Object.keys(json as object), ['version', 'channel', 'image_tag', 'deployed_at']);
    await using older = await ApiBench.start({ flavour: '0.52' });
    assert.deepEqual((await ask(older.server, 'GET /api/health')).json, {
      status: 'ok',
      db_schema: 'ok',
      current: 40,
      expected: 40,
    });
  });

  it('names its versions on /api/ alone, and what it accepts where it is not of 0.52', async () => {
    const namesOf = async (bench: ApiBench, path: `/${string}`): Promise<readonly string[]> => {
      const { headers } = await ask(bench.server, `GET ${path}`);
      return [...headers.keys()].filter((name) => name.startsWith('x-agnes-'));
    };
    await using bench = await ApiBench.start();
    const versions = ['x-agnes-latest-version', 'x-agnes-min-version'];
    assert.deepEqual(await namesOf(bench, '/api/health'), ['x-agnes-accepts', ...versions]);
    assert.deepEqual(await namesOf(bench, '/healthz'), []);
    await using older = await ApiBench.start({ flavour: '0.52' });
    assert.deepEqual(await namesOf(older, '/api/health'), versions);
  });

  it('gives each answer an id, the one of the request where that is fit to be repeated', async () => {
    await using bench = await ApiBench.start();
    const idFor = async (id: string): Promise<string | null> => {
      const { headers } = await ask(bench.server, 'GET /healthz', { headers: { 'x-request-id': id } });
      return headers.get('x-request-id');
    };
    assert.equal(await idFor('run-7.a_b'), 'run-7.a_b');
    assert.match((await idFor('a b<c>')) ?? '', /^[0-9a-f]{32}$/);
  });

  it('knows no other path, and no other method', async () => {
    await using bench = await ApiBench.start();
    assert.deepEqual((await ask(bench.server, 'GET /api/v3/catalog')).json, { detail: 'Not Found' });
    const { status, json } = await ask(bench.server, `PUT ${CATALOG_PATH}`);
    assert.deepEqual([status, json], [405, { detail: 'Method Not Allowed' }]);
  });

  it('packs for who accepts it, and only with that option', async () => {
    await using packing = await ApiBench.start({ gzip: true });
    const encodingFor = async (bench: ApiBench, accepted: string): Promise<string | null> => {
      const headers = { 'accept-encoding': accepted };
      const { headers: sent, json } = await ask(bench.server, 'GET /api/health', { headers });
      assert.ok(json !== undefined);
      return sent.get('content-encoding');
    };
    assert.equal(await encodingFor(packing, 'gzip'), 'gzip');
    assert.equal(await encodingFor(packing, 'identity'), null);
    await using plain = await ApiBench.start();
    assert.equal(await encodingFor(plain, 'gzip'), null);
  });

  it('tells a request that arrived, before and after, and no more when it is closed', async () => {
    await using bench = await ApiBench.start();
    const { server } = bench;
    const coming = server.waitForRequest(({ path }) => path === '/api/version');
    await ask(server, 'GET /api/version', { token: 'x' });
    assert.equal((await coming).authorization, 'Bearer x');
    assert.equal((await server.waitForRequest(({ path }) => path === '/api/version')).method, 'GET');
    const never = server.waitForRequest(({ path }) => path === '/api/version', 1);
    const rejected = assert.rejects(never, /closed/);
    await server.close();
    await rejected;
  });
});

import assert from 'node:assert/strict';
import type { FailureReason } from '../../../src/core/failure.ts';
import { CATALOG_PATH, STATUS_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import type { Fault } from '../../fixtures/agnesServer/faults.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ADMIN, ANALYST, ApiBench, failureOf, unaborted } from './apiBench.ts';

const READ_DEADLINE_MS = 60_000;

const IN_PLACE_OF_AN_ANSWER: readonly [string, Fault, FailureReason][] = [
  ['a connection that ends before an answer', 'cutBeforeAnswer', 'serverUnreachable'],
  ['a connection that ends in the answer', 'cutInTheMiddle', 'serverUnreachable'],
  ['text that ends early', 'garbage', 'serverAnswerInvalid'],
  ['JSON of another program', 'notAgnes', 'serverAnswerInvalid'],
  ['a body without end', 'endless', 'serverAnswerInvalid'],
  ['an empty answer', status(200, ''), 'serverAnswerInvalid'],
  ['a number', status(200, '7'), 'serverAnswerInvalid'],
  ['a page in place of the answer', html(200, 'Sign in'), 'serverLoginPage'],
  ['a page that asks for a sign-in', html(401, 'Sign in'), 'serverLoginPage'],
  ['a page that forbids', html(403, 'Blocked'), 'serverLoginPage'],
  ['a network that asks for a sign-in', html(511, 'Sign in'), 'serverLoginPage'],
  ['a proxy that asks for a sign-in', html(407, 'Proxy'), 'serverUnreachable'],
  ['a proxy without a server', html(502, 'Bad Gateway'), 'serverUnavailable'],
  ['a server that is restarted', html(503, 'Service Unavailable'), 'serverUnavailable'],
  ['a proxy that gave up', html(504, 'Gateway Time-out'), 'serverUnavailable'],
  ['a proxy that gave up, in JSON', status(504, '{"message":"timeout"}'), 'serverUnavailable'],
  ['a CDN without a server', html(520, 'Unknown Error'), 'serverUnavailable'],
  ['too many requests', { kind: 'rateLimited' }, 'serverUnavailable'],
  ['a fault of the server', status(500, '{"detail":"Internal server error"}'), 'serverError'],
  ['a fault of a proxy', html(500, 'Internal Server Error'), 'serverError'],
  ['a request that the server finds wrong', status(422, '{"detail":[]}'), 'serverError'],
  ['a server without the path', status(404, '{"detail":"Not Found"}'), 'serverTooOld'],
  ['a server without the method', status(405, '{"detail":"Method Not Allowed"}'), 'serverTooOld'],
  ['another server in its place for a while', html(404, 'Not Found'), 'serverUnavailable'],
  ['another server in its place, in JSON', status(404, '{"error":"no route"}'), 'serverUnavailable'],
  ['another server that refuses', status(400, 'Bad Request'), 'serverUnavailable'],
  ['a router without a server', plain(404, 'default backend - 404'), 'serverUnavailable'],
  ['a text in place of the answer', plain(200, 'Back soon'), 'serverUnavailable'],
  ['a gateway that asks for a sign-in, in JSON', status(401, '{"message":"no"}'), 'serverLoginPage'],
  ['an administrator’s right', status(403, '{"detail":"Admin access required"}'), 'adminOnly'],
  ['an administrator’s right at rest', status(403, '{"detail":"admin_elevation_paused"}'), 'adminOnly'],
  ['another right', status(403, '{"detail":"Domain not allowed"}'), 'serverForbidden'],
];

const UNAUTHORIZED: readonly [string, FailureReason][] = [
  ['Missing or invalid Authorization header', 'signInExpired'],
  ['Invalid or expired token', 'signInExpired'],
  ['Token revoked', 'signInExpired'],
  ['Token expired', 'signInExpired'],
  ['Token unknown', 'signInExpired'],
  ['Token mismatch', 'signInExpired'],
  ['User not found', 'signInExpired'],
  ['Scheduler user not provisioned', 'signInExpired'],
  ['Account deactivated', 'accountDeactivated'],
  ['Agent token not valid on this surface', 'tokenWrongKind'],
  ['git_scope_token_not_allowed', 'tokenWrongKind'],
];

describe('Agnes API: faults', () => {
  let bench: ApiBench;
  beforeEach(async () => {
    bench = await ApiBench.start();
  });
  afterEach(() => bench.server.close());

  describe('tell whose they are', () => {
    for (const [name, fault, reason] of IN_PLACE_OF_AN_ANSWER) {
      it(`${name}: ${reason}`, async () => {
        bench.server.fault('*', fault);
        const token = bench.tokenOf(ADMIN);
        const failure = await failureOf(bench.withToken(token).catalog(unaborted()));
        assert.equal(failure.reason, reason, failure.message);
        assert.ok(!failure.message.includes(token));
        assert.equal(bench.server.requests.length, 1, 'nothing is sent twice');
      });
    }
  });

  describe('of a sign-in tell what there is to do', () => {
    for (const [detail, reason] of UNAUTHORIZED) {
      it(`${detail}: ${reason}`, async () => {
        const token = bench.tokenOf(ANALYST);
        bench.server.refuse(token, detail);
        assert.equal((await failureOf(bench.withToken(token).catalog(unaborted()))).reason, reason);
      });
    }
  });

  it('of a sign-in are told so when the server tells them itself', async () => {
    const { server } = bench;
    const reasonWith = async (token: string): Promise<string> =>
      (await failureOf(bench.withToken(token).status(unaborted()))).reason;
    const agent = server.issueToken(ANALYST, { kind: 'agent', surface: 'all' });
    assert.equal(await reasonWith(agent), 'tokenWrongKind');
    const ended = server.issueToken(ANALYST, { kind: 'pat', surface: 'all', expiresAt: 1_000_000n });
    assert.equal(await reasonWith(ended), 'signInExpired');
    const token = bench.tokenOf(ANALYST);
    server.deactivate(ANALYST);
    assert.equal(await reasonWith(token), 'accountDeactivated');
    server.removeUser(ANALYST);
    assert.equal(await reasonWith(token), 'signInExpired');
  });

  it('of a packed answer that is cut are of the connection, and of one that is damaged of the answer', async () => {
    await using packing = await ApiBench.start({ gzip: true });
    const api = packing.as(ADMIN);
    packing.server.fault(CATALOG_PATH, 'cutInTheMiddle', 1);
    assert.equal((await failureOf(api.catalog(unaborted()))).reason, 'serverUnreachable');
    const headers = { 'content-encoding': 'gzip' };
    packing.server.fault(CATALOG_PATH, { kind: 'status', status: 200, body: 'no gzip', headers });
    assert.equal((await failureOf(api.catalog(unaborted()))).reason, 'serverAnswerInvalid');
  });

  it('of an interval that Python’s dates can’t hold are the server’s', async () => {
    await using broken = await ApiBench.start({ intervalSeconds: 1_000_000_000_000 });
    assert.equal((await failureOf(broken.as(ADMIN).catalog(unaborted()))).reason, 'serverError');
    assert.equal((await failureOf(broken.as(ADMIN).status(unaborted()))).reason, 'serverError');
  });

  it('name the field that an answer lacks, and no value', async () => {
    const body = '{"tables":[{"id":"secret_table","name":["secret_word"],"metadata_freshness":"fresh"}]}';
    bench.server.fault(CATALOG_PATH, status(200, body));
    const { reason, detail = '' } = await failureOf(bench.as(ADMIN).catalog(unaborted()));
    assert.equal(reason, 'serverAnswerInvalid');
    assert.match(detail, /^GET \/api\/v2\/catalog: tables\.0\.name: /);
    assert.doesNotMatch(detail, /secret/);
  });

  it('have the server’s words and the number of its request, and not the token that it repeats', async () => {
    const token = bench.tokenOf(ADMIN);
    const words = JSON.stringify({ detail: `no entry for Bearer ${token}`, request_id: 'req-12' });
    bench.server.fault(CATALOG_PATH, status(500, words));
    const { detail = '' } = await failureOf(bench.withToken(token).catalog(unaborted()));
    assert.match(detail, /HTTP 500: no entry for .* \(request req-12\)$/);
    for (const part of token.split('.')) assert.ok(!detail.includes(part));
  });

  it('of one time that can’t be read hide nothing else', async () => {
    const row = { table_id: 't', error_at: null, rows: 7, size_bytes: 0 };
    const body = {
      scheduler_interval_seconds: 60,
      fresh_threshold_seconds: 120,
      server_time: '2026-05-12T10:00:00+00:00',
      tables: [{ ...row, refreshed_at: 'infinity' }],
    };
    bench.server.fault(STATUS_PATH, status(200, JSON.stringify(body)));
    const { rows } = await bench.as(ADMIN).status(unaborted());
    assert.deepEqual([rows[0]?.refreshedAt, rows[0]?.rows, rows[0]?.sizeBytes], [null, 7n, 0n]);
    assert.equal(bench.warnings.length, 1);
  });

  it('are over with the fault: the next request is a new one', async () => {
    const api = bench.as(ADMIN);
    bench.server.fault('*', 'cutBeforeAnswer', 1);
    await failureOf(api.catalog(unaborted()));
    assert.ok((await api.catalog(unaborted())).length > 0);
  });

  it('of a server that is gone are of the connection', async () => {
    const api = bench.as(ADMIN);
    await bench.server.close();
    assert.equal((await failureOf(api.catalog(unaborted()))).reason, 'serverUnreachable');
  });
});

describe('Agnes API: a slow server', () => {
  it('is waited for', async () => {
    await using bench = await ApiBench.start();
    const gate = Promise.withResolvers<undefined>();
    bench.server.fault(CATALOG_PATH, { kind: 'slow', until: gate.promise });
    const clock = new FakeClock();
    const tables = bench.as(ADMIN, { clock }).catalog(unaborted());
    await bench.server.waitForRequest(({ path }) => path === CATALOG_PATH);
    gate.resolve(undefined);
    assert.ok((await tables).length > 0);
    assert.equal(clock.pending, 0, 'no deadline is left');
  });

  it('is given up after a minute', async () => {
    await using bench = await ApiBench.start();
    const clock = new FakeClock();
    bench.server.fault(CATALOG_PATH, { kind: 'slow', until: new Promise(() => undefined) });
    const failure = failureOf(bench.as(ADMIN, { clock }).catalog(unaborted()));
    await bench.server.waitForRequest(({ path }) => path === CATALOG_PATH);
    await clock.advance(READ_DEADLINE_MS - 1);
    assert.equal(clock.pending, 1, 'it still waits');
    await clock.advance(1);
    assert.equal((await failure).reason, 'serverUnreachable');
    assert.equal(clock.pending, 0);
  });

  it('is left when the call is cancelled', async () => {
    await using bench = await ApiBench.start();
    const cancel = new AbortController();
    bench.server.fault(CATALOG_PATH, { kind: 'slow', until: new Promise(() => undefined) });
    const failure = failureOf(bench.as(ADMIN).catalog(cancel.signal));
    await bench.server.waitForRequest(({ path }) => path === CATALOG_PATH);
    cancel.abort();
    assert.equal((await failure).reason, 'cancelled');
  });
});

describe('Agnes API: a token', () => {
  for (const code of [301, 302, 303, 307, 308]) {
    it(`stays with its server when that redirects with ${code}: the other one is not asked at all`, async () => {
      await using bench = await ApiBench.start();
      await using other = await ApiBench.start();
      const to = `${other.server.origin}${CATALOG_PATH}?secret=1`;
      bench.server.fault('*', { kind: 'redirect', to, status: code });
      const { reason, detail } = await failureOf(bench.as(ADMIN).catalog(unaborted()));
      assert.equal(reason, 'serverMoved');
      assert.equal(detail, other.server.origin, 'where to, without what may be secret');
      assert.deepEqual([other.server.requests.length, other.server.connections], [0, 0]);
    });
  }

  it('is not sent again when its server redirects to itself', async () => {
    await using bench = await ApiBench.start();
    bench.server.fault(CATALOG_PATH, { kind: 'redirect', to: STATUS_PATH }, 1);
    assert.equal((await failureOf(bench.as(ADMIN).catalog(unaborted()))).reason, 'serverMoved');
    assert.deepEqual(bench.asked, [`GET ${CATALOG_PATH}`]);
  });

  it('with characters that no header can carry is not sent', async () => {
    await using bench = await ApiBench.start();
    for (const token of ['', 'a b', 'a\r\nx: y', 'é']) {
      const { reason, message } = await failureOf(bench.withToken(token).catalog(unaborted()));
      assert.equal(reason, 'tokenWrongKind');
      assert.ok(token === '' || !message.includes(token));
    }
    assert.deepEqual([bench.server.requests.length, bench.server.connections], [0, 0]);
  });
});

function status(code: number, body: string): Fault {
  return { kind: 'status', status: code, body };
}

function plain(code: number, body: string): Fault {
  return { kind: 'status', status: code, body, headers: { 'content-type': 'text/plain' } };
}

function html(code: number, title: string): Fault {
  return { kind: 'html', status: code, title };
}

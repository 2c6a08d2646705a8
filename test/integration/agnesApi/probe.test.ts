import assert from 'node:assert/strict';
import { probeServer } from '../../../src/adapters/agnesApi/serverProbe.ts';
import {
  exchangeCode,
  hasBrowserSignIn,
  type ExchangedToken,
} from '../../../src/adapters/agnesApi/signInRequests.ts';
import type { FailureReason } from '../../../src/core/failure.ts';
import { EXCHANGE_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import type { Fault } from '../../fixtures/agnesServer/faults.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ANALYST, ApiBench, failureOf, NOW, unaborted } from './apiBench.ts';

const PROBE_DEADLINE_MS = 20_000;
const NINETY_DAYS = 90n * 86_400_000_000n;
const HEALTH = '/api/health';
const VERSION = '/api/version';

const NO_AGNES: readonly [string, Fault, FailureReason][] = [
  ['another program', 'notAgnes', 'serverNotAgnes'],
  ['a text that ends early', 'garbage', 'serverNotAgnes'],
  ['a web server without the path', html(404), 'serverNotAgnes'],
  ['a program without the path', status(404, '{"detail":"Not Found"}'), 'serverNotAgnes'],
  ['a program that wants a sign-in', status(401, '{"detail":"x"}'), 'serverNotAgnes'],
  ['a page in its place', html(200), 'serverLoginPage'],
  ['a page that asks for a sign-in', html(401), 'serverLoginPage'],
  ['a proxy without a server', html(502), 'serverUnavailable'],
  ['a proxy that gave up', html(504), 'serverUnavailable'],
  ['a server with a fault', status(500, '{"detail":"Internal server error"}'), 'serverError'],
  ['a connection that ends', 'cutBeforeAnswer', 'serverUnreachable'],
  ['another address', { kind: 'redirect', to: 'https://agnes.invalid/login' }, 'serverMoved'],
];

describe('Agnes API: whether a server is one', () => {
  for (const flavour of ['current', '0.52'] as const) {
    it(`finds one of ${flavour}, and sends no token`, async () => {
      await using bench = await ApiBench.start({ flavour });
      assert.deepEqual(await probeServer(bench.http(), unaborted()), { version: 'dev' });
      assert.deepEqual(bench.asked, [`GET ${HEALTH}`, `GET ${VERSION}`]);
      assert.ok(bench.server.requests.every(({ authorization }) => authorization === undefined));
    });
  }

  for (const [name, fault, reason] of NO_AGNES) {
    it(`tells ${name} from one: ${reason}`, async () => {
      await using bench = await ApiBench.start();
      bench.server.fault('*', fault);
      assert.equal((await failureOf(probeServer(bench.http(), unaborted()))).reason, reason);
      assert.deepEqual(bench.asked, [`GET ${HEALTH}`], 'and asks nothing more');
    });
  }

  it('takes one that is not well, or does not tell its version', async () => {
    await using bench = await ApiBench.start();
    bench.server.fault(HEALTH, status(200, '{"status":"unhealthy","db_schema":"unreachable"}'));
    assert.deepEqual(await probeServer(bench.http(), unaborted()), { version: 'dev' });
    const faults: readonly Fault[] = [html(200), html(404), 'cutBeforeAnswer', status(200, '{"version":7}')];
    for (const fault of faults) {
      bench.server.fault(VERSION, fault);
      assert.deepEqual(await probeServer(bench.http(), unaborted()), { version: undefined });
    }
  });

  it('shows its version as one short line', async () => {
    await using bench = await ApiBench.start();
    bench.server.fault(VERSION, status(200, JSON.stringify({ version: `1\n2\u202E${'3'.repeat(200)}` })));
    const { version = '' } = await probeServer(bench.http(), unaborted());
    assert.match(version, /^1 2/);
    assert.doesNotMatch(version, /[\n\u202E]/);
    assert.ok(version.length < 100);
  });

  it('gives up after twenty seconds, and when it is cancelled', async () => {
    await using bench = await ApiBench.start();
    const clock = new FakeClock();
    bench.server.fault(HEALTH, { kind: 'slow', until: new Promise(() => undefined) });
    const late = failureOf(probeServer(bench.http({ clock }), unaborted()));
    await bench.server.waitForRequest(({ path }) => path === HEALTH);
    await clock.advance(PROBE_DEADLINE_MS);
    assert.equal((await late).reason, 'serverUnreachable');
    const cancel = new AbortController();
    const cancelled = failureOf(probeServer(bench.http(), cancel.signal));
    await bench.server.waitForRequest(({ path }) => path === HEALTH, 1);
    cancel.abort();
    assert.equal((await cancelled).reason, 'cancelled');
  });
});

describe('Agnes API: sign-in with the browser', () => {
  const exchange = (bench: ApiBench, code: string): Promise<ExchangedToken> =>
    exchangeCode(bench.http(), { code, name: 'Editor on laptop' }, unaborted());

  it('is found where it is, signed in or not, and changes nothing', async () => {
    await using bench = await ApiBench.start();
    assert.equal(await hasBrowserSignIn(bench.http(), unaborted()), true);
    bench.server.browserUser = ANALYST;
    assert.equal(await hasBrowserSignIn(bench.http(), unaborted()), true);
    bench.server.fault('/cli/auth/start', html(200));
    assert.equal(await hasBrowserSignIn(bench.http(), unaborted()), true, 'the page with the button');
    await using older = await ApiBench.start({ flavour: '0.52' });
    assert.equal(await hasBrowserSignIn(older.http(), unaborted()), false);
  });

  it('counts as none where a proxy stands before it', async () => {
    await using bench = await ApiBench.start();
    for (const code of [401, 403, 404, 502, 504]) {
      bench.server.fault('*', html(code));
      assert.equal(await hasBrowserSignIn(bench.http(), unaborted()), false, String(code));
    }
    bench.server.fault('*', status(400, '{"detail":"invalid state"}'));
    assert.equal(await hasBrowserSignIn(bench.http(), unaborted()), true, 'Agnes refuses what it knows');
  });

  it('is neither there nor missing where the server can’t be asked', async () => {
    await using bench = await ApiBench.start();
    bench.server.fault('*', 'cutBeforeAnswer');
    const failure = await failureOf(hasBrowserSignIn(bench.http(), unaborted()));
    assert.equal(failure.reason, 'serverUnreachable');
  });

  it('gives a token for a code, with whose it is and its end', async () => {
    await using bench = await ApiBench.start();
    const code = bench.server.issueCode(ANALYST);
    const { token, ...rest } = await exchange(bench, code);
    assert.deepEqual(rest, { email: ANALYST, expiresAt: NOW + NINETY_DAYS });
    assert.ok((await bench.withToken(token).catalog(unaborted())).length > 0);
    const [request] = bench.server.requests;
    assert.deepEqual(JSON.parse(request?.body ?? ''), { code, name: 'Editor on laptop' });
    assert.equal(request?.query.size, 0, 'the code is in no address');
    assert.equal(request.headers['content-type'], 'application/json');
  });

  it('takes a code once, in time, and of this server alone, and repeats none', async () => {
    let now = NOW;
    await using bench = await ApiBench.start({ clock: () => now });
    const refused = async (code: string): Promise<void> => {
      const { reason, message } = await failureOf(exchange(bench, code));
      assert.equal(reason, 'signInForeign');
      assert.ok(!message.includes(code));
    };
    const used = bench.server.issueCode(ANALYST);
    await exchange(bench, used);
    await refused(used);
    await refused('code-of-somebody-else');
    const late = bench.server.issueCode(ANALYST);
    now += 120_000_001n;
    await refused(late);
  });

  it('says what else kept it from a token', async () => {
    const cases: readonly [Fault, FailureReason][] = [
      [status(200, '{"email":"a@b"}'), 'serverAnswerInvalid'],
      [status(200, '{"token":"a b"}'), 'serverAnswerInvalid'],
      [status(404, '{"detail":"Not Found"}'), 'signInUnsupported'],
      [html(502), 'serverUnavailable'],
      [html(200), 'serverLoginPage'],
      [html(403), 'serverLoginPage'],
      [{ kind: 'rateLimited' }, 'serverUnavailable'],
      ['cutInTheMiddle', 'serverUnreachable'],
      [{ kind: 'redirect', to: 'https://agnes.invalid/x', status: 307 }, 'serverMoved'],
    ];
    await using bench = await ApiBench.start();
    for (const [fault, reason] of cases) {
      bench.server.fault(EXCHANGE_PATH, fault);
      const failure = await failureOf(exchange(bench, bench.server.issueCode(ANALYST)));
      assert.equal(failure.reason, reason, failure.message);
    }
    await using older = await ApiBench.start({ flavour: '0.52' });
    assert.equal((await failureOf(exchange(older, 'x'))).reason, 'signInUnsupported');
  });

  it('repeats neither code nor token when the answer does', async () => {
    await using bench = await ApiBench.start();
    const code = bench.server.issueCode(ANALYST);
    bench.server.fault(EXCHANGE_PATH, status(500, JSON.stringify({ detail: `code ${code}` })));
    assert.ok(!(await failureOf(exchange(bench, code))).message.includes(code));
    bench.server.fault(EXCHANGE_PATH, status(200, '{"token":"short secret"}'));
    assert.doesNotMatch((await failureOf(exchange(bench, code))).message, /short secret/);
  });
});

function status(code: number, body: string): Fault {
  return { kind: 'status', status: code, body };
}

function html(code: number): Fault {
  return { kind: 'html', status: code, title: 'A page' };
}

import assert from 'node:assert/strict';
import { parseTimestamp } from '../../../src/core/time.ts';
import { CATALOG_PATH, EXCHANGE_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import { ANALYST, ApiBench, NOW } from './apiBench.ts';
import { ask, type RawAnswer } from './rawRequest.ts';

const DAY = 86_400_000_000n;
const CODE_LIFE = 120_000_000n;
const STATE = 'state-of-sixteen';

describe('Agnes stand-in: sign-in with the browser', () => {
  const start = (bench: ApiBench, query: Readonly<Record<string, string>>): Promise<RawAnswer> =>
    ask(bench.server, `GET /cli/auth/start?${new URLSearchParams(query).toString()}`);
  const exchange = (bench: ApiBench, body: object): Promise<RawAnswer> =>
    ask(bench.server, `POST ${EXCHANGE_PATH}`, { body: JSON.stringify(body) });

  it('sends who is signed in back with a code, and who is not to the login page', async () => {
    await using bench = await ApiBench.start();
    const login = await start(bench, { port: '40000', state: STATE });
    assert.equal(login.status, 302);
    assert.match(login.headers.get('location') ?? '', /^\/login\?next=%2Fcli%2Fauth%2Fstart/);
    bench.server.browserUser = ANALYST;
    const back = await start(bench, { port: '40000', state: STATE });
    const { origin, pathname, searchParams } = new URL(back.headers.get('location') ?? '');
    assert.deepEqual([origin, pathname], ['http://127.0.0.1:40000', '/callback']);
    assert.equal(searchParams.get('state'), STATE);
    const { status } = await exchange(bench, { code: searchParams.get('code') });
    assert.equal(status, 200);
  });

  it('refuses ports and states that the server refuses', async () => {
    await using bench = await ApiBench.start();
    const refusal = async (query: Readonly<Record<string, string>>): Promise<unknown> => {
      const { status, json } = await start(bench, query);
      const { detail } = json as { readonly detail: unknown };
      return [status, typeof detail === 'string' ? detail : 'list'];
    };
    for (const port of ['1023', '65536', '-1']) {
      assert.deepEqual(await refusal({ port, state: STATE }), [400, 'invalid loopback port'], port);
    }
    for (const state of ['x'.repeat(15), 'x'.repeat(257), `${STATE}é`]) {
      assert.deepEqual(await refusal({ port: '1024', state }), [400, 'invalid state'], state);
    }
    assert.deepEqual(await refusal({ port: 'x', state: STATE }), [422, 'list']);
    assert.deepEqual(await refusal({ port: '1024' }), [422, 'list']);
  });

  it('gives a narrowed token of 90 days for a code, once', async () => {
    await using bench = await ApiBench.start();
    const code = bench.server.issueCode(ANALYST);
    const { json } = await exchange(bench, { code, name: 'editor' });
    const { token, email, expires_at: expiresAt } = json as Readonly<Record<string, string>>;
    assert.equal(email, ANALYST);
    assert.match(expiresAt ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/);
    assert.equal(parseTimestamp(expiresAt ?? ''), NOW + 90n * DAY);
    assert.equal((await ask(bench.server, `GET ${CATALOG_PATH}`, { token: token ?? '' })).status, 200);
    const again = await exchange(bench, { code });
    assert.deepEqual([again.status, again.json], [400, { detail: 'code invalid or expired' }]);
  });

  it('takes a code for 120 seconds', async () => {
    let now = NOW;
    await using bench = await ApiBench.start({ clock: () => now });
    const codes = [bench.server.issueCode(ANALYST), bench.server.issueCode(ANALYST)];
    now = NOW + CODE_LIFE;
    assert.equal((await exchange(bench, { code: codes[0] })).status, 200);
    now += 1n;
    assert.equal((await exchange(bench, { code: codes[1] })).status, 400);
  });

  it('asks for a code', async () => {
    await using bench = await ApiBench.start();
    assert.equal((await exchange(bench, {})).status, 422);
    assert.equal((await exchange(bench, { code: '' })).status, 400);
  });

  it('is not there at 0.52', async () => {
    await using bench = await ApiBench.start({ flavour: '0.52' });
    assert.equal((await start(bench, { port: '1024', state: STATE })).status, 404);
    assert.equal((await exchange(bench, { code: 'x' })).status, 404);
  });
});

import assert from 'node:assert/strict';
import type { HttpAnswer } from '../../../src/adapters/agnesApi/httpClient.ts';
import { HttpFailure } from '../../../src/adapters/agnesApi/httpFailure.ts';
import { probeServer } from '../../../src/adapters/agnesApi/serverProbe.ts';
import { AgnesFailure, type FailureReason } from '../../../src/core/failure.ts';
import { answer, AnsweringClient, failsWith, json, webPage } from './answeringClient.ts';

const { signal } = new AbortController();
const HEALTHY = json(200, { status: 'ok', db_schema: 'ok', current: 121, expected: 121 });

function probe(...answers: (HttpAnswer | Error)[]): Promise<{ readonly version: string | undefined }> {
  return probeServer(new AnsweringClient(...answers), signal);
}

describe('looking for an Agnes server', () => {
  it('asks for its health and its version, without a token', async () => {
    const client = new AnsweringClient(HEALTHY, json(200, { version: '0.84.8', channel: 'stable' }));
    assert.deepEqual(await probeServer(client, signal), { version: '0.84.8' });
    assert.deepEqual(client.requests, [
      { method: 'GET', path: '/api/health', deadlineMs: 20_000, signal },
      { method: 'GET', path: '/api/version', deadlineMs: 20_000, signal },
    ]);
  });

  it('finds one that is not well', async () => {
    const unhealthy = json(200, { status: 'unhealthy', detail: 'x' });
    assert.deepEqual(await probe(unhealthy, json(200, { version: 'dev' })), { version: 'dev' });
  });

  describe('finds it without a version', () => {
    const answers: readonly (HttpAnswer | Error)[] = [
      json(200, { version: '' }),
      json(200, { version: '\u202e \n' }),
      json(200, { version: 7 }),
      json(200, {}),
      answer(200, ''),
      webPage(200),
      json(404, { detail: 'Not Found' }),
      json(500, { version: '1' }),
      new HttpFailure('serverUnreachable'),
      new AgnesFailure('tokenWrongKind'),
      new TypeError('x'),
    ];
    for (const given of answers) {
      const name = given instanceof Error ? given.message : `${given.status} ${JSON.stringify(given.text)}`;
      it(name, async () => assert.deepEqual(await probe(HEALTHY, given), { version: undefined }));
    }
  });

  it('shows the version as one short line', async () => {
    const { version = '' } = await probe(HEALTHY, json(200, { version: `1.0\n\u202e${'x'.repeat(100)}` }));
    assert.match(version, /^1\.0 x+…$/);
    assert.equal(version.length, 60);
  });

  it('is cancelled at either request', async () => {
    const cancelled = new HttpFailure('cancelled');
    await assert.rejects(probe(cancelled), cancelled);
    await assert.rejects(probe(HEALTHY, cancelled), cancelled);
  });

  it('does not ask for the version of something else', async () => {
    const client = new AnsweringClient(webPage(404));
    await assert.rejects(probeServer(client, signal));
    assert.equal(client.requests.length, 1);
  });

  it('passes on what the request fails with', async () => {
    const failure = new HttpFailure('serverCertificate', { detail: 'CERT_HAS_EXPIRED' });
    await assert.rejects(probe(failure), failure);
  });

  describe('finds something else', () => {
    const cases: readonly (readonly [HttpAnswer, FailureReason])[] = [
      [webPage(200), 'serverLoginPage'],
      [webPage(401), 'serverLoginPage'],
      [webPage(403), 'serverLoginPage'],
      [webPage(511), 'serverLoginPage'],
      [webPage(502), 'serverUnavailable'],
      [webPage(503), 'serverUnavailable'],
      [json(429, { detail: 'x' }), 'serverUnavailable'],
      [json(500, { detail: 'Internal server error' }), 'serverError'],
      [webPage(407), 'serverUnreachable'],
      [webPage(404), 'serverNotAgnes'],
      [webPage(405), 'serverNotAgnes'],
      [answer(404, 'default backend - 404'), 'serverNotAgnes'],
      [json(401, { message: 'Unauthorized' }), 'serverLoginPage'],
      [json(404, { detail: 'Not Found' }), 'serverNotAgnes'],
      [json(401, { detail: 'Token expired' }), 'serverNotAgnes'],
      [json(403, { detail: 'Admin access required' }), 'serverNotAgnes'],
      [json(200, { status: true }), 'serverNotAgnes'],
      [json(200, []), 'serverNotAgnes'],
      [json(200, { ok: true }), 'serverNotAgnes'],
      [answer(200, 'ok'), 'serverNotAgnes'],
      [answer(204, ''), 'serverNotAgnes'],
      [json(201, { status: 'ok' }), 'serverNotAgnes'],
    ];
    for (const [given, reason] of cases) {
      it(`${given.status} ${JSON.stringify(given.text)} is ${reason}`, async () => {
        await assert.rejects(probe(given), failsWith(reason, /^GET \/api\/health: HTTP \d{3}/));
      });
    }
  });
});

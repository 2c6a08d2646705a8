import assert from 'node:assert/strict';
import type { HttpAnswer } from '../../../src/adapters/agnesApi/httpClient.ts';
import { HttpFailure } from '../../../src/adapters/agnesApi/httpFailure.ts';
import {
  exchangeCode,
  hasBrowserSignIn,
  type ExchangedToken,
} from '../../../src/adapters/agnesApi/signInRequests.ts';
import type { FailureReason } from '../../../src/core/failure.ts';
import { answer, AnsweringClient, failsWith, json, webPage } from './answeringClient.ts';

const { signal } = new AbortController();
const CODE = 'hush-code';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2lnbmF0dXJl';

function has(given: HttpAnswer | Error): Promise<boolean> {
  return hasBrowserSignIn(new AnsweringClient(given), signal);
}

function exchange(given: HttpAnswer | Error): Promise<ExchangedToken> {
  return exchangeCode(new AnsweringClient(given), { code: CODE, name: 'VS Code on ann’s laptop' }, signal);
}

describe('the sign-in with the browser', () => {
  it('is asked for as a browser would, with a port and a state that the server allows, and no token', async () => {
    const client = new AnsweringClient(webPage(200));
    await hasBrowserSignIn(client, signal);
    const [request] = client.requests;
    assert.ok(request !== undefined);
    const { query = {}, ...others } = request;
    assert.deepEqual(others, { method: 'GET', path: '/cli/auth/start', deadlineMs: 30_000, signal });
    assert.deepEqual(Object.keys(query), ['port', 'state']);
    assert.ok(Number(query['port']) >= 1_024 && Number(query['port']) <= 65_535);
    assert.match(query['state'] ?? '', /^[!-~]{16,256}$/);
  });

  it('is there where the server sends the browser to its own sign-in, or to another one', async () => {
    for (const detail of ['https://agnes.example.com', 'https://sso.example.com']) {
      assert.equal(await has(new HttpFailure('serverMoved', { detail, wasSent: true })), true);
    }
  });

  describe('is there', () => {
    const answers: readonly HttpAnswer[] = [
      webPage(200),
      json(200, {}),
      json(400, { detail: 'invalid loopback port' }),
      json(401, { detail: 'Not authenticated' }),
      json(403, { detail: 'x' }),
      json(422, { detail: [{ loc: ['query', 'port'] }] }),
      answer(401, ''),
    ];
    for (const given of answers) {
      it(`${given.status} ${JSON.stringify(given.text)}`, async () => assert.equal(await has(given), true));
    }
  });

  describe('is not there, or not to be had', () => {
    const answers: readonly HttpAnswer[] = [
      json(404, { detail: 'Not Found' }),
      webPage(404),
      json(405, { detail: 'Method Not Allowed' }),
      webPage(400),
      webPage(401),
      webPage(403),
      webPage(407),
      json(407, {}),
      answer(408, ''),
      json(429, { detail: 'Too many requests' }),
      webPage(500),
      json(500, { detail: 'Internal server error' }),
      webPage(502),
      webPage(503),
      answer(504, ''),
      webPage(511),
      answer(204, ''),
    ];
    for (const given of answers) {
      it(`${given.status} ${JSON.stringify(given.text)}`, async () => assert.equal(await has(given), false));
    }
  });

  it('stays unknown where the request fails', async () => {
    for (const reason of ['serverUnreachable', 'cancelled', 'serverCertificate'] as const) {
      const failure = new HttpFailure(reason);
      await assert.rejects(has(failure), failure);
    }
  });
});

describe('the exchange of a code', () => {
  it('sends the code once, in the body', async () => {
    const client = new AnsweringClient(
      json(200, { token: TOKEN, email: 'ann@example.com', expires_at: null }),
    );
    await exchangeCode(client, { code: CODE, name: 'VS Code' }, signal);
    assert.deepEqual(client.requests, [
      {
        method: 'POST',
        path: '/cli/auth/exchange',
        body: { code: CODE, name: 'VS Code' },
        deadlineMs: 30_000,
        signal,
      },
    ]);
  });

  it('gives the token, who it is of, and its end, which Python writes with a space', async () => {
    const expires_at = '2026-11-20 10:00:00.123456+00:00';
    assert.deepEqual(
      await exchange(json(200, { token: TOKEN, email: 'ann@example.com', expires_at, more: 1 })),
      {
        token: TOKEN,
        email: 'ann@example.com',
        expiresAt: 1_795_168_800_123_456n,
      },
    );
  });

  it('does without e-mail address and end', async () => {
    for (const more of [{}, { email: '', expires_at: null }, { email: null, expires_at: 'never' }]) {
      assert.deepEqual(await exchange(json(200, { token: TOKEN, ...more })), {
        token: TOKEN,
        email: undefined,
        expiresAt: undefined,
      });
    }
  });

  it('takes no token that a header could not carry', async () => {
    for (const token of [undefined, null, '', 7, 'two words', 'line\nend', 'tök', 'x\u0000']) {
      await assert.rejects(
        exchange(json(200, { token })),
        failsWith('serverAnswerInvalid', /: token: expected /),
      );
    }
  });

  describe('is refused', () => {
    const cases: readonly (readonly [HttpAnswer, FailureReason])[] = [
      [json(400, { detail: 'code invalid or expired' }), 'signInForeign'],
      [json(401, { detail: 'x' }), 'signInForeign'],
      [json(403, { detail: 'x' }), 'signInForeign'],
      [json(422, { detail: [{ loc: ['body', 'code'] }] }), 'signInForeign'],
      [json(404, { detail: 'Not Found' }), 'signInUnsupported'],
      [webPage(404), 'signInUnsupported'],
      [webPage(401), 'serverLoginPage'],
      [webPage(403), 'serverLoginPage'],
      [answer(403, 'Forbidden'), 'serverLoginPage'],
      [webPage(400), 'serverUnavailable'],
      [webPage(200), 'serverLoginPage'],
      [answer(200, '{"token":"ey', { 'content-type': 'application/json' }), 'serverAnswerInvalid'],
      [json(201, { token: TOKEN }), 'serverAnswerInvalid'],
      [json(429, { detail: 'x' }), 'serverUnavailable'],
      [json(500, { detail: 'x' }), 'serverError'],
      [webPage(502), 'serverUnavailable'],
      [webPage(407), 'serverUnreachable'],
    ];
    for (const [given, reason] of cases) {
      it(`${given.status} ${JSON.stringify(given.text.slice(0, 40))} is ${reason}`, async () => {
        await assert.rejects(
          exchange(given),
          failsWith(reason, `POST /cli/auth/exchange: HTTP ${given.status}`),
        );
      });
    }
  });

  it('passes on what the request fails with', async () => {
    const failure = new HttpFailure('serverUnreachable', { wasSent: true });
    await assert.rejects(exchange(failure), failure);
  });

  it('has neither code nor token in a failure', async () => {
    const repeating = `${CODE} ${TOKEN}`;
    const answers = [
      json(400, { detail: repeating }),
      json(404, { detail: repeating }),
      json(500, { detail: repeating, request_id: CODE }),
      json(200, { token: `${repeating}\n` }),
      json(200, { token: { [repeating]: repeating } }),
      answer(200, repeating),
      answer(502, repeating),
    ];
    for (const given of answers) {
      await assert.rejects(exchange(given), (thrown: Error) => {
        assert.doesNotMatch(`${thrown.message} ${thrown.stack ?? ''} ${String(thrown.cause)}`, /hush|eyJ/);
        return true;
      });
    }
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mapRefusal, readRefusal } from '../../../src/adapters/agnesApi/apiFailures.ts';
import type { HttpAnswer } from '../../../src/adapters/agnesApi/httpClient.ts';
import { safeText } from '../../../src/adapters/agnesApi/safeText.ts';
import type { AgnesFailure, FailureReason } from '../../../src/core/failure.ts';
import { answer, json, webPage } from './answeringClient.ts';

const ENDPOINT = 'GET /api/v2/catalog';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2lnbmF0dXJl';

function map(given: HttpAnswer): AgnesFailure {
  return mapRefusal(ENDPOINT, given);
}

function saying(detail: unknown, status = 403): string {
  return map(json(status, { detail })).detail ?? '';
}

/** What Agnes itself answers (contract, 6.1). */
const ofAgnes: readonly (readonly [number, unknown, FailureReason])[] = [
  [401, 'Missing or invalid Authorization header', 'signInExpired'],
  [401, 'Invalid or expired token', 'signInExpired'],
  [401, 'Token revoked', 'signInExpired'],
  [401, 'Token expired', 'signInExpired'],
  [401, 'Token unknown', 'signInExpired'],
  [401, 'Token mismatch', 'signInExpired'],
  [401, 'User not found', 'signInExpired'],
  [401, 'Scheduler user not provisioned', 'signInExpired'],
  [401, 'Account deactivated', 'accountDeactivated'],
  [401, 'Agent token not valid on this surface', 'tokenWrongKind'],
  [401, 'git_scope_token_not_allowed', 'tokenWrongKind'],
  [401, 'Anything that a later server says', 'signInExpired'],
  [403, 'Admin access required', 'adminOnly'],
  [403, 'admin_elevation_paused', 'adminOnly'],
  [403, 'This token may not do that', 'serverForbidden'],
  [403, { reason: 'Admin access required' }, 'serverForbidden'],
  [404, 'Not Found', 'serverTooOld'],
  [405, 'Method Not Allowed', 'serverTooOld'],
  [409, { reason: 'other' }, 'serverError'],
  [422, [{ loc: ['query', 'table'], msg: 'Field required', type: 'missing' }], 'serverError'],
  [400, 'Bad', 'serverError'],
  [429, 'Too many requests — slow down', 'serverUnavailable'],
  [500, 'Internal server error', 'serverError'],
  [501, 'Not Implemented', 'serverError'],
  [502, 'x', 'serverUnavailable'],
  [503, 'Starting', 'serverUnavailable'],
  [504, 'x', 'serverUnavailable'],
];

/** What stands between, and what is no Agnes at all. */
const ofOthers: readonly (readonly [HttpAnswer, FailureReason])[] = [
  // a page to sign in to the network or to a gateway, with whatever status
  [webPage(200), 'serverLoginPage'],
  [webPage(203), 'serverLoginPage'],
  [webPage(401), 'serverLoginPage'],
  [webPage(403), 'serverLoginPage'],
  [webPage(511), 'serverLoginPage'],
  [answer(401, ''), 'serverLoginPage'],
  [answer(401, 'Unauthorized', { 'content-type': 'text/plain' }), 'serverLoginPage'],
  [answer(403, 'Forbidden', { 'content-type': 'text/plain' }), 'serverLoginPage'],
  [answer(511, '{"detail":"x"}'), 'serverLoginPage'],
  [json(401, {}), 'serverLoginPage'],
  [json(401, { message: 'Unauthorized' }), 'serverLoginPage'],
  [json(401, { detail: { code: 'Account deactivated' } }), 'serverLoginPage'],
  [json(401, { detail: null }), 'serverLoginPage'],
  [json(401, ['Token expired']), 'serverLoginPage'],
  // a page is one without its type too
  [answer(200, ' \n<html>'), 'serverLoginPage'],
  [answer(200, 'x', { 'content-type': 'application/xhtml+xml' }), 'serverLoginPage'],
  // a proxy that wants to know who asks
  [webPage(407), 'serverUnreachable'],
  [json(407, { detail: 'x' }), 'serverUnreachable'],
  // may pass
  [webPage(502), 'serverUnavailable'],
  [webPage(503), 'serverUnavailable'],
  [webPage(504), 'serverUnavailable'],
  [webPage(520), 'serverUnavailable'],
  [answer(530, 'error code: 1033', { 'content-type': 'text/plain' }), 'serverUnavailable'],
  [answer(502, ''), 'serverUnavailable'],
  [json(502, { message: 'x' }), 'serverUnavailable'],
  [answer(408, ''), 'serverUnavailable'],
  [webPage(429), 'serverUnavailable'],
  [webPage(500), 'serverError'],
  [answer(500, 'Internal Server Error', { 'content-type': 'text/plain' }), 'serverError'],
  // a success without JSON, though it says that it is
  [answer(200, '{"tables":', { 'content-type': 'application/json' }), 'serverAnswerInvalid'],
  [answer(200, '', { 'content-type': 'application/json' }), 'serverAnswerInvalid'],
  [answer(200, 'no', { 'content-type': 'application/problem+json' }), 'serverAnswerInvalid'],
  [json(201, {}), 'serverAnswerInvalid'],
];

/** What Agnes never answers. */
const ofAnother: readonly HttpAnswer[] = [
  webPage(404),
  webPage(405),
  answer(404, ''),
  json(404, { message: 'no Route matched' }),
  json(404, ['detail']),
  answer(404, 'null'),
  webPage(400),
  json(400, { error: 'x' }),
  answer(418, 'teapot'),
  answer(404, 'default backend - 404', { 'content-type': 'text/plain' }),
  answer(200, ''),
  answer(200, 'We are back soon', { 'content-type': 'text/plain' }),
  answer(200, 'x', { 'content-type': 'application/jsonp' }),
  answer(204, ''),
];

describe('an answer that is not what was asked for', () => {
  for (const [status, detail, reason] of ofAgnes) {
    it(`${status} ${JSON.stringify(detail)} of Agnes is ${reason}`, () => {
      assert.equal(map(json(status, { detail })).reason, reason);
    });
  }
  for (const [given, reason] of ofOthers) {
    it(`${given.status} ${JSON.stringify(given.text.slice(0, 30))} (${given.contentType}) is ${reason}`, () => {
      assert.equal(map(given).reason, reason);
    });
  }

  for (const given of ofAnother) {
    it(`${given.status} ${JSON.stringify(given.text.slice(0, 30))} (${given.contentType}) is of another server`, () => {
      assert.equal(map(given).reason, 'serverUnavailable', 'one that is there for a while');
      assert.equal(mapRefusal(ENDPOINT, given, 'serverNotAgnes').reason, 'serverNotAgnes');
    });
  }

  it('has a reason whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.oneof(fc.json(), fc.string()), (status, text) => {
        assert.match(map(answer(status, text)).reason, /^(?:server|signIn|account|token|admin)/);
      }),
    );
  });
});

describe('its body', () => {
  it('is an object as Agnes answers, a page for people, or something else', () => {
    assert.deepEqual(readRefusal(json(403, { detail: 'x', request_id: 'r' })), {
      kind: 'json',
      detail: 'x',
      requestId: 'r',
    });
    assert.deepEqual(readRefusal(json(403, { request_id: 7 })), {
      kind: 'json',
      detail: undefined,
      requestId: undefined,
    });
    assert.deepEqual(readRefusal(webPage(403)), { kind: 'webPage' });
    for (const text of ['', 'no', 'null', '7', '"detail"']) {
      assert.deepEqual(readRefusal(answer(403, text)), { kind: 'other' }, text);
    }
  });
});

describe('what the log says of it', () => {
  it('is endpoint, status and the server’s own sentence', () => {
    assert.equal(saying('Admin access required'), `${ENDPOINT}: HTTP 403: Admin access required`);
    assert.equal(saying({ reason: 'hush' }), `${ENDPOINT}: HTTP 403`);
    assert.equal(saying(['hush']), `${ENDPOINT}: HTTP 403`);
    assert.equal(map(webPage(502)).detail, `${ENDPOINT}: HTTP 502 with a web page`);
    assert.equal(map(answer(502, 'hush')).detail, `${ENDPOINT}: HTTP 502 without JSON`);
  });

  it('names the request, by the body or else by the header, where that looks like one', () => {
    const headers = { 'x-request-id': 'from-header:1.2' };
    assert.equal(
      map(json(500, { request_id: 'abc_1' }, headers)).detail,
      `${ENDPOINT}: HTTP 500 (request abc_1)`,
    );
    assert.equal(
      map(json(500, { detail: 'Internal server error' }, headers)).detail,
      `${ENDPOINT}: HTTP 500: Internal server error (request from-header:1.2)`,
    );
    for (const id of ['', 'two words', 'x'.repeat(65), '<b>', `a\nb`]) {
      assert.equal(map(json(500, { request_id: id })).detail, `${ENDPOINT}: HTTP 500`, id);
    }
  });

  it('has no token in it, though the server repeats what it was sent', () => {
    const opaque = 'k3y-'.repeat(8);
    const dotted = 'abcdefghij.klmnopqrst.uvwxyz0123';
    const texts = [
      `bad token ${JWT}`,
      `bad token ${JWT.slice(0, 20)}`,
      `Authorization: Bearer ${opaque}`,
      'header was Bearer s3cret',
      'header was basic czNjcmV0',
      `token=${opaque} is unknown`,
      `[${dotted}]`,
    ];
    for (const text of texts) {
      const said = saying(text);
      assert.doesNotMatch(said, /eyJ|s3cret|czNjcmV0|k3y-|abcdefghij/, said);
      assert.match(said, /…|\[hidden\]/);
    }
  });

  it('has none by itself, before the failure looks once more', () => {
    const opaque = 'k3y-'.repeat(8);
    assert.equal(safeText(`not ${JWT}!`), 'not …!');
    assert.equal(safeText(`not ${JWT.slice(0, 12)}`), 'not …');
    assert.equal(safeText(`not ${opaque}, of course`), 'not …, of course');
    assert.equal(safeText('not bearer x'), 'not …');
    assert.equal(
      safeText('Table sales.orders_of_all_shops is unknown'),
      'Table sales.orders_of_all_shops is unknown',
    );
  });

  it('has none that begins before the cut', () => {
    // long enough that the text is cut in the middle of the token
    for (const length of [150, 190, 198, 1_990, 1_999]) {
      assert.doesNotMatch(saying(`${'. '.repeat(length / 2)}${JWT}`), /eyJ/, String(length));
    }
  });

  it('is one line of at most 200 characters of the server’s', () => {
    const said = saying(`a\nb\u202ec\u0000${'é'.repeat(10)}${' x'.repeat(5_000)}`);
    assert.match(said, /^GET \/api\/v2\/catalog: HTTP 403: a b c /);
    assert.match(said, /^[^\n\u202e\0]*…$/);
    assert.equal(Array.from(said).length - `${ENDPOINT}: HTTP 403: `.length, 200);
  });

  it('takes no longer for a text that is made for it', () => {
    for (const part of ['a', 'a.', 'Bearer ', 'eyJ', '-', 'aaaaaaaaaa.']) {
      const startedMs = performance.now();
      saying(part.repeat(500_000 / part.length));
      assert.ok(performance.now() - startedMs < 1_000, part);
    }
  });
});

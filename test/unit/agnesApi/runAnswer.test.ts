import assert from 'node:assert/strict';
import type { HttpAnswer } from '../../../src/adapters/agnesApi/httpClient.ts';
import { HttpFailure } from '../../../src/adapters/agnesApi/httpFailure.ts';
import { readRunAnswer, readRunFailure } from '../../../src/adapters/agnesApi/runAnswer.ts';
import { AgnesFailure, type FailureReason } from '../../../src/core/failure.ts';
import type { ServerRunAnswer } from '../../../src/ports/agnesServer.ts';
import { answer, failsWith, json, webPage } from './answeringClient.ts';

const ENDPOINT = 'POST /api/admin/run-bq-metadata-refresh';
const STARTED_AT = 1_787_392_800_123_456n;

const summary = {
  run_id: '3fa9c1d2',
  started_at: '2026-08-22T10:00:00.123456+00:00',
  total: 12,
  succeeded: 9,
  no_data: 2,
  failed: 1,
  duration_ms: 98_123,
};

function read(given: HttpAnswer): ServerRunAnswer {
  return readRunAnswer(ENDPOINT, given);
}

/** Reason of what is cut; fails for anything else. */
function cut(given: HttpAnswer): FailureReason {
  const run = read(given);
  assert.ok(run.kind === 'cut', run.kind);
  return run.failure.reason;
}

describe('the answer to a request for a run', () => {
  it('is the summary at its end', () => {
    assert.deepEqual(read(json(200, { ...summary, more: 'of a later server' })), {
      kind: 'done',
      summary: {
        runId: '3fa9c1d2',
        startedAt: STARTED_AT,
        total: 12,
        succeeded: 9,
        noData: 2,
        failed: 1,
        durationMs: 98_123,
      },
    });
  });

  it('has an id that can be shown, whatever the server calls the run', () => {
    for (const [id, shown] of [
      ['<b>3fa9</b>\n[c1d2](command:x)', 'b3fa9bc1d2commandx'],
      ['3fa9\u202ec1d2 $(x)', '3fa9c1d2x'],
      ['x'.repeat(65), 'x'.repeat(64)],
      ['a-Z_9', 'a-Z_9'],
      ['', 'unknown'],
      ['é\n', 'unknown'],
    ] as const) {
      const run = read(json(200, { ...summary, run_id: id }));
      assert.equal(run.kind === 'done' && run.summary.runId, shown);
    }
  });

  describe('200 that can’t be read: the run was begun', () => {
    const cases: readonly (readonly [HttpAnswer, FailureReason])[] = [
      [answer(200, ''), 'serverUnavailable'],
      [answer(200, '{"run_id":"3fa9', { 'content-type': 'application/json' }), 'serverAnswerInvalid'],
      [json(200, {}), 'serverAnswerInvalid'],
      [json(200, { ...summary, failed: -1 }), 'serverAnswerInvalid'],
      [json(200, { ...summary, started_at: 'soon' }), 'serverAnswerInvalid'],
      [webPage(200), 'serverLoginPage'],
    ];
    for (const [given, reason] of cases) {
      it(JSON.stringify(given.text), () => assert.equal(cut(given), reason));
    }
  });

  describe('409: another run is on', () => {
    const about = { reason: 'already_running', hint: 'A refresh is already in flight' };
    const shapes: readonly (readonly [object, string | null, bigint | null])[] = [
      [{ run_id: '3fa9c1d2', started_at: summary.started_at }, '3fa9c1d2', STARTED_AT],
      [{ run_id: null, started_at: null }, null, null],
      [{}, null, null],
      [{ run_id: 7, started_at: 7 }, null, null],
      [{ run_id: 'a-Z_'.repeat(16) }, 'a-Z_'.repeat(16), null],
      ...['', '<b>', '$(alert)', 'a b', 'a\n', 'é', '3fa9\u202ec1d2', 'x'.repeat(65)].map(
        (id) => [{ run_id: id, started_at: summary.started_at }, null, STARTED_AT] as const,
      ),
      [{ run_id: '3fa9c1d2', started_at: 'soon' }, '3fa9c1d2', null],
      [{ run_id: null, started_at: '2026-08-22T10:00:00.123456' }, null, STARTED_AT],
    ];
    for (const [more, runId, startedAt] of shapes) {
      it(JSON.stringify(more), () => {
        assert.deepEqual(read(json(409, { detail: { ...about, ...more } })), {
          kind: 'alreadyRunning',
          runId,
          startedAt,
        });
      });
    }
    const others: readonly HttpAnswer[] = [
      json(409, { detail: 'already_running' }),
      json(409, { detail: { reason: 'locked' } }),
      json(409, {}),
      webPage(409),
      answer(409, ''),
    ];
    for (const given of others) {
      it(`${JSON.stringify(given.text)} is an error of the server`, () => {
        assert.throws(() => read(given), failsWith('serverError', `${ENDPOINT}: HTTP 409`));
      });
    }
  });

  describe('a proxy that gave up waiting: the run may be on', () => {
    const cases: readonly (readonly [HttpAnswer, FailureReason])[] = [
      [webPage(504), 'serverUnavailable'],
      [webPage(502), 'serverUnavailable'],
      [webPage(503), 'serverUnavailable'],
      [answer(504, 'stream timeout'), 'serverUnavailable'],
      [json(504, { message: 'Endpoint request timed out' }), 'serverUnavailable'],
      [json(503, { detail: 'x' }), 'serverUnavailable'],
      [json(502, { detail: 'x' }), 'serverUnavailable'],
      [answer(408, ''), 'serverUnavailable'],
      [webPage(500), 'serverError'],
      [webPage(524), 'serverUnavailable'],
      [answer(520, 'error code: 520'), 'serverUnavailable'],
    ];
    for (const [given, reason] of cases) {
      it(`${given.status} ${JSON.stringify(given.text)}`, () => assert.equal(cut(given), reason));
    }
  });

  describe('a refusal: none was begun', () => {
    const cases: readonly (readonly [HttpAnswer, FailureReason])[] = [
      [json(500, { detail: 'Internal server error', request_id: 'r1' }), 'serverError'],
      [json(500, { message: 'x' }), 'serverError'],
      [answer(500, 'Internal Server Error'), 'serverError'],
      [json(501, { detail: 'x' }), 'serverError'],
      [json(401, { detail: 'Token expired' }), 'signInExpired'],
      [json(403, { detail: 'Admin access required' }), 'adminOnly'],
      [webPage(403), 'serverLoginPage'],
      [json(404, { detail: 'Not Found' }), 'serverTooOld'],
      [webPage(404), 'serverUnavailable'],
      [webPage(407), 'serverUnreachable'],
      [webPage(429), 'serverUnavailable'],
      [json(201, summary), 'serverAnswerInvalid'],
    ];
    for (const [given, reason] of cases) {
      it(`${given.status} ${JSON.stringify(given.text)}`, () =>
        assert.throws(() => read(given), failsWith(reason)));
    }
  });
});

describe('what came in place of an answer', () => {
  it('is a cut run where the request was sent', () => {
    for (const reason of ['serverUnreachable', 'serverNotAgnes', 'serverAnswerInvalid'] as const) {
      const failure = new HttpFailure(reason, { wasSent: true });
      assert.deepEqual(readRunFailure(failure), { kind: 'cut', failure });
    }
  });

  it('is a failure where it was not', () => {
    for (const reason of ['serverUnreachable', 'serverCertificate', 'cancelled'] as const) {
      const failure = new HttpFailure(reason);
      assert.throws(() => readRunFailure(failure), failure);
    }
  });

  it('is a failure where nobody waits any more, or the server moved', () => {
    for (const reason of ['cancelled', 'serverMoved'] as const) {
      const failure = new HttpFailure(reason, { wasSent: true });
      assert.throws(() => readRunFailure(failure), failure);
    }
  });

  it('is a failure where it has nothing to do with the connection', () => {
    const failure = new AgnesFailure('signedOut');
    assert.throws(() => readRunFailure(failure), failure);
    assert.throws(() => readRunFailure(new TypeError('x')), failsWith('unexpected'));
  });
});

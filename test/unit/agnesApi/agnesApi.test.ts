import assert from 'node:assert/strict';
import { AgnesApi } from '../../../src/adapters/agnesApi/agnesApi.ts';
import type { HttpAnswer } from '../../../src/adapters/agnesApi/httpClient.ts';
import { HttpFailure } from '../../../src/adapters/agnesApi/httpFailure.ts';
import { AgnesFailure, type FailureReason } from '../../../src/core/failure.ts';
import type { AgnesServer } from '../../../src/ports/agnesServer.ts';
import { MemoryLog } from '../../fixtures/engineFakes.ts';
import { answer, AnsweringClient, failsWith, json, webPage } from './answeringClient.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2lnbmF0dXJl';
/** Of no known shape. */
const OPAQUE_TOKEN = 'hush-0123456789-hush-0123456789-hush';
const CATALOG = json(200, { tables: [] });
const STATUS = {
  scheduler_interval_seconds: 1,
  fresh_threshold_seconds: 2,
  server_time: '2026-05-12T11:00:00+00:00',
  tables: [],
};
const RUN = {
  run_id: '3fa9c1d2',
  started_at: '2026-08-22T10:00:00+00:00',
  total: 0,
  succeeded: 0,
  no_data: 0,
  failed: 0,
  duration_ms: 5,
};
const { signal } = new AbortController();

interface Bench {
  readonly api: AgnesServer;
  readonly client: AnsweringClient;
  readonly log: MemoryLog;
}

function bench(answers: readonly (HttpAnswer | Error)[], token = () => Promise.resolve(TOKEN)): Bench {
  const client = new AnsweringClient(...answers);
  const log = new MemoryLog();
  return { api: new AgnesApi({ http: client, token, log }), client, log };
}

function apiFor(...answers: (HttpAnswer | Error)[]): AgnesServer {
  return bench(answers).api;
}

/** Each request of the port, with what it is answered here. */
const requests: Readonly<
  Record<
    keyof AgnesServer,
    { readonly good: HttpAnswer; readonly ask: (api: AgnesServer, signal: AbortSignal) => Promise<unknown> }
  >
> = {
  catalog: { good: CATALOG, ask: (api, until) => api.catalog(until) },
  status: { good: json(200, STATUS), ask: (api, until) => api.status(until) },
  registry: { good: json(200, { tables: [] }), ask: (api, until) => api.registry(until) },
  refreshAll: { good: json(200, RUN), ask: (api, until) => api.refreshAll(until) },
  refreshTable: {
    good: json(200, { status: 'no_data' }),
    ask: (api, until) => api.refreshTable('orders', until),
  },
};

describe('the API of an Agnes server', () => {
  it('has these requests, each with its own deadline', async () => {
    const sent = { token: TOKEN, signal };
    const expected = {
      catalog: { method: 'GET', path: '/api/v2/catalog', deadlineMs: 60_000 },
      status: { method: 'GET', path: '/api/v2/metadata-cache/status', deadlineMs: 60_000 },
      registry: { method: 'GET', path: '/api/admin/registry', deadlineMs: 60_000 },
      refreshAll: { method: 'POST', path: '/api/admin/run-bq-metadata-refresh', deadlineMs: 1_800_000 },
      refreshTable: {
        method: 'POST',
        path: '/api/v2/metadata-cache/refresh',
        query: { table: 'orders' },
        deadlineMs: 120_000,
      },
    };
    for (const [name, { good, ask }] of Object.entries(requests)) {
      const { api, client } = bench([good]);
      await ask(api, signal);
      assert.deepEqual(client.requests, [{ ...expected[name as keyof AgnesServer], ...sent }]);
    }
  });

  for (const [name, { good, ask }] of Object.entries(requests)) {
    describe(name, () => {
      it('asks for the token anew each time', async () => {
        const tokens = ['first', 'second'];
        const { api, client } = bench([good, good], () => Promise.resolve(tokens.shift() ?? ''));
        await ask(api, signal);
        await ask(api, signal);
        assert.deepEqual(
          client.requests.map(({ token }) => token),
          ['first', 'second'],
        );
      });

      it('sends nothing without a token, and fails as that did', async () => {
        const failure = new AgnesFailure('signedOut');
        const { api, client } = bench([good], () => Promise.reject(failure));
        await assert.rejects(ask(api, signal), failure);
        assert.deepEqual(client.requests, []);
      });

      it('takes no other error of the token for a cut request', async () => {
        for (const thrown of [new TypeError('x'), 'x']) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it is
          const { api, client } = bench([good], () => Promise.reject(thrown));
          await assert.rejects(ask(api, signal), failsWith('unexpected'));
          assert.deepEqual(client.requests, []);
        }
      });

      it('sends nothing when it is cancelled already, and asks for no token', async () => {
        let asked = 0;
        const { api, client } = bench([good], () => {
          asked += 1;
          return Promise.resolve(TOKEN);
        });
        await assert.rejects(ask(api, AbortSignal.abort()), failsWith('cancelled'));
        assert.deepEqual([client.requests, asked], [[], 0]);
      });

      it('fails as the request did, where nothing was sent', async () => {
        for (const reason of [
          'serverUnreachable',
          'serverCertificate',
          'serverCaFile',
          'tokenWrongKind',
        ] as const) {
          const failure = new HttpFailure(reason);
          await assert.rejects(ask(apiFor(failure), signal), failure);
        }
      });

      it('fails by whose fault the status is', async () => {
        const cases: readonly (readonly [HttpAnswer, FailureReason])[] = [
          [json(401, { detail: 'Token revoked' }), 'signInExpired'],
          [json(401, { detail: 'Account deactivated' }), 'accountDeactivated'],
          [json(403, { detail: 'Admin access required' }), 'adminOnly'],
          [webPage(403), 'serverLoginPage'],
          [json(404, { detail: 'Not Found' }), 'serverTooOld'],
          [webPage(404), 'serverUnavailable'],
          [json(422, { detail: [{ loc: ['query', 'table'] }] }), 'serverError'],
          [webPage(429), 'serverUnavailable'],
          [json(500, { detail: 'Internal server error' }), 'serverError'],
        ];
        for (const [given, reason] of cases)
          await assert.rejects(ask(apiFor(given), signal), failsWith(reason));
      });

      it('has no token in a failure, though the server repeats it', async () => {
        const statuses = [200, 400, 401, 403, 404, 409, 422, 500, 502];
        for (const token of [TOKEN, OPAQUE_TOKEN]) {
          for (const status of statuses) {
            for (const given of [json(status, { detail: `not ${token}` }), answer(status, token)]) {
              const { api } = bench([given], () => Promise.resolve(token));
              const failure = await ask(api, signal).then(
                (value) => (value as { readonly failure?: Error }).failure,
                (thrown: unknown) => thrown as Error,
              );
              assert.ok(failure instanceof AgnesFailure);
              assert.doesNotMatch(
                `${failure.message} ${failure.stack ?? ''} ${String(failure.cause)}`,
                /eyJ|hush/,
              );
            }
          }
        }
      });
    });
  }

  for (const name of ['catalog', 'status', 'registry', 'refreshTable'] as const) {
    describe(`${name}, which changes nothing that a cut would leave open`, () => {
      const { ask } = requests[name];

      it('fails where the answer was cut', async () => {
        const failure = new HttpFailure('serverUnreachable', { wasSent: true });
        await assert.rejects(ask(apiFor(failure), signal), failure);
      });

      it('fails where an answer can’t be read, naming endpoint and field', async () => {
        const cut = answer(200, '{"tables":[', { 'content-type': 'application/json' });
        for (const given of [cut, json(200, {}), json(204, {})]) {
          await assert.rejects(
            ask(apiFor(given), signal),
            failsWith('serverAnswerInvalid', /^(?:GET|POST) \/api\//),
          );
        }
        for (const given of [answer(200, ''), answer(200, 'soon', { 'content-type': 'text/plain' })]) {
          await assert.rejects(ask(apiFor(given), signal), failsWith('serverUnavailable'));
        }
        for (const given of [webPage(200), answer(200, '<html>')]) {
          await assert.rejects(ask(apiFor(given), signal), failsWith('serverLoginPage'));
        }
      });
    });
  }
});

describe('the status', () => {
  it('warns once of times that can’t be read, by their number alone', async () => {
    const row = { table_id: 'hush', refreshed_at: 'hush', error_at: 'hush', rows: null, size_bytes: null };
    const { api, log } = bench([json(200, { ...STATUS, tables: [row, row] })]);
    const { rows } = await api.status(signal);
    assert.deepEqual(
      rows.map(({ refreshedAt, errorAt }) => [refreshedAt, errorAt]),
      [
        [null, null],
        [null, null],
      ],
    );
    assert.deepEqual(log.lines, [
      'warn GET /api/v2/metadata-cache/status: 4 times can’t be read and count as not known',
    ]);
  });

  it('warns of nothing else', async () => {
    const row = {
      table_id: 'x',
      refreshed_at: null,
      error_at: '2026-05-12T10:00:00',
      rows: null,
      size_bytes: null,
    };
    const { api, log } = bench([json(200, { ...STATUS, tables: [row] })]);
    await api.status(signal);
    assert.deepEqual(log.lines, []);
  });

  it('keeps numbers exact', async () => {
    const { rows } = await apiFor(
      answer(
        200,
        '{"scheduler_interval_seconds":1,"fresh_threshold_seconds":2,"server_time":"2026-05-12T11:00:00Z","tables":[{"table_id":"x","refreshed_at":null,"error_at":null,"rows":9223372036854775807,"size_bytes":9007199254740993}]}',
      ),
    ).status(signal);
    assert.deepEqual(
      [rows[0]?.rows, rows[0]?.sizeBytes],
      [9_223_372_036_854_775_807n, 9_007_199_254_740_993n],
    );
  });
});

describe('a run of all tables', () => {
  it('is done, joined or cut', async () => {
    const done = await apiFor(json(200, RUN)).refreshAll(signal);
    assert.equal(done.kind, 'done');
    const joined = await apiFor(json(409, { detail: { reason: 'already_running' } })).refreshAll(signal);
    assert.deepEqual(joined, { kind: 'alreadyRunning', runId: null, startedAt: null });
    const failure = new HttpFailure('serverUnreachable', { detail: 'ECONNRESET', wasSent: true });
    assert.deepEqual(await apiFor(failure).refreshAll(signal), { kind: 'cut', failure });
    assert.equal((await apiFor(webPage(504)).refreshAll(signal)).kind, 'cut');
    assert.equal((await apiFor(answer(200, '')).refreshAll(signal)).kind, 'cut');
  });

  it('is none where the server refuses, moved, or nobody waits for it', async () => {
    await assert.rejects(apiFor(json(500, { detail: 'x' })).refreshAll(signal), failsWith('serverError'));
    for (const reason of ['serverMoved', 'cancelled'] as const) {
      const failure = new HttpFailure(reason, { wasSent: true });
      await assert.rejects(apiFor(failure).refreshAll(signal), failure);
    }
  });
});

describe('a refresh of one table', () => {
  it('hands over any id as it is', async () => {
    for (const id of ['', 'a b', 'émoji 🚀/?&=#%', '../x']) {
      const { api, client } = bench([json(200, { status: 'no_data' })]);
      await api.refreshTable(id, signal);
      assert.deepEqual(client.requests[0]?.query, { table: id });
      assert.equal(client.requests[0].path, '/api/v2/metadata-cache/refresh');
    }
  });

  it('is ok, no data or an error of the table, all with 200', async () => {
    const timing = { fetch_ms: 1, total_ms: 2 };
    const ok = { status: 'ok', rows: 5, size_bytes: null, entity_type: 'VIEW', ...timing };
    const cases = [
      [ok, { status: 'ok', rows: 5n, sizeBytes: null, entityType: 'VIEW', fetchMs: 1, totalMs: 2 }],
      [{ status: 'no_data' }, { status: 'no_data', fetchMs: null, totalMs: null }],
      [
        { status: 'error', error: '🚀'.repeat(600), ...timing },
        { status: 'error', message: '🚀'.repeat(512), fetchMs: 1, totalMs: 2 },
      ],
    ] as const;
    for (const [given, expected] of cases) {
      assert.deepEqual(await apiFor(json(200, given)).refreshTable('orders', signal), expected);
    }
  });

  it('is not a fault of the network where the server takes too long', async () => {
    const facts = { detail: 'no answer within 120000 ms', timedOut: true };
    const late = new HttpFailure('serverUnreachable', { ...facts, wasSent: true });
    await assert.rejects(
      apiFor(late).refreshTable('orders', signal),
      failsWith(
        'serverUnavailable',
        'POST /api/v2/metadata-cache/refresh: no answer within 120000 ms; the server may go on with it',
      ),
    );
    // in any other request, and before this one was sent, it is
    await assert.rejects(apiFor(late).status(signal), late);
    const notSent = new HttpFailure('serverUnreachable', facts);
    await assert.rejects(apiFor(notSent).refreshTable('orders', signal), notSent);
  });

  it('is nothing where the server has another word for it', async () => {
    await assert.rejects(
      apiFor(json(200, { status: 'queued' })).refreshTable('orders', signal),
      failsWith('serverAnswerInvalid', /: status: expected .*, received string$/),
    );
  });

  const refusals: readonly (readonly [HttpAnswer, FailureReason])[] = [
    [json(404, { detail: 'Unknown table_id: orders' }), 'unknownTable'],
    [
      json(400, { detail: 'Manual metadata refresh is only meaningful for remote BigQuery tables' }),
      'notRefreshable',
    ],
    [json(404, { detail: 'Not Found' }), 'serverTooOld'],
    [json(404, { detail: { reason: 'x' } }), 'serverTooOld'],
    [json(404, { message: 'no Route matched' }), 'serverUnavailable'],
    [webPage(404), 'serverUnavailable'],
    [webPage(400), 'serverUnavailable'],
    [json(400, { error: 'x' }), 'serverUnavailable'],
    [json(400, { detail: [{ loc: ['x'] }] }), 'serverError'],
    [json(403, { detail: 'Admin access required' }), 'adminOnly'],
    [json(403, { detail: 'x' }), 'serverForbidden'],
    [json(409, { detail: 'x' }), 'serverError'],
  ];
  for (const [given, reason] of refusals) {
    it(`${given.status} ${given.text} is ${reason}`, async () => {
      await assert.rejects(apiFor(given).refreshTable('orders', signal), failsWith(reason));
    });
  }

  it('says for the log what the server said', async () => {
    await assert.rejects(
      apiFor(json(404, { detail: 'Unknown table_id: x' }, { 'x-request-id': 'r1' })).refreshTable(
        'x',
        signal,
      ),
      failsWith(
        'unknownTable',
        'POST /api/v2/metadata-cache/refresh: HTTP 404: Unknown table_id: x (request r1)',
      ),
    );
  });
});

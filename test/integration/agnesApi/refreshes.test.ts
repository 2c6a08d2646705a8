import assert from 'node:assert/strict';
import type { AgnesStandIn } from '../../fixtures/agnesServer/agnesStandIn.ts';
import { REFRESH_PATH, RUN_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import type { Fault, Replacement } from '../../fixtures/agnesServer/faults.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ADMIN, ANALYST, ApiBench, failureOf, NOW, unaborted } from './apiBench.ts';

const HALF_AN_HOUR_MS = 30 * 60_000;
const IS_RUN = ({ path }: { readonly path: string }): boolean => path === RUN_PATH;

describe('Agnes API: a run of all tables', () => {
  let bench: ApiBench;
  let server: AgnesStandIn;
  beforeEach(async () => {
    bench = await ApiBench.start();
    ({ server } = bench);
  });
  afterEach(() => server.close());

  it('is over when the server’s is, with its counts', async () => {
    server.outcomeOf('fresh_orders', { kind: 'error', message: 'Forbidden: 403' });
    server.outcomeOf('stale_visits', { kind: 'no_data' });
    server.outcomeOf('view_customers', { kind: 'crash' });
    const answer = await bench.as(ADMIN).refreshAll(unaborted());
    const [run] = server.runs;
    assert.deepEqual(answer, {
      kind: 'done',
      summary: {
        runId: run?.runId,
        startedAt: NOW,
        total: run?.tables.length,
        succeeded: (run?.tables.length ?? 0) - 4,
        noData: 1,
        failed: 3, // huge_events has a bucket that is no identifier
        durationMs: 0,
      },
    });
  });

  it('waits for a run that takes its time, and no longer than half an hour', async () => {
    const clock = new FakeClock();
    const hold = server.holdRuns();
    const answer = bench.as(ADMIN, { clock }).refreshAll(unaborted());
    await server.waitForRequest(IS_RUN);
    await clock.advance(HALF_AN_HOUR_MS - 1);
    assert.equal(clock.pending, 1, 'it still waits');
    await clock.advance(1);
    const cut = await answer;
    assert.equal(cut.kind === 'cut' && cut.failure.reason, 'serverUnreachable');
    assert.deepEqual(
      server.runs.map(({ over }) => over),
      [false],
      'nobody can stop the server',
    );
    hold.finish();
  });

  it('leaves a run alone that is on already, and says which it is', async () => {
    const hold = server.holdRuns();
    server.startRun();
    const answer = await bench.as(ADMIN).refreshAll(unaborted());
    assert.deepEqual(answer, { kind: 'alreadyRunning', runId: server.runs[0]?.runId, startedAt: NOW });
    hold.finish();
    assert.equal(server.runs.length, 1);
  });

  it('takes a 409 of this reason for a run that is on, whatever else it lacks', async () => {
    const conflict = async (detail: unknown): Promise<unknown> => {
      server.fault(RUN_PATH, { kind: 'status', status: 409, body: JSON.stringify({ detail }) }, 1);
      return bench.as(ADMIN).refreshAll(unaborted());
    };
    const unnamed = { kind: 'alreadyRunning', runId: null, startedAt: null };
    const reason = 'already_running';
    assert.deepEqual(await conflict({ reason, run_id: null, started_at: null }), unnamed);
    assert.deepEqual(await conflict({ reason }), unnamed);
    assert.deepEqual(await conflict({ reason, run_id: 7, started_at: 'soon' }), unnamed);
    for (const other of ['Conflict', { reason: 'other' }]) {
      assert.equal((await failureOf(conflict(other))).reason, 'serverError');
    }
  });

  describe('may be on when its answer is lost', () => {
    const lost: readonly [string, 'destroyed' | Replacement, string][] = [
      ['the connection ends', 'destroyed', 'serverUnreachable'],
      ['a proxy gives up', { kind: 'html', status: 504, title: 'Gateway Time-out' }, 'serverUnavailable'],
      ['a proxy loses the server', { kind: 'html', status: 502, title: 'Bad Gateway' }, 'serverUnavailable'],
      [
        'a proxy answers JSON',
        { kind: 'status', status: 503, body: '{"error":"busy"}' },
        'serverUnavailable',
      ],
      ['a proxy times out', { kind: 'status', status: 408, body: '' }, 'serverUnavailable'],
      ['a proxy fails', { kind: 'html', status: 500, title: 'Proxy Error' }, 'serverError'],
      ['a CDN gives up', { kind: 'html', status: 524, title: 'A timeout occurred' }, 'serverUnavailable'],
      ['a page takes its place', { kind: 'html', status: 200, title: 'Sign in' }, 'serverLoginPage'],
      ['its text ends early', 'garbage', 'serverAnswerInvalid'],
      ['it has another shape', 'notAgnes', 'serverAnswerInvalid'],
    ];
    for (const [name, how, reason] of lost) {
      it(name, async () => {
        const hold = server.holdRuns();
        const answer = bench.as(ADMIN).refreshAll(unaborted());
        await server.waitForRequest(IS_RUN);
        server.cutRunResponse(how);
        const cut = await answer;
        assert.equal(cut.kind === 'cut' && cut.failure.reason, reason);
        assert.equal(server.runs[0]?.over, false);
        hold.finish();
      });
    }

    it('half of it is there', async () => {
      server.fault(RUN_PATH, 'cutInTheMiddle');
      const cut = await bench.as(ADMIN).refreshAll(unaborted());
      assert.equal(cut.kind === 'cut' && cut.failure.reason, 'serverUnreachable');
    });
  });

  describe('is not on, and nobody watches it', () => {
    const refused: readonly [string, Fault, string][] = [
      ['where the server has a fault', status(500, '{"detail":"Internal server error"}'), 'serverError'],
      ['where it knows no runs', status(404, '{"detail":"Not Found"}'), 'serverTooOld'],
      ['where it says no to everything', status(403, '{"detail":"Domain not allowed"}'), 'serverForbidden'],
      ['where a proxy knows nothing', { kind: 'html', status: 404, title: 'Not Found' }, 'serverUnavailable'],
      ['where there are too many', { kind: 'rateLimited' }, 'serverUnavailable'],
      [
        'where the server has moved',
        { kind: 'redirect', to: 'https://agnes.invalid/x', status: 307 },
        'serverMoved',
      ],
    ];
    for (const [name, fault, reason] of refused) {
      it(name, async () => {
        server.fault(RUN_PATH, fault);
        assert.equal((await failureOf(bench.as(ADMIN).refreshAll(unaborted()))).reason, reason);
        assert.equal(server.requests.length, 1, 'nothing is sent twice');
      });
    }

    it('where this is no administrator', async () => {
      await assert.rejects(bench.as(ANALYST).refreshAll(unaborted()), { reason: 'adminOnly' });
      assert.equal(server.runs.length, 0);
    });

    it('where nothing listens', async () => {
      const api = bench.as(ADMIN);
      await server.close();
      await assert.rejects(api.refreshAll(unaborted()), { reason: 'serverUnreachable' });
    });

    it('where it was cancelled before', async () => {
      await assert.rejects(bench.as(ADMIN).refreshAll(AbortSignal.abort()), { reason: 'cancelled' });
      assert.equal(server.requests.length, 0);
    });
  });

  it('is watched no more when that is cancelled, and goes on', async () => {
    const hold = server.holdRuns();
    const cancel = new AbortController();
    const answer = bench.as(ADMIN).refreshAll(cancel.signal);
    await server.waitForRequest(IS_RUN);
    cancel.abort();
    await assert.rejects(answer, { reason: 'cancelled' });
    assert.equal(server.runs[0]?.over, false);
    hold.finish();
  });
});

describe('Agnes API: refresh of one table', () => {
  const TIMES = { fetchMs: 312, totalMs: 316 };

  it('answers what came of it, each outcome with its times', async () => {
    await using bench = await ApiBench.start();
    const { server } = bench;
    const api = bench.as(ADMIN);
    const refresh = (): Promise<unknown> => api.refreshTable('fresh_orders', unaborted());
    server.outcomeOf('fresh_orders', { kind: 'ok', rows: 9_007_199_254_740_993n, entityType: null });
    assert.deepEqual(await refresh(), {
      ...TIMES,
      status: 'ok',
      rows: 9_007_199_254_740_993n,
      sizeBytes: 734_003_200n,
      entityType: null,
    });
    server.outcomeOf('fresh_orders', { kind: 'no_data' });
    assert.deepEqual(await refresh(), { fetchMs: 98, totalMs: 102, status: 'no_data' });
    server.outcomeOf('fresh_orders', { kind: 'error', message: 'Forbidden: 403 no access' });
    assert.deepEqual(await refresh(), { ...TIMES, status: 'error', message: 'Forbidden: 403 no access' });
    assert.deepEqual(await api.refreshTable('huge_events', unaborted()), {
      fetchMs: null,
      totalMs: 4,
      status: 'error',
      message: 'invalid identifier',
    });
  });

  it('has no times from a server of 0.52', async () => {
    await using bench = await ApiBench.start({ flavour: '0.52' });
    const { fetchMs, totalMs } = await bench.as(ADMIN).refreshTable('fresh_orders', unaborted());
    assert.deepEqual([fetchMs, totalMs], [null, null]);
  });

  it('cuts a long error where Agnes cuts it when it stores it', async () => {
    await using bench = await ApiBench.start();
    bench.server.outcomeOf('fresh_orders', { kind: 'error', message: '😀'.repeat(2_000) });
    const answer = await bench.as(ADMIN).refreshTable('fresh_orders', unaborted());
    const message = answer.status === 'error' ? answer.message : '';
    assert.equal(message, bench.server.table('fresh_orders')?.cached?.errorMsg);
  });

  it('asks for the very id, whatever is in it', async () => {
    await using bench = await ApiBench.start();
    const ids = [
      'émoji 🚀/?&=#%',
      'bidi_\u202Egnp.exe',
      'markdown **[link](command:workbench.action.quit)**',
    ];
    for (const id of ids) {
      assert.equal((await bench.as(ADMIN).refreshTable(id, unaborted())).status, 'ok');
      assert.equal(bench.server.table(id)?.cached?.refreshedAt, NOW);
    }
    assert.deepEqual(
      bench.server.requests.map(({ path, query }) => [path, query.get('table')]),
      ids.map((id) => [REFRESH_PATH, id]),
    );
  });

  it('is not told as a fault of the network where the server takes more than two minutes', async () => {
    await using bench = await ApiBench.start();
    const clock = new FakeClock();
    bench.server.fault(REFRESH_PATH, { kind: 'slow', until: new Promise(() => undefined) });
    const failure = failureOf(bench.as(ADMIN, { clock }).refreshTable('fresh_orders', unaborted()));
    await bench.server.waitForRequest(({ path }) => path === REFRESH_PATH);
    await clock.advance(120_000);
    const { reason, detail = '' } = await failure;
    assert.equal(reason, 'serverUnavailable');
    assert.match(detail, /: no answer within 120000 ms; the server may go on with it$/);
    bench.server.fault(REFRESH_PATH, 'cutBeforeAnswer', 1);
    const lost = await failureOf(bench.as(ADMIN).refreshTable('fresh_orders', unaborted()));
    assert.equal(lost.reason, 'serverUnreachable', 'a lost connection is one');
  });

  it('rejects what is about the table with its own reasons', async () => {
    await using bench = await ApiBench.start();
    const reasonFor = async (id: string): Promise<string> =>
      (await failureOf(bench.as(ADMIN).refreshTable(id, unaborted()))).reason;
    assert.equal(await reasonFor('nope'), 'unknownTable');
    assert.equal(await reasonFor('local_notes'), 'notRefreshable');
    bench.server.outcomeOf('fresh_orders', { kind: 'crash' });
    assert.equal(await reasonFor('fresh_orders'), 'serverError');
    bench.server.fault(REFRESH_PATH, status(404, '{"detail":"Not Found"}'), 1);
    assert.equal(await reasonFor('fresh_orders'), 'serverTooOld', 'the path is unknown, not the table');
    bench.server.fault(REFRESH_PATH, { kind: 'html', status: 404, title: 'Not Found' }, 1);
    assert.equal(await reasonFor('fresh_orders'), 'serverUnavailable');
    const analyst = bench.as(ANALYST).refreshTable('fresh_orders', unaborted());
    await assert.rejects(analyst, { reason: 'adminOnly' });
  });
});

function status(code: number, body: string): Fault {
  return { kind: 'status', status: code, body };
}

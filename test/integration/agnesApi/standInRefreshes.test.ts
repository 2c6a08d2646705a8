import assert from 'node:assert/strict';
import { parseTimestamp } from '../../../src/core/time.ts';
import type { AgnesStandIn } from '../../fixtures/agnesServer/agnesStandIn.ts';
import { REFRESH_PATH, RUN_PATH } from '../../fixtures/agnesServer/endpoints.ts';
import type { StandInOutcome } from '../../fixtures/agnesServer/refreshRuns.ts';
import { standInCache, standInTable } from '../../fixtures/agnesServer/standInTable.ts';
import { readVectors } from '../../fixtures/vectors.ts';
import { ADMIN, ApiBench, NOW } from './apiBench.ts';
import { ask, type RawAnswer } from './rawRequest.ts';

interface OutcomeVector {
  readonly name: string;
  readonly row: {
    readonly id: string;
    readonly bucket?: string | null;
    readonly source_table?: string | null;
    readonly bq_fqn?: string;
  };
  readonly fetch:
    | { readonly returns: Readonly<Record<string, unknown>> | null }
    | { readonly raises: { readonly type: string; readonly message?: string } };
  readonly timing?: Readonly<Record<'fetch_ms' | 'total_ms', 'integer' | 'null'>>;
  /** `null` where an exception left it. */
  readonly returned: Readonly<Record<string, unknown>> | null;
  readonly sql_params: readonly [{ readonly params: readonly unknown[] }];
}

interface SummaryVector {
  readonly kind: 'run' | 'eligibility';
  readonly row_outcomes: readonly string[];
  readonly expected: Readonly<Record<string, number>>;
  readonly response_keys: readonly string[];
  readonly query_mode: string | null;
  readonly source_type: string | null;
  readonly eligible: boolean;
}

describe('Agnes stand-in: refresh of one table', () => {
  describe('answers and stores as refresh_one does', () => {
    for (const vector of readVectors<OutcomeVector>('refresh_outcome')) {
      it(`${vector.id} ${vector.name}`, () => checkOutcome(vector));
    }
  });

  it('takes the identifiers that Agnes takes', async () => {
    const vectors = readVectors<{ readonly input: unknown; readonly quoted_ok: boolean }>('identifiers');
    await using bench = await ApiBench.start({ tables: [] });
    const token = bench.tokenOf(ADMIN);
    for (const { id, input, quoted_ok: isGood } of vectors) {
      if (typeof input !== 'string') continue; // the registry holds texts alone
      bench.server.register(standInTable('t', { bucket: input }));
      const { json } = await ask(bench.server, `POST ${REFRESH_PATH}?table=t`, { token });
      assert.equal(statusIn(json), isGood ? 'ok' : 'error', id);
    }
  });

  it('keeps what was good when it fails, and forgets the error when it is good again', async () => {
    await using bench = await ApiBench.start();
    const { server } = bench;
    const token = bench.tokenOf(ADMIN);
    const before = server.table('fresh_orders')?.cached;
    server.outcomeOf('fresh_orders', { kind: 'error', message: 'RuntimeError: boom' });
    await ask(server, `POST ${REFRESH_PATH}?table=fresh_orders`, { token });
    const failed = { ...before, errorAt: NOW, errorMsg: 'RuntimeError: boom' };
    assert.deepEqual(server.table('fresh_orders')?.cached, failed);
    server.outcomeOf('fresh_orders', { kind: 'ok', rows: 3n });
    await ask(server, `POST ${REFRESH_PATH}?table=fresh_orders`, { token });
    assert.deepEqual(server.table('fresh_orders')?.cached, {
      ...before,
      rows: 3n,
      refreshedAt: NOW,
      errorAt: null,
      errorMsg: null,
    });
  });

  it('refuses a table that is unknown, not remote, or not named', async () => {
    await using bench = await ApiBench.start();
    const refresh = async (query: string): Promise<unknown> => {
      const { status, json } = await ask(bench.server, `POST ${REFRESH_PATH}${query}`, {
        token: bench.tokenOf(ADMIN),
      });
      return [status, (json as { readonly detail: unknown }).detail];
    };
    assert.deepEqual(await refresh('?table=nope'), [404, 'Unknown table_id: nope']);
    assert.deepEqual(await refresh('?table='), [404, 'Unknown table_id: ']);
    assert.deepEqual(await refresh('?table=local_notes'), [
      400,
      'Manual metadata refresh is only meaningful for remote BigQuery tables',
    ]);
    assert.deepEqual(await refresh(''), [
      422,
      [{ type: 'missing', loc: ['query', 'table'], msg: 'Field required' }],
    ]);
  });

  it('tells no times at 0.52', async () => {
    await using bench = await ApiBench.start({ flavour: '0.52' });
    const token = bench.tokenOf(ADMIN);
    const { json } = await ask(bench.server, `POST ${REFRESH_PATH}?table=fresh_orders`, { token });
    assert.deepEqual(Object.keys(json as object), [
      'table_id',
      'status',
      'rows',
      'size_bytes',
      'entity_type',
    ]);
  });
});

describe('Agnes stand-in: runs', () => {
  describe('counts as Agnes does', () => {
    const vectors = readVectors<SummaryVector>('run_summary');
    for (const vector of vectors.filter(isRunOfKnownStatuses)) it(vector.id, () => checkSummary(vector));
  });

  it('takes the tables that Agnes takes, in the order of their names', async () => {
    for (const vector of readVectors<SummaryVector>('run_summary')) {
      if (vector.kind !== 'eligibility') continue;
      const table = standInTable('t', { queryMode: vector.query_mode, sourceType: vector.source_type });
      await using bench = await ApiBench.start({ tables: [table] });
      await run(bench);
      assert.deepEqual(bench.server.runs[0]?.tables, vector.eligible ? ['t'] : [], vector.id);
    }
    const named = (id: string, name: string): ReturnType<typeof standInTable> => standInTable(id, { name });
    await using bench = await ApiBench.start({ tables: [named('a', 'z'), named('b', 'B'), named('c', 'b')] });
    await run(bench);
    assert.deepEqual(bench.server.runs[0]?.tables, ['b', 'c', 'a']);
  });

  it('lets one run be on at a time, and tells which', async () => {
    await using bench = await ApiBench.start();
    const { server } = bench;
    const hold = server.holdRuns();
    const first = run(bench);
    await server.waitForRequest(({ path }) => path === RUN_PATH);
    const [on] = server.runs;
    const { status, json } = await run(bench);
    assert.equal(status, 409);
    const { detail } = json as { readonly detail: Readonly<Record<string, string>> };
    assert.deepEqual(Object.keys(detail), ['reason', 'run_id', 'started_at', 'hint']);
    assert.deepEqual([detail['reason'], detail['run_id']], ['already_running', on?.runId]);
    assert.equal(parseTimestamp(detail['started_at'] ?? ''), on?.startedAt);
    hold.finish();
    assert.equal((await first).status, 200);
    assert.equal(server.runs.length, 1);
    assert.equal((await run(bench)).status, 200, 'the next one may begin');
  });

  it('settles its tables when told, and a refresh of one of them meanwhile', async () => {
    await using bench = await ApiBench.start();
    const { server } = bench;
    const hold = server.holdRuns();
    const whole = run(bench);
    await server.waitForRequest(({ path }) => path === RUN_PATH);
    hold.settleNext(2);
    assert.deepEqual(
      server.runs.map(({ settled, over }) => ({ settled, over })),
      [{ settled: 2, over: false }],
    );
    const token = bench.tokenOf(ADMIN);
    const one = await ask(server, `POST ${REFRESH_PATH}?table=view_customers`, { token });
    assert.equal(one.status, 200);
    hold.settleNext(server.runs[0]?.tables.length);
    assert.equal(server.runs[0]?.over, true);
    assert.equal((await whole).status, 200);
    assert.throws(() => hold.settleNext(), /no run is on/);
  });

  it('goes on when its answer is lost', async () => {
    await using bench = await ApiBench.start();
    const { server } = bench;
    const hold = server.holdRuns();
    const isOver = (): boolean | undefined => server.runs[0]?.over;
    const lost = assert.rejects(run(bench));
    await server.waitForRequest(({ path }) => path === RUN_PATH);
    server.cutRunResponse();
    await lost;
    assert.equal(isOver(), false);
    hold.finish();
    assert.equal(isOver(), true);
    assert.equal(server.table('never_fetched_leads')?.cached?.refreshedAt, NOW);
  });
});

function run(bench: ApiBench): Promise<RawAnswer> {
  return ask(bench.server, `POST ${RUN_PATH}`, { token: bench.tokenOf(ADMIN) });
}

function statusIn(json: unknown): unknown {
  return (json as { readonly status: unknown }).status;
}

async function checkOutcome(vector: OutcomeVector): Promise<void> {
  const { row, timing, returned } = vector;
  const table = standInTable(row.id, {
    bucket: row.bucket ?? null,
    sourceTable: row.source_table ?? null,
    bqFqn: row.bq_fqn ?? null,
  });
  await using bench = await ApiBench.start({ tables: [table] });
  const outcome = outcomeOf(vector);
  if (outcome !== undefined) bench.server.outcomeOf(row.id, outcome);
  const query = new URLSearchParams({ table: row.id }).toString();
  const { status, json } = await ask(bench.server, `POST ${REFRESH_PATH}?${query}`, {
    token: bench.tokenOf(ADMIN),
  });
  if (returned === null) {
    assert.equal(status, 500);
    assert.equal(bench.server.table(row.id)?.cached, null);
    return;
  }
  assert.equal(status, 200);
  const { fetch_ms: fetchMs, total_ms: totalMs, ...rest } = json as Readonly<Record<string, unknown>>;
  assert.deepEqual(rest, returned);
  assert.deepEqual([kindOf(fetchMs), kindOf(totalMs)], [timing?.fetch_ms, timing?.total_ms]);
  assert.deepEqual(storedOf(bench.server, row.id), vector.sql_params[0].params);
}

/** `undefined` where the table's own names decide. */
function outcomeOf({ fetch, returned }: OutcomeVector): StandInOutcome | undefined {
  if (returned === null) return { kind: 'crash' };
  if (returned['error'] === 'invalid identifier') return undefined;
  if ('raises' in fetch) return { kind: 'error', message: String(returned['error']) };
  if (fetch.returns === null) return { kind: 'no_data' };
  const { rows, size_bytes: sizeBytes, ...text } = fetch.returns;
  return {
    kind: 'ok',
    rows: typeof rows === 'number' ? BigInt(rows) : null,
    sizeBytes: typeof sizeBytes === 'number' ? BigInt(sizeBytes) : null,
    partitionBy: (text['partition_by'] as string | undefined) ?? null,
    clusteredBy: (text['clustered_by'] as readonly string[] | null | undefined) ?? null,
    entityType: (text['entity_type'] as string | undefined) ?? null,
    knownColumns: (text['known_columns'] as readonly string[] | null | undefined) ?? null,
  };
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Number.isSafeInteger(value) ? 'integer' : typeof value;
}

/** In the order of the statement's parameters. */
function storedOf(server: AgnesStandIn, id: string): readonly unknown[] {
  const { rows, sizeBytes, partitionBy, clusteredBy, entityType, knownColumns, ...times } =
    server.table(id)?.cached ?? standInCache({});
  const nowOr = (micros: bigint | null): unknown => (micros === NOW ? '<now>' : micros);
  if (times.errorMsg !== null) return [id, nowOr(times.errorAt), times.errorMsg];
  const numberOf = (value: bigint | null): number | null => (value === null ? null : Number(value));
  const listOf = (list: readonly string[] | null): string | null =>
    list === null ? null : JSON.stringify(list).replaceAll(',', ', ');
  const lists = [listOf(clusteredBy), entityType, listOf(knownColumns)];
  return [id, numberOf(rows), numberOf(sizeBytes), partitionBy, ...lists, nowOr(times.refreshedAt)];
}

/** An outcome of a word that nobody knows is beyond the stand-in. */
function isRunOfKnownStatuses({ kind, row_outcomes: outcomes }: SummaryVector): boolean {
  return kind === 'run' && !outcomes.includes('weird');
}

async function checkSummary(vector: SummaryVector): Promise<void> {
  const ids = vector.row_outcomes.map((_, index) => `t${index}`);
  await using bench = await ApiBench.start({ tables: ids.map((id) => standInTable(id)) });
  for (const [index, word] of vector.row_outcomes.entries()) {
    bench.server.outcomeOf(`t${index}`, outcomeNamed(word));
  }
  const { status, json } = await run(bench);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json as object), vector.response_keys);
  const { run_id: id, started_at: startedAt, duration_ms: ms, ...counts } = json as Record<string, unknown>;
  assert.deepEqual(counts, vector.expected);
  assert.match(String(id), /^[0-9a-f]{8}$/);
  assert.equal(parseTimestamp(String(startedAt)), NOW);
  assert.equal(ms, 0);
}

function outcomeNamed(word: string): StandInOutcome {
  if (word === 'ok' || word === 'no_data') return { kind: word };
  return word === 'error' ? { kind: 'error', message: 'boom' } : { kind: 'crash' };
}

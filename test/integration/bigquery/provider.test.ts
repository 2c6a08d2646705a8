import assert from 'node:assert/strict';

import { BigQueryStandIn, type StandInOptions } from '../../../src/sample/bigQueryStandIn.ts';
import { STAND_IN_FAULTS } from '../../../src/sample/standInFaults.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ask, createProvider, ORDERS, ORDERS_METADATA, ORDERS_TABLE, tablesWith } from './providerFixture.ts';

describe('BigQuery provider over HTTP', () => {
  const started: BigQueryStandIn[] = [];
  async function start(options: Partial<StandInOptions> = {}): Promise<BigQueryStandIn> {
    const standIn = await BigQueryStandIn.start({ tables: tablesWith({}), ...options });
    started.push(standIn);
    return standIn;
  }
  afterEach(async () => {
    await Promise.all(started.splice(0).map((standIn) => standIn.dispose()));
  });

  it('reads a table with one request', async () => {
    const standIn = await start();
    const answer = await ask(createProvider({ apiEndpoint: standIn.url }));
    assert.deepEqual(answer, { kind: 'ok', metadata: ORDERS_METADATA });
    assert.equal(standIn.counts.received, 1);
    assert.equal(standIn.requests[0]?.table, 'test-project.sales.orders');
  });

  it('addresses domain-scoped projects and names with dots', async () => {
    const standIn = await start({ tables: () => ORDERS_TABLE });
    const address = { project: 'example.com:data-project', dataset: 'in.c-sales', table: 'orders.v2' };
    assert.equal((await ask(createProvider({ apiEndpoint: standIn.url }), address)).kind, 'ok');
    assert.equal(standIn.requests[0]?.table, 'example.com:data-project.in.c-sales.orders.v2');
  });

  it('asks for the columns of a wide table by name alone', async () => {
    const fields = Array.from({ length: 10_000 }, (_, n) => ({
      name: `column_${n}`,
      type: 'STRING',
      mode: 'NULLABLE',
      description: 'A description that nobody asked for. '.repeat(3),
    }));
    const tables = tablesWith({ resource: { type: 'TABLE', numRows: '1', schema: { fields } } });
    const standIn = await start({ tables });
    let bytes = 0;
    const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const response = await globalThis.fetch(input, init);
      bytes = (await response.clone().arrayBuffer()).byteLength;
      return response;
    };
    const answer = await ask(createProvider({ apiEndpoint: standIn.url }, { fetch }));
    assert.ok(answer.kind === 'ok');
    assert.equal(answer.metadata.knownColumns?.length, 10_000);
    assert.equal(answer.metadata.knownColumns[9_999], 'column_9999');
    assert.ok(bytes < JSON.stringify(fields.map(({ name }) => ({ name }))).length + 1_000, `${bytes} bytes`);
  });

  // A connection is free a moment after its answer was read; meanwhile the next request may open one more.
  it('keeps its connections', async () => {
    const standIn = await start({ tables: () => ORDERS_TABLE });
    const provider = createProvider({ apiEndpoint: standIn.url });
    const worker = async (name: string): Promise<void> => {
      for (let n = 0; n < 25; n += 1) {
        const answer = await ask(provider, { ...ORDERS, table: `${name}_${n}` });
        assert.equal(answer.kind, 'ok');
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(worker));
    assert.equal(standIn.counts.received, 100);
    assert.ok(standIn.counts.connections <= 8, `${standIn.counts.connections} connections`);
  });

  it('keeps its connections over error answers', async () => {
    const standIn = await start({ tables: tablesWith({ fault: STAND_IN_FAULTS.accessDenied }) });
    const provider = createProvider({ apiEndpoint: standIn.url });
    for (let n = 0; n < 10; n += 1) await ask(provider);
    assert.ok(standIn.counts.connections <= 2, `${standIn.counts.connections} connections`);
  });

  describe('abort', () => {
    it('before the request asks nothing', async () => {
      const standIn = await start();
      const reason = new Error('cancelled');
      const provider = createProvider({ apiEndpoint: standIn.url });
      await assert.rejects(ask(provider, ORDERS, AbortSignal.abort(reason)), reason);
      assert.equal(standIn.counts.received, 0);
    });

    for (const [when, fault] of [
      ['before the answer', STAND_IN_FAULTS.hang],
      ['in the body', STAND_IN_FAULTS.hangInBody],
    ] as const) {
      it(`${when} rejects with the reason of the signal and drops the request`, async () => {
        const standIn = await start({ tables: tablesWith({ fault }) });
        const clock = new FakeClock();
        const provider = createProvider({ apiEndpoint: standIn.url }, { clock });
        const abortion = new AbortController();
        const reason = new Error('cancelled');
        const answer = ask(provider, ORDERS, abortion.signal);
        await standIn.until(({ received }) => received === 1);
        abortion.abort(reason);
        await assert.rejects(answer, reason);
        await standIn.until(({ abandoned }) => abandoned === 1);
        assert.equal(clock.pending, 0, 'no timer is left');
      });
    }
  });

  describe('deadline of an attempt', () => {
    for (const [when, fault] of [
      ['before the answer', STAND_IN_FAULTS.hang],
      ['in the body', STAND_IN_FAULTS.hangInBody],
    ] as const) {
      it(`${when} is a time-out and drops the request`, async () => {
        const standIn = await start({ tables: tablesWith({ fault }) });
        const clock = new FakeClock();
        const answer = ask(createProvider({ apiEndpoint: standIn.url }, { clock }));
        await standIn.until(({ received }) => received === 1);
        await clock.advance(9_999);
        assert.equal(standIn.counts.abandoned, 0);
        await clock.advance(1);
        const { kind, reason } = { reason: undefined, ...(await answer) };
        assert.deepEqual([kind, reason], ['transient', 'tableTimeout']);
        await standIn.until(({ abandoned }) => abandoned === 1);
        assert.equal(clock.pending, 0);
      });
    }

    it('leaves no timer behind after an answer', async () => {
      const standIn = await start();
      const clock = new FakeClock();
      await ask(createProvider({ apiEndpoint: standIn.url }, { clock }));
      assert.equal(clock.pending, 0);
    });
  });
});

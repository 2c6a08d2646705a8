import assert from 'node:assert/strict';

import { resolveAddress } from '../../../src/core/tableAddress.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { sampleRows, startSampleBigQuery } from '../../../src/sample/sampleCatalog.ts';
import { SAMPLE_PROJECT } from '../../../src/sample/sampleTables.ts';
import { ask, createProvider, ORDERS_TABLE, tablesWith } from './providerFixture.ts';

const ORDERS_PATH = '/bigquery/v2/projects/test-project/datasets/sales/tables/orders';

describe('BigQuery stand-in', () => {
  let standIn: BigQueryStandIn;
  afterEach(() => standIn.dispose());

  it('answers as the service does: kind, reference and what the mask names', async () => {
    standIn = await BigQueryStandIn.start({ tables: tablesWith({}) });
    const whole = await (await fetch(standIn.url + ORDERS_PATH)).json();
    assert.deepEqual(whole, {
      kind: 'bigquery#table',
      id: 'test-project:sales.orders',
      tableReference: { projectId: 'test-project', datasetId: 'sales', tableId: 'orders' },
      ...ORDERS_TABLE.resource,
    });
    const part = await (
      await fetch(`${standIn.url}${ORDERS_PATH}?fields=numRows,schema(fields(name))`)
    ).json();
    assert.deepEqual(part, {
      numRows: '12',
      schema: { fields: [{ name: 'id' }, { name: 'day' }, { name: 'country' }] },
    });
  });

  it('knows no other path, method or mask', async () => {
    standIn = await BigQueryStandIn.start({ tables: tablesWith({}) });
    const status = async (path: string, method = 'GET'): Promise<number> =>
      (await fetch(standIn.url + path, { method })).status;
    assert.equal(await status('/'), 404);
    assert.equal(await status(ORDERS_PATH, 'DELETE'), 404);
    assert.equal(await status(`${ORDERS_PATH}?fields=a(`), 400);
    assert.equal(await status(`${ORDERS_PATH}%`), 404);
  });

  it('holds answers until they are released', async () => {
    standIn = await BigQueryStandIn.start({ tables: () => ORDERS_TABLE });
    const provider = createProvider({ apiEndpoint: standIn.url });
    standIn.hold();
    const answers = [ask(provider), ask(provider), ask(provider)];
    await standIn.until(({ received }) => received === 3);
    assert.deepEqual([standIn.counts.answered, standIn.counts.mostAtOnce], [0, 3]);
    standIn.release();
    for (const answer of answers) assert.equal((await answer).kind, 'ok');
    await standIn.until(({ answered }) => answered === 3);
  });

  it('refuses what is beyond its rate, and earns new requests with time', async () => {
    let ms = 0;
    const limits = { requestsPerSecond: 2, monotonicMs: () => ms };
    standIn = await BigQueryStandIn.start({ tables: tablesWith({}), ...limits });
    const provider = createProvider({ apiEndpoint: standIn.url });
    const reason = async (): Promise<string> => {
      const answer = await ask(provider);
      return 'reason' in answer ? answer.reason : answer.kind;
    };
    assert.deepEqual([await reason(), await reason(), await reason()], ['ok', 'ok', 'rateLimited']);
    ms = 500;
    assert.deepEqual([await reason(), await reason()], ['ok', 'rateLimited']);
  });

  it('ends what is waiting when it is disposed, and a second time does nothing', async () => {
    standIn = await BigQueryStandIn.start({ tables: tablesWith({ fault: { kind: 'hang' } }) });
    const answer = ask(createProvider({ apiEndpoint: standIn.url }));
    const waiting = standIn.until(({ answered }) => answered === 1);
    await standIn.until(({ received }) => received === 1);
    const outcomes = Promise.allSettled([answer, waiting]);
    await standIn.dispose();
    await standIn.dispose();
    const [answered, waited] = await outcomes;
    assert.equal(answered.status === 'fulfilled' && answered.value.kind, 'transient');
    assert.equal(waited.status, 'rejected');
  });

  it('plays the BigQuery of the sample catalog', async () => {
    standIn = await startSampleBigQuery(0n);
    const provider = createProvider({ apiEndpoint: standIn.url, project: SAMPLE_PROJECT });
    const rows = sampleRows(0n);
    const kinds = await Promise.all(
      rows.map(async ({ registration }) => {
        const resolution = resolveAddress(registration, SAMPLE_PROJECT);
        assert.ok(resolution.kind === 'address');
        if (registration.id === 'ad_clicks') return 'ok'; // takes three seconds
        return (await ask(provider, resolution.address)).kind;
      }),
    );
    const of = (kind: string): readonly string[] =>
      rows.filter((_, n) => kinds[n] === kind).map(({ registration }) => registration.id);
    assert.deepEqual([of('noData'), of('tableError')], [['campaign_archive'], ['payroll']]);
    assert.equal(of('ok').length, rows.length - 2);
  });
});

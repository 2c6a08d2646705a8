import assert from 'node:assert/strict';

import type { InspectionAnswer } from '../../../src/ports/metadataProvider.ts';
import { BigQueryStandIn, type StandInTable } from '../../../src/sample/bigQueryStandIn.ts';
import { notFound, STAND_IN_FAULTS, type StandInFault } from '../../../src/sample/standInFaults.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ask, aToken, createProvider, googleAt, inspect, ORDERS, tablesWith } from './providerFixture.ts';

describe('inspection of a table over HTTP', () => {
  const started: BigQueryStandIn[] = [];
  async function start(orders: Partial<StandInTable> = {}): Promise<BigQueryStandIn> {
    const standIn = await BigQueryStandIn.start({ tables: tablesWith(orders) });
    started.push(standIn);
    return standIn;
  }
  afterEach(async () => {
    await Promise.all(started.splice(0).map((standIn) => standIn.dispose()));
  });

  it('tells what is not cached, with one request, and when it was asked', async () => {
    const standIn = await start({
      resource: {
        type: 'TABLE',
        numRows: '12',
        location: 'EU',
        creationTime: '1600000000000',
        lastModifiedTime: '1770000000000',
        expirationTime: '1990000000000',
        streamingBuffer: { estimatedRows: '7', estimatedBytes: '70', oldestEntryTime: '1779999990000' },
        schema: {
          fields: [
            { name: 'id', type: 'INTEGER', mode: 'REQUIRED', description: 'The key' },
            {
              name: 'lines',
              type: 'RECORD',
              mode: 'REPEATED',
              fields: [{ name: 'sku', type: 'STRING', mode: 'NULLABLE', description: 'Article' }],
            },
          ],
        },
      },
    });
    const clock = new FakeClock();
    const asking = inspect(createProvider({ apiEndpoint: standIn.url }, { clock }));
    const observedAt = clock.now();
    await clock.advance(1);
    assert.deepEqual(await asking, {
      kind: 'ok',
      inspection: {
        observedAt,
        columns: [
          { path: ['id'], type: 'INT64', mode: 'REQUIRED', description: 'The key' },
          { path: ['lines'], type: 'STRUCT', mode: 'REPEATED', description: null },
          { path: ['lines', 'sku'], type: 'STRING', mode: 'NULLABLE', description: 'Article' },
        ],
        streamingBuffer: {
          estimatedRows: 7n,
          estimatedBytes: 70n,
          oldestEntryAt: 1_779_999_990_000_000n,
        },
        lastModified: 1_770_000_000_000_000n,
        createdAt: 1_600_000_000_000_000n,
        expiresAt: 1_990_000_000_000_000n,
        location: 'EU',
      },
    });
    assert.deepEqual(
      standIn.requests.map(({ table }) => table),
      ['test-project.sales.orders'],
    );
  });

  it('costs a refresh nothing: its request has no types, descriptions or streaming buffer', async () => {
    const standIn = await start();
    const provider = createProvider({ apiEndpoint: standIn.url });
    assert.equal((await ask(provider)).kind, 'ok');
    assert.equal((await inspect(provider)).kind, 'ok');
    const masks = standIn.requests.map(
      ({ url }) => new URL(url, standIn.url).searchParams.get('fields') ?? '',
    );
    assert.equal(masks.length, 2);
    assert.match(masks[0] ?? '', /lastModifiedTime/);
    assert.doesNotMatch(masks[0] ?? '', /streamingBuffer|description|creationTime/);
    assert.match(masks[1] ?? '', /streamingBuffer\(.*schema\(fields\(.*description/);
  });

  it('reads the widest table', async () => {
    const fields = Array.from({ length: 10_000 }, (_, n) => ({
      name: `column_${n}`.padEnd(300, '_'),
      type: 'STRING',
      mode: 'NULLABLE',
      description: 'x'.repeat(1_024),
      policyTags: { names: ['projects/1/locations/eu/taxonomies/2/policyTags/3'.repeat(10)] },
    }));
    const standIn = await start({ resource: { type: 'TABLE', schema: { fields } } });
    const answer = await inspect(createProvider({ apiEndpoint: standIn.url }));
    assert.ok(answer.kind === 'ok');
    assert.equal(answer.inspection.columns.length, 10_000);
    assert.equal(answer.inspection.columns[9_999]?.description?.length, 1_024);
  });

  it('stops an answer without end', async () => {
    const standIn = await start({ fault: STAND_IN_FAULTS.endless });
    const answer = await inspect(createProvider({ apiEndpoint: standIn.url }));
    assert.equal(briefly(answer), 'tableError answerInvalid');
    await standIn.until(({ abandoned }) => abandoned === 1);
  });

  const raw = (httpStatus: number, body: string): StandInFault => ({ kind: 'raw', httpStatus, body });
  for (const [name, fault, expected] of [
    ['table not found', notFound('Table', 'test-project:sales.orders'), 'noData'],
    ['access denied', STAND_IN_FAULTS.accessDenied, 'tableError accessDenied'],
    ['credentials refused', STAND_IN_FAULTS.unauthorized, 'callerFault credentialsRejected'],
    ['rate limit', STAND_IN_FAULTS.rateLimited, 'transient rateLimited'],
    ['503', STAND_IN_FAULTS.backendError, 'transient serviceUnavailable'],
    ['reset in the body', STAND_IN_FAULTS.resetInBody, 'transient networkDown'],
    ['JSON cut off', STAND_IN_FAULTS.truncated, 'transient serviceUnavailable'],
    ['page with 200', STAND_IN_FAULTS.signInPage, 'callerFault endpointUnusable'],
    ['other JSON with 200', raw(200, '{"kind":"other"}'), 'callerFault endpointUnusable'],
    [
      'columns unreadable',
      raw(200, '{"kind":"bigquery#table","schema":{"fields":[1]}}'),
      'tableError answerInvalid',
    ],
  ] as const) {
    it(`comes to what a refresh comes to: ${name}`, async () => {
      const standIn = await start({ fault });
      const provider = createProvider({ apiEndpoint: standIn.url });
      const inspected = await inspect(provider);
      assert.equal(briefly(inspected), expected);
      const refreshed = await ask(provider);
      if (name !== 'columns unreadable') assert.deepEqual(inspected, refreshed);
    });
  }

  it('signs in for Google, and counts against the billing project', async () => {
    const standIn = await start();
    const provider = createProvider(
      { billingProject: 'billing-project' },
      { fetch: googleAt(standIn.url), loadTokenClient: () => Promise.resolve(aToken) },
    );
    assert.equal((await inspect(provider)).kind, 'ok');
    const { authorization, 'x-goog-user-project': quotaProject } = standIn.requests[0]?.headers ?? {};
    assert.deepEqual([authorization, quotaProject], ['Bearer the-token', 'billing-project']);
  });

  it('calls any other endpoint anonymously', async () => {
    const seen: Headers[] = [];
    const fetch = (_: unknown, init: RequestInit = {}): Promise<Response> => {
      seen.push(new Headers(init.headers));
      assert.equal(init.redirect, 'manual');
      return Promise.resolve(Response.json({ kind: 'bigquery#table' }));
    };
    const endpoints = ['https://bigquery.googleapis.com.evil.org', 'https://bigquery.googleapis.com:8443'];
    const standIn = await start();
    for (const apiEndpoint of [...endpoints, standIn.url]) {
      const settings = {
        apiEndpoint,
        billingProject: 'billing-project',
        credentialsFile: '/nowhere/key.json',
      };
      const loadTokenClient = (): never => assert.fail('the credential library was loaded');
      const own = apiEndpoint === standIn.url ? {} : { fetch };
      assert.equal((await inspect(createProvider(settings, { loadTokenClient, ...own }))).kind, 'ok');
    }
    assert.equal(seen.length, endpoints.length);
    const { authorization, 'x-goog-user-project': quotaProject } = standIn.requests[0]?.headers ?? {};
    assert.deepEqual([authorization, quotaProject], [undefined, undefined]);
    for (const headers of seen) {
      assert.deepEqual([headers.has('authorization'), headers.has('x-goog-user-project')], [false, false]);
    }
  });

  it('is not asked after an abort', async () => {
    const standIn = await start();
    const reason = new Error('cancelled');
    const provider = createProvider({ apiEndpoint: standIn.url });
    await assert.rejects(inspect(provider, ORDERS, AbortSignal.abort(reason)), reason);
    assert.equal(standIn.counts.received, 0);
  });

  for (const [when, fault] of [
    ['before the answer', STAND_IN_FAULTS.hang],
    ['in the body', STAND_IN_FAULTS.hangInBody],
  ] as const) {
    it(`is dropped by an abort ${when}`, async () => {
      const standIn = await start({ fault });
      const clock = new FakeClock();
      const abortion = new AbortController();
      const reason = new Error('cancelled');
      const provider = createProvider({ apiEndpoint: standIn.url }, { clock });
      const answer = inspect(provider, ORDERS, abortion.signal);
      await standIn.until(({ received }) => received === 1);
      abortion.abort(reason);
      await assert.rejects(answer, reason);
      await standIn.until(({ abandoned }) => abandoned === 1);
      assert.equal(clock.pending, 0, 'no timer is left');
    });

    it(`is dropped by the deadline of an attempt ${when}`, async () => {
      const standIn = await start({ fault });
      const clock = new FakeClock();
      const answer = inspect(createProvider({ apiEndpoint: standIn.url }, { clock }));
      await standIn.until(({ received }) => received === 1);
      await clock.advance(10_000);
      assert.equal(briefly(await answer), 'transient tableTimeout');
      await standIn.until(({ abandoned }) => abandoned === 1);
      assert.equal(clock.pending, 0);
    });
  }
});

/** Kind and reason of an answer; the message is for people. */
function briefly(answer: InspectionAnswer): string {
  if (answer.kind === 'callerFault') return `callerFault ${answer.failure.reason}`;
  return 'reason' in answer ? `${answer.kind} ${answer.reason}` : answer.kind;
}

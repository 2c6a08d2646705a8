import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import type { ProviderAnswer } from '../../../src/ports/metadataProvider.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { notFound, STAND_IN_FAULTS, type StandInFault } from '../../../src/sample/standInFaults.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { aToken, ask, createProvider, googleAt, ORDERS, tablesWith } from './providerFixture.ts';

/** Kind and reason of an answer; the message is for people. */
function briefly(answer: ProviderAnswer): string {
  switch (answer.kind) {
    case 'ok':
    case 'noData':
      return answer.kind;
    case 'callerFault':
      return `callerFault ${answer.failure.reason}`;
    default:
      return `${answer.kind} ${answer.reason}`;
  }
}

function textOf(answer: ProviderAnswer): string {
  if (answer.kind === 'ok') return '';
  return answer.kind === 'callerFault' ? answer.failure.message : answer.message;
}

function raw(httpStatus: number, body = '', headers: Record<string, string> = {}): StandInFault {
  return { kind: 'raw', httpStatus, body, headers };
}

/** What a fault comes to at Google, and, where that differs, at an endpoint of the user's. */
const CASES: readonly (readonly [string, StandInFault, string, string?])[] = [
  ['table not found', notFound('Table', 'test-project:sales.orders'), 'noData'],
  ['dataset not found', notFound('Dataset', 'test-project:sales'), 'noData'],
  ['project not found', notFound('Project', 'test-project'), 'noData'],
  ['access denied', STAND_IN_FAULTS.accessDenied, 'tableError accessDenied'],
  ['request invalid', STAND_IN_FAULTS.invalid, 'tableError requestInvalid'],
  ['credentials refused', STAND_IN_FAULTS.unauthorized, 'callerFault credentialsRejected'],
  ['403 rate limit', STAND_IN_FAULTS.rateLimited, 'transient rateLimited'],
  ['429', STAND_IN_FAULTS.tooManyRequests, 'transient rateLimited'],
  ['429 without an error object', raw(429), 'transient rateLimited'],
  ['quota', STAND_IN_FAULTS.quotaExceeded, 'callerFault quotaExceeded'],
  ['billing project refused', STAND_IN_FAULTS.userProjectDenied, 'callerFault billingProject'],
  ['service off', STAND_IN_FAULTS.serviceDisabled, 'callerFault billingProject'],
  [
    'token of too little scope',
    { ...STAND_IN_FAULTS.accessDenied, reason: 'insufficientPermissions' } as StandInFault,
    'callerFault credentialsRejected',
  ],
  ['500', STAND_IN_FAULTS.internalError, 'transient serviceUnavailable'],
  ['502 page', STAND_IN_FAULTS.badGateway, 'transient serviceUnavailable'],
  ['503', STAND_IN_FAULTS.backendError, 'transient serviceUnavailable'],
  ['reset', STAND_IN_FAULTS.reset, 'transient networkDown'],
  ['reset in the body', STAND_IN_FAULTS.resetInBody, 'transient networkDown'],
  ['JSON cut off', STAND_IN_FAULTS.truncated, 'transient serviceUnavailable'],
  ['page with 200', STAND_IN_FAULTS.signInPage, 'transient networkDown', 'callerFault endpointUnusable'],
  ['empty 200', raw(200), 'transient networkDown', 'callerFault endpointUnusable'],
  [
    'other JSON with 200',
    raw(200, '{"kind":"other"}'),
    'transient networkDown',
    'callerFault endpointUnusable',
  ],
  ['204', raw(204), 'transient networkDown', 'callerFault endpointUnusable'],
  ['404 page', raw(404, '<html>'), 'transient networkDown', 'callerFault endpointUnusable'],
  ['403 page', raw(403, '<html>'), 'transient networkDown', 'callerFault endpointUnusable'],
  [
    '404 of another API',
    raw(404, '{"error":{"code":404}}'),
    'transient networkDown',
    'callerFault endpointUnusable',
  ],
  [
    'error object of another shape',
    raw(400, '{"error":"no"}'),
    'transient networkDown',
    'callerFault endpointUnusable',
  ],
  ['proxy sign-in', raw(407, '<html>'), 'transient networkDown'],
  ['number unreadable', raw(200, '{"kind":"bigquery#table","numRows":"many"}'), 'tableError answerInvalid'],
];

describe('faults of BigQuery over HTTP', () => {
  for (const [name, fault, atGoogle, elsewhere = atGoogle] of CASES) {
    it(`${name}: ${atGoogle}`, async () => {
      const standIn = await BigQueryStandIn.start({ tables: tablesWith({ fault }) });
      try {
        const custom = createProvider({ apiEndpoint: standIn.url });
        const fetch = googleAt(standIn.url);
        const google = createProvider({}, { fetch, loadTokenClient: () => Promise.resolve(aToken) });
        const answers = [await ask(custom), await ask(google)];
        assert.deepEqual(answers.map(briefly), [elsewhere, atGoogle]);
        assert.equal(standIn.counts.received, 2, 'one request an attempt');
        for (const answer of answers) assert.match(textOf(answer), /^[^\r\n]{3,400}$/);
      } finally {
        await standIn.dispose();
      }
    });
  }

  it('says whether table, dataset or project is missing', async () => {
    const standIn = await BigQueryStandIn.start({ tables: tablesWith({}) });
    try {
      const provider = createProvider({ apiEndpoint: standIn.url });
      const table = await ask(provider, { ...ORDERS, table: 'gone' });
      assert.deepEqual(table, { kind: 'noData', message: 'BigQuery has no table test-project.sales.gone' });
      const dataset = await ask(provider, { ...ORDERS, dataset: 'gone' });
      assert.deepEqual(dataset, { kind: 'noData', message: 'BigQuery has no dataset test-project.gone' });
    } finally {
      await standIn.dispose();
    }
  });

  describe('a project that does not exist', () => {
    const fault = notFound('Project', 'test-project');
    const askAbout = async (project: string): Promise<ProviderAnswer> => {
      const standIn = await BigQueryStandIn.start({ tables: tablesWith({ fault }) });
      try {
        return await ask(createProvider({ apiEndpoint: standIn.url, project }));
      } finally {
        await standIn.dispose();
      }
    };

    it('is the setting’s fault where the setting names it: no table is marked as gone', async () => {
      const answer = await askAbout('test-project');
      assert.equal(briefly(answer), 'callerFault settingInvalid');
      assert.ok(answer.kind === 'callerFault');
      assert.equal(answer.failure.setting, 'bigquery.project');
      assert.equal(answer.failure.detail, 'BigQuery has no project test-project');
    });

    it('is the registration’s where the setting names another', async () => {
      assert.deepEqual(await askAbout('another-project'), {
        kind: 'noData',
        message: 'BigQuery has no project test-project',
      });
    });
  });

  for (const kind of ['Table', 'Dataset'] as const) {
    it(`a missing ${kind.toLowerCase()} of the configured project is the table’s`, async () => {
      const fault = notFound(kind, 'test-project:sales');
      const standIn = await BigQueryStandIn.start({ tables: tablesWith({ fault }) });
      try {
        const provider = createProvider({ apiEndpoint: standIn.url, project: 'test-project' });
        assert.equal(briefly(await ask(provider)), 'noData');
      } finally {
        await standIn.dispose();
      }
    });
  }

  it('reads Retry-After in seconds and as a date', async () => {
    const clock = new FakeClock(1_772_366_400_000_000n); // 2026-03-01T12:00:00Z
    const again = (retryAfter: string): StandInFault =>
      ({ ...STAND_IN_FAULTS.backendError, retryAfter }) as StandInFault;
    const firstFaults = [again('7'), again('Sun, 01 Mar 2026 12:00:20 GMT'), again('nonsense')];
    const standIn = await BigQueryStandIn.start({ tables: tablesWith({ firstFaults }) });
    try {
      const provider = createProvider({ apiEndpoint: standIn.url }, { clock });
      const answers = [await ask(provider), await ask(provider), await ask(provider)];
      const waits = answers.map((answer) => 'retryAfterMs' in answer && answer.retryAfterMs);
      assert.deepEqual(waits, [7_000, 20_000, null]);
    } finally {
      await standIn.dispose();
    }
  });

  it('keeps secrets and addresses of people out of what is stored', async () => {
    const message = 'Access Denied for ann@example.com with Bearer abc.def\nand ya29.secret-token on table t';
    const fault = { ...STAND_IN_FAULTS.accessDenied, message } as StandInFault;
    const standIn = await BigQueryStandIn.start({ tables: tablesWith({ fault }) });
    try {
      const text = textOf(await ask(createProvider({ apiEndpoint: standIn.url })));
      assert.match(text, /Access Denied for … with Bearer … and … on table t/);
    } finally {
      await standIn.dispose();
    }
  });

  it('does not follow a redirect', async () => {
    const target = await BigQueryStandIn.start({ tables: tablesWith({}) });
    const location = `${target.url}/bigquery/v2/projects/test-project/datasets/sales/tables/orders`;
    const standIn = await BigQueryStandIn.start({
      tables: tablesWith({ fault: raw(307, '', { location }) }),
    });
    try {
      assert.equal(
        briefly(await ask(createProvider({ apiEndpoint: standIn.url }))),
        'callerFault endpointUnusable',
      );
      const fetch = googleAt(standIn.url);
      const google = createProvider({}, { fetch, loadTokenClient: () => Promise.resolve(aToken) });
      assert.equal(briefly(await ask(google)), 'transient networkDown');
      assert.equal(target.counts.received, 0);
    } finally {
      await standIn.dispose();
      await target.dispose();
    }
  });

  it('stops an endless answer', async () => {
    const standIn = await BigQueryStandIn.start({ tables: tablesWith({ fault: STAND_IN_FAULTS.endless }) });
    try {
      const answer = await ask(createProvider({ apiEndpoint: standIn.url }));
      assert.equal(briefly(answer), 'tableError answerInvalid');
      await standIn.until(({ abandoned }) => abandoned === 1);
    } finally {
      await standIn.dispose();
    }
  });

  it('names the code of a refused connection', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const answer = await ask(createProvider({ apiEndpoint: `http://127.0.0.1:${port}` }));
    assert.equal(briefly(answer), 'transient networkDown');
    assert.match(textOf(answer), /ECONNREFUSED/);
  });

  for (const [code, expected] of [
    ['ENOTFOUND', /no connection to bigquery\.googleapis\.com \(ENOTFOUND\)/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /certificate of bigquery\.googleapis\.com is not trusted \(SELF_SIGNED/],
  ] as const) {
    it(`names ${code}`, async () => {
      const cause = Object.assign(new Error('secret detail'), { code });
      const fetch = (): Promise<Response> => Promise.reject(new TypeError('fetch failed', { cause }));
      const answer = await ask(createProvider({}, { fetch, loadTokenClient: () => Promise.resolve(aToken) }));
      assert.equal(briefly(answer), 'transient networkDown');
      assert.match(textOf(answer), expected);
      assert.doesNotMatch(textOf(answer), /secret/);
    });
  }
});

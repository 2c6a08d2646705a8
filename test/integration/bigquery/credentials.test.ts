import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { BigQuerySettings } from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import type { BigQueryProviderOptions } from '../../../src/adapters/bigquery/bigQueryProvider.ts';
import type { LoadTokenClient } from '../../../src/adapters/bigquery/googleTokenClient.ts';
import { describeFailure, type FailureAction } from '../../../src/core/failureTexts.ts';
import type { ProviderAnswer } from '../../../src/ports/metadataProvider.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { STAND_IN_FAULTS } from '../../../src/sample/standInFaults.ts';
import { aToken, ask, createProvider, googleAt, ORDERS, tablesWith } from './providerFixture.ts';

const USER = {
  type: 'authorized_user',
  client_id: 'id',
  client_secret: 'hush',
  refresh_token: 'hush-refresh',
};

function serviceAccount(): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    type: 'service_account',
    client_email: 'robot@project.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

function impersonating(
  source: object,
  url = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot:generateAccessToken',
): object {
  return {
    type: 'impersonated_service_account',
    service_account_impersonation_url: url,
    source_credentials: source,
  };
}

/** The caller's fault that an answer is. */
function faultOf(answer: ProviderAnswer): { reason: string; detail: string } {
  assert.ok(answer.kind === 'callerFault', answer.kind);
  const { reason, detail = '' } = answer.failure;
  assert.doesNotMatch(JSON.stringify([answer, detail, answer.failure.message, answer.failure.cause]), /hush/);
  return { reason, detail };
}

interface SeenRequest {
  readonly url: string;
  readonly authorization: string | null;
  readonly quotaProject: string | null;
  readonly body: string;
  readonly redirect: string | undefined;
}

/** Google as seen through an injected `fetch`: its token service and BigQuery; other hosts don't exist. */
class FakeGoogle {
  readonly seen: SeenRequest[] = [];
  /** Token requests that were ended by whoever asked. */
  abortedTokenRequests = 0;
  tokenAnswer = (): Promise<Response> =>
    Promise.resolve(
      Response.json({ access_token: `token-${this.tokenRequests}`, expires_in: 3600, token_type: 'Bearer' }),
    );

  get tokenRequests(): number {
    return this.seen.filter(({ url }) => url.startsWith('https://oauth2.googleapis.com/token')).length;
  }

  get tableRequests(): readonly SeenRequest[] {
    return this.seen.filter(({ url }) => url.startsWith('https://bigquery.googleapis.com/'));
  }

  readonly fetch = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = String(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    const body = init.body instanceof URLSearchParams ? init.body.toString() : '';
    this.seen.push({
      url,
      authorization: headers.get('authorization'),
      quotaProject: headers.get('x-goog-user-project'),
      body,
      redirect: init.redirect,
    });
    if (url.startsWith('https://oauth2.googleapis.com/token')) {
      init.signal?.addEventListener('abort', () => (this.abortedTokenRequests += 1));
      return abortable(this.tokenAnswer(), init.signal);
    }
    if (!url.startsWith('https://bigquery.googleapis.com/'))
      return Promise.reject(new TypeError('fetch failed'));
    return Promise.resolve(
      Response.json({ kind: 'bigquery#table', type: 'TABLE', numRows: '1', numBytes: '2' }),
    );
  };
}

function abortable(answer: Promise<Response>, signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
    answer.then(resolve, reject);
  });
}

describe('Google credentials', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(content: object | string, name = 'key.json'): Promise<string> {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  async function withFile(
    content: object | string,
    google: FakeGoogle,
    settings: BigQuerySettings = {},
    options: Partial<BigQueryProviderOptions> = {},
  ): ReturnType<typeof ask> {
    const credentialsFile = await write(content);
    return await ask(createProvider({ credentialsFile, ...settings }, { fetch: google.fetch, ...options }));
  }

  describe('go to Google alone', () => {
    const neverLoaded: LoadTokenClient = () => assert.fail('the credential library was loaded');

    it('an endpoint of the user’s is called without, although there are some', async () => {
      const standIn = await BigQueryStandIn.start({ tables: tablesWith({}) });
      try {
        const settings = {
          apiEndpoint: standIn.url,
          credentialsFile: await write(USER),
          billingProject: 'billing-project',
        };
        assert.equal((await ask(createProvider(settings, { loadTokenClient: neverLoaded }))).kind, 'ok');
        const { authorization, 'x-goog-user-project': quotaProject } = standIn.requests[0]?.headers ?? {};
        assert.deepEqual([standIn.requests.length, authorization, quotaProject], [1, undefined, undefined]);
      } finally {
        await standIn.dispose();
      }
    });

    for (const apiEndpoint of [
      'https://bigquery.googleapis.com.evil.org',
      'https://bigquery.googleapis.com:8443',
      'https://evil.org/bigquery.googleapis.com',
    ]) {
      it(`${apiEndpoint} gets none`, async () => {
        const seen: RequestInit[] = [];
        const fetch = (_: unknown, init: RequestInit = {}): Promise<Response> => {
          seen.push(init);
          return Promise.resolve(Response.json({ kind: 'bigquery#table' }));
        };
        const settings = {
          apiEndpoint,
          credentialsFile: await write(USER),
          billingProject: 'billing-project',
        };
        await ask(createProvider(settings, { fetch, loadTokenClient: neverLoaded }));
        assert.equal(seen.length, 1);
        const headers = new Headers(seen[0]?.headers);
        assert.deepEqual([headers.has('authorization'), headers.has('x-goog-user-project')], [false, false]);
      });
    }

    it('Google gets them, and no redirect is followed with them', async () => {
      const google = new FakeGoogle();
      const answer = await withFile(USER, google, { billingProject: 'billing-project' });
      assert.equal(answer.kind, 'ok');
      const [request, ...others] = google.tableRequests;
      assert.equal(others.length, 0);
      assert.equal(request?.authorization, 'Bearer token-1');
      assert.equal(request.quotaProject, 'billing-project');
      assert.deepEqual(
        google.seen.map(({ redirect }) => redirect),
        ['error', 'manual'],
      );
    });

    it('takes the quota project of the credentials where none is set', async () => {
      const google = new FakeGoogle();
      await withFile({ ...USER, quota_project_id: 'their-project' }, google);
      assert.equal(google.tableRequests[0]?.quotaProject, 'their-project');
    });
  });

  describe('are obtained by Google’s library through the given fetch', () => {
    it('for a service account, with the scope of BigQuery', async () => {
      const google = new FakeGoogle();
      const answer = await withFile(serviceAccount(), google);
      assert.equal(answer.kind, 'ok');
      const assertion = new URLSearchParams(google.seen[0]?.body).get('assertion') ?? '';
      const claims = Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString();
      assert.match(claims, /"scope":"https:\/\/www\.googleapis\.com\/auth\/bigquery"/);
      assert.equal(google.tableRequests[0]?.authorization, 'Bearer token-1');
    });

    it('for default credentials: the variable, then gcloud’s file', async () => {
      await write({ ...USER, refresh_token: 'gcloud' }, 'gcloud/application_default_credentials.json');
      const variable = await write({ ...USER, refresh_token: 'variable' });
      for (const [environment, expected] of [
        [{ CLOUDSDK_CONFIG: join(folder, 'gcloud') }, 'gcloud'],
        [{ CLOUDSDK_CONFIG: join(folder, 'gcloud'), GOOGLE_APPLICATION_CREDENTIALS: variable }, 'variable'],
      ] as const) {
        const google = new FakeGoogle();
        assert.equal((await ask(createProvider({}, { fetch: google.fetch, environment }))).kind, 'ok');
        assert.equal(new URLSearchParams(google.seen[0]?.body).get('refresh_token'), expected);
      }
    });

    it('once for many tables at the same time, and kept for later ones', async () => {
      const google = new FakeGoogle();
      const credentialsFile = await write(USER);
      const provider = createProvider({ credentialsFile }, { fetch: google.fetch });
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(provider)));
      answers.push(await ask(provider));
      assert.ok(answers.every(({ kind }) => kind === 'ok'));
      assert.equal(google.tokenRequests, 1);
      assert.equal(google.tableRequests.length, 21);
    });

    it('again when the file has changed: somebody signed in anew', async () => {
      const clock = new FakeClock();
      const google = new FakeGoogle();
      const credentialsFile = await write(USER);
      const provider = createProvider({ credentialsFile }, { fetch: google.fetch, clock });
      await ask(provider);
      await write({ ...USER, refresh_token: 'other' });
      await clock.advance(5_000);
      await ask(provider);
      assert.deepEqual(
        google.tableRequests.map(({ authorization }) => authorization),
        ['Bearer token-1', 'Bearer token-2'],
      );
    });

    it('again after BigQuery refused them', async () => {
      const standIn = await BigQueryStandIn.start({
        tables: tablesWith({ firstFaults: [STAND_IN_FAULTS.unauthorized] }),
      });
      try {
        let loads = 0;
        const loadTokenClient: LoadTokenClient = () => {
          loads += 1;
          return Promise.resolve(aToken);
        };
        const settings = { credentialsFile: await write(USER) };
        const provider = createProvider(settings, { fetch: googleAt(standIn.url), loadTokenClient });
        assert.equal(faultOf(await ask(provider)).reason, 'credentialsRejected');
        assert.equal((await ask(provider)).kind, 'ok');
        assert.equal(loads, 2);
        assert.equal(standIn.requests[0]?.headers.authorization, 'Bearer the-token');
      } finally {
        await standIn.dispose();
      }
    });
  });

  describe('that are refused', () => {
    function refusing(error: string, subtype?: string): FakeGoogle {
      const google = new FakeGoogle();
      const refusal = { error, error_subtype: subtype, error_description: 'reauth related hush' };
      google.tokenAnswer = () => Promise.resolve(Response.json(refusal, { status: 400 }));
      return google;
    }

    for (const [error, subtype, expected] of [
      ['invalid_grant', undefined, 'googleSessionExpired'],
      ['invalid_grant', 'invalid_rapt', 'googleSessionExpired'],
      ['invalid_client', undefined, 'credentialsRejected'],
    ] as const) {
      it(`a user’s, ${error} ${subtype ?? ''}: ${expected}, with the code and nothing else`, async () => {
        const google = refusing(error, subtype);
        const { reason, detail } = faultOf(await withFile(USER, google));
        assert.equal(reason, expected);
        assert.equal(
          detail,
          `Google's sign-in: HTTP 400 ${error}${subtype === undefined ? '' : ` ${subtype}`}`,
        );
        assert.equal(google.tableRequests.length, 0);
      });
    }

    const workforceUser = {
      ...USER,
      type: 'external_account_authorized_user',
      audience: '//iam.googleapis.com/locations/global/workforcePools/p/providers/q',
      token_url: 'https://oauth2.googleapis.com/token',
    };
    for (const [whose, content, expected] of [
      ['a user of a workforce pool', () => workforceUser, 'googleSessionExpired'],
      ['a user who acts as a service account', () => impersonating(USER), 'googleSessionExpired'],
      ['one of a pool who does', () => impersonating(impersonating(workforceUser)), 'googleSessionExpired'],
      ['a service account', serviceAccount, 'credentialsRejected'],
      ['one that acts as another', () => impersonating(serviceAccount()), 'credentialsRejected'],
    ] as const) {
      it(`${whose}, invalid_grant: ${expected}`, async () => {
        const google = refusing('invalid_grant');
        const { reason, detail } = faultOf(await withFile(content(), google));
        assert.deepEqual([reason, detail], [expected, "Google's sign-in: HTTP 400 invalid_grant"]);
      });
    }

    it('a session of gcloud is renewed by gcloud, one of a file that is named by who named it', async () => {
      const gclouds = await write(USER, 'gcloud/application_default_credentials.json');
      const other = await write(USER, 'other.json');
      const actionFor = async (settings: BigQuerySettings, variable?: string): Promise<FailureAction> => {
        const named = variable === undefined ? {} : { GOOGLE_APPLICATION_CREDENTIALS: variable };
        const environment = { CLOUDSDK_CONFIG: join(folder, 'gcloud'), ...named };
        const { fetch } = refusing('invalid_grant');
        const answer = await ask(createProvider(settings, { fetch, environment }));
        assert.equal(faultOf(answer).reason, 'googleSessionExpired');
        return answer.kind === 'callerFault' ? describeFailure(answer.failure).action : assert.fail();
      };
      const signIn = { kind: 'signInGoogle' };
      const setting = { kind: 'openSetting', setting: 'bigquery.credentialsFile' };
      assert.deepEqual(await actionFor({}), signIn);
      assert.deepEqual(await actionFor({ credentialsFile: gclouds }), signIn);
      assert.deepEqual(await actionFor({}, gclouds), signIn);
      assert.deepEqual(await actionFor({ credentialsFile: other }), setting);
      assert.deepEqual(await actionFor({}, other), setting);
    });

    it('other refusals too: by signing in where that writes the file, else by the setting', async () => {
      const gclouds = await write(USER, 'gcloud/application_default_credentials.json');
      const other = await write(USER, 'other.json');
      const environment = { CLOUDSDK_CONFIG: join(folder, 'gcloud') };
      const standIn = await BigQueryStandIn.start({
        tables: tablesWith({ fault: STAND_IN_FAULTS.unauthorized }),
      });
      try {
        for (const [credentialsFile, action] of [
          [gclouds, { kind: 'signInGoogle' }],
          [other, { kind: 'openSetting', setting: 'bigquery.credentialsFile' }],
        ] as const) {
          const atGoogle = await ask(
            createProvider({ credentialsFile }, { fetch: refusing('invalid_client').fetch, environment }),
          );
          const atBigQuery = await ask(
            createProvider(
              { credentialsFile },
              {
                ...{ fetch: googleAt(standIn.url), environment },
                loadTokenClient: () => Promise.resolve(aToken),
              },
            ),
          );
          for (const answer of [atGoogle, atBigQuery]) {
            assert.equal(faultOf(answer).reason, 'credentialsRejected');
            assert.ok(answer.kind === 'callerFault');
            assert.deepEqual(describeFailure(answer.failure).action, action);
          }
        }
      } finally {
        await standIn.dispose();
      }
    });

    it('a service that is down is not a refusal', async () => {
      const google = new FakeGoogle();
      google.tokenAnswer = () => Promise.resolve(Response.json({}, { status: 503 }));
      const answer = await withFile(USER, google);
      assert.deepEqual(
        [answer.kind, 'reason' in answer && answer.reason],
        ['transient', 'serviceUnavailable'],
      );
    });

    it('a network that is down is not a refusal', async () => {
      const google = new FakeGoogle();
      google.tokenAnswer = () => {
        const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
        return Promise.reject(new TypeError('fetch failed', { cause }));
      };
      const answer = await withFile(USER, google);
      assert.ok(answer.kind === 'transient' && answer.reason === 'networkDown', answer.kind);
      assert.match(answer.message, /ENOTFOUND/);
    });

    it('a page in place of a token is the network’s', async () => {
      const google = new FakeGoogle();
      google.tokenAnswer = () => Promise.resolve(new Response('<html>Sign in</html>'));
      const answer = await withFile(USER, google);
      assert.ok(answer.kind === 'transient' && answer.reason === 'networkDown', answer.kind);
      assert.equal(google.tableRequests.length, 0);
    });
  });

  describe('a token service that is silent', () => {
    it('ends with its own deadline, and the next attempt asks again', async () => {
      const clock = new FakeClock();
      const google = new FakeGoogle();
      const asked = Promise.withResolvers<undefined>();
      const answerNow = google.tokenAnswer;
      google.tokenAnswer = () => {
        asked.resolve(undefined);
        return new Promise(() => undefined);
      };
      const credentialsFile = await write(USER);
      const provider = createProvider({ credentialsFile }, { fetch: google.fetch, clock });
      const answer = ask(provider);
      await asked.promise;
      await clock.advance(8_000);
      const { kind, reason } = { reason: undefined, ...(await answer) };
      assert.deepEqual([kind, reason], ['transient', 'networkDown']);
      assert.equal(google.abortedTokenRequests, 1);
      google.tokenAnswer = answerNow;
      assert.equal((await ask(provider)).kind, 'ok');
      assert.equal(clock.pending, 0);
    });

    it('does not hold up an abort; others keep waiting for the same token', async () => {
      const google = new FakeGoogle();
      const asked = Promise.withResolvers<undefined>();
      const token = Promise.withResolvers<Response>();
      google.tokenAnswer = () => {
        asked.resolve(undefined);
        return token.promise;
      };
      const credentialsFile = await write(USER);
      const provider = createProvider({ credentialsFile }, { fetch: google.fetch });
      const abortion = new AbortController();
      const first = ask(provider, ORDERS, abortion.signal);
      const second = ask(provider);
      await asked.promise;
      const reason = new Error('cancelled');
      abortion.abort(reason);
      await assert.rejects(first, reason);
      token.resolve(Response.json({ access_token: 'late', expires_in: 3600 }));
      assert.equal((await second).kind, 'ok');
      assert.equal(google.tokenRequests, 1);
    });

    it('ends when the provider is disposed', async () => {
      const google = new FakeGoogle();
      const asked = Promise.withResolvers<undefined>();
      google.tokenAnswer = () => {
        asked.resolve(undefined);
        return new Promise(() => undefined);
      };
      const credentialsFile = await write(USER);
      const clock = new FakeClock();
      const provider = createProvider({ credentialsFile }, { fetch: google.fetch, clock });
      const answer = ask(provider);
      await asked.promise;
      provider.dispose();
      assert.equal((await answer).kind, 'transient');
      assert.equal(google.abortedTokenRequests, 1);
      assert.equal(clock.pending, 0);
    });
  });

  describe('that can’t be read', () => {
    const impersonation = (url: string): object => impersonating(USER, url);
    const cases: readonly (readonly [string, object | string, RegExp])[] = [
      ['no JSON', 'hush {', /not a JSON object/],
      ['empty', '', /not a JSON object/],
      ['a list', '[]', /not a JSON object/],
      ['of no type', { client_email: 'a' }, /known type/],
      [
        'with a field that is no text',
        { ...USER, client_id: { hush: 1 } },
        /client_id is missing or not usable/,
      ],
      ['too large', ' '.repeat(300_000), /too large/],
      ['with a strange universe', { ...USER, universe_domain: 'evil.org' }, /universe_domain/],
      [
        'impersonating through a strange host',
        impersonation('https://iamcredentials.googleapis.com.evil.org/x:generateAccessToken'),
        /service_account_impersonation_url/,
      ],
      ['without a key', { type: 'service_account', client_email: 'a@b.c' }, /private_key is missing/],
      [
        'with a broken key',
        { type: 'service_account', client_email: 'a@b.c', private_key: 'hush' },
        /no usable key/,
      ],
    ];
    for (const [name, content, expected] of cases) {
      it(name, async () => {
        const google = new FakeGoogle();
        const { reason, detail } = faultOf(await withFile(content, google));
        assert.equal(reason, 'credentialsUnreadable');
        assert.match(detail, expected);
        assert.equal(google.seen.length, 0);
      });
    }

    it('missing, or a folder: named by what points there', async () => {
      const credentialsFile = join(folder, 'missing.json');
      const missing = faultOf(await ask(createProvider({ credentialsFile })));
      assert.deepEqual(missing, {
        reason: 'credentialsUnreadable',
        detail: 'credentials file of bigquery.credentialsFile: no such file',
      });
      const environment = { GOOGLE_APPLICATION_CREDENTIALS: folder };
      const { reason, detail } = faultOf(await ask(createProvider({}, { environment })));
      assert.equal(reason, 'credentialsUnreadable');
      assert.match(detail, /GOOGLE_APPLICATION_CREDENTIALS/);
    });

    it('is read again at the next attempt', async () => {
      const google = new FakeGoogle();
      const credentialsFile = join(folder, 'key.json');
      const provider = createProvider({ credentialsFile }, { fetch: google.fetch });
      assert.equal(faultOf(await ask(provider)).reason, 'credentialsUnreadable');
      await write(USER);
      assert.equal((await ask(provider)).kind, 'ok');
    });
  });

  describe('none at all', () => {
    const variables = {
      METADATA_SERVER_DETECTION: 'none',
      GOOGLE_APPLICATION_CREDENTIALS: '',
      CLOUDSDK_CONFIG: '/nowhere',
    };
    const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
    beforeEach(() => Object.assign(process.env, variables));
    afterEach(() => {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    });

    it('is what the library says in words only', async () => {
      const google = new FakeGoogle();
      const answer = await ask(createProvider({}, { fetch: google.fetch, environment: variables }));
      assert.equal(faultOf(answer).reason, 'credentialsMissing');
      assert.equal(google.tableRequests.length, 0);
    });
  });
});

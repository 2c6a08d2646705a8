import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AgnesFailure, asFailure } from '../../../src/core/failure.ts';
import { redactSecrets } from '../../../src/core/redaction.ts';

const JWT =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1LTEiLCJ0eXAiOiJwYXQifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const PEM = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEowIBAAKCAQEAx1n2',
  'kq+/9==',
  '-----END RSA PRIVATE KEY-----',
].join('\n');

/** What is written, and what is left of it. */
const SECRETS: readonly (readonly [name: string, text: string, left: string])[] = [
  ['a JWT', `token is ${JWT} here`, 'token is [hidden] here'],
  ['a JWT that was cut off in its payload', `${JWT.slice(0, 60)}…`, '[hidden]…'],
  ['a JWT that was cut off in its header', 'got eyJhbGciOiJIUz', 'got [hidden]'],
  ['a JWT of unusual fields', 'got (eyJ6aXAiOiJERUYi)', 'got ([hidden])'],
  ['a JWT in the middle of a word', `xyz${JWT}`, 'xyz[hidden]'],
  ['a JWT after an escaped blank', 'x%20eyJ6aXAiOiJERUYi', 'x%20[hidden]'],
  ['a JWT after an escaped line end', String.raw`x\neyJ6aXAiOiJERUYi`, String.raw`x\n[hidden]`],
  ['a bearer', 'sent Bearer abc.def-123~+/= to it', 'sent Bearer [hidden] to it'],
  ['a bearer in other letters', 'BEARER  abc', 'BEARER  [hidden]'],
  ['a bearer in a URL', 'h=Bearer%20abc', 'h=Bearer%20[hidden]'],
  ['a header', 'Authorization: Basic YW5uOnNlY3JldA==', 'Authorization: [hidden]'],
  ['a header among lines', 'a\nauthorization: Token x y\r\nHost: b', 'a\nauthorization: [hidden]\r\nHost: b'],
  [
    'a header in an object',
    "{ authorization: 'Basic YW5u', host: 'b' }",
    "{ authorization: '[hidden]', host: 'b' }",
  ],
  ['a proxy header', 'Proxy-Authorization: Basic YW5u', 'Proxy-Authorization: [hidden]'],
  ['a Keboola token', 'X-StorageApi-Token: 12-34-abc', 'X-StorageApi-Token: [hidden]'],
  ['a Keboola token in JSON', '{"x-storageapi-token":"12-34"}', '{"x-storageapi-token":"[hidden]"}'],
  ['a cookie', 'Cookie: access_token=abc; theme=dark', 'Cookie: [hidden]'],
  ['a set cookie', '"set-cookie":"access_token=abc; Path=/"', '"set-cookie":"[hidden]"'],
  [
    'what a callback brings',
    'GET /callback?code=a-b_c&state=xyz HTTP/1.1',
    'GET /callback?code=[hidden]&state=[hidden] HTTP/1.1',
  ],
  [
    'each parameter with a secret name',
    'https://h/p?port=1&token=a&access_token=b&key=c&secret=d&password=e&x=f#state=g',
    'https://h/p?port=1&token=[hidden]&access_token=[hidden]&key=[hidden]&secret=[hidden]&password=[hidden]&x=f#state=[hidden]',
  ],
  [
    'parameters as VS Code writes them',
    'https://h/p?port%3D50000%26state%3Dabc-d%26x%3D1',
    'https://h/p?port%3D50000%26state%3D[hidden]%26x%3D1',
  ],
  [
    'parameters of a URL in a URL',
    'https://h/login?next=http%3A%2F%2F127.0.0.1%2Fcallback%3Fcode%3Dabc',
    'https://h/login?next=http%3A%2F%2F127.0.0.1%2Fcallback%3Fcode%3D[hidden]',
  ],
  ['parameters in HTML', 'href="/p?a=1&amp;code=abc"', 'href="/p?a=1&amp;code=[hidden]"'],
  [
    'fields of JSON',
    '{"access_token": "a", "token":"b c","refresh_token":"d","client_secret":"e","password":"f\\"g","api_key":12}',
    '{"access_token": "[hidden]", "token":"[hidden]","refresh_token":"[hidden]","client_secret":"[hidden]","password":"[hidden]","api_key":[hidden]}',
  ],
  [
    'JSON in JSON',
    String.raw`"{\"token\":\"a b\",\"id\":\"c\"}"`,
    String.raw`"{\"token\":\"[hidden]\",\"id\":\"c\"}"`,
  ],
  ['JSON that was cut off', '{"id":"x","accessToken":"abc def', '{"id":"x","accessToken":"[hidden]'],
  ['a key in JSON', JSON.stringify({ private_key: PEM, id: 1 }), '{"private_key":"[hidden]","id":1}'],
  ['a private key', `before\n${PEM}\nafter`, 'before\n[hidden]\nafter'],
  ['a private key that was cut off', `before ${PEM.slice(0, 50)}`, 'before [hidden]'],
  ['a variable', 'AGNES_TOKEN=abc def', 'AGNES_TOKEN=[hidden] def'],
  ['YAML', 'access_token: abc\nserver: https://h', 'access_token: [hidden]\nserver: https://h'],
  ['a user in a URL', 'https://ann:p%40ss@h.example:8443/p', 'https://[hidden]@h.example:8443/p'],
  ['a token as user of a URL', 'git clone https://abc123@h/p.git', 'git clone https://[hidden]@h/p.git'],
  ['an access token of Google', 'got ya29.a0Af_x-y.z', 'got [hidden]'],
  ['a refresh token of Google', '1//0gabcdefghijklmnopqrstuv', '[hidden]'],
  ['an API key of Google', 'AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY', '[hidden]'],
  ['a client secret of Google', 'GOCSPX-abcdefghijkl-mn', '[hidden]'],
  ['a token of GitHub', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a', '[hidden]'],
  ['a finer token of GitHub', 'github_pat_11ABCDEFG0abcdefghijklmnop', '[hidden]'],
];

/** Lines as the log has them, and what else is no secret. */
const ORDINARY: readonly string[] = [
  'refresh table: run_id=3fa9c1d2 table_id=orders status=ok fetch_ms=121 total_ms=640',
  'refresh run: run_id=3fa9c1d2 started_at=2026-08-22T10:00:00.123456+00:00 total=14 succeeded=12 no_data=1 failed=1 …',
  'refresh run: run_id=3fa9c1d2 reason=accessDenied tables=3 (orders_2024, user_token, api_key, …)',
  'refresh table: table_id=eyJ_short status=error reason=requestInvalid message=HTTP 400 invalidQuery: Unrecognized name: tokens at [1:8]',
  'reading sample catalog: 12 tables',
  'tokenWrongKind: HTTP 401: Agent token not valid on this surface',
  'signInExpired: HTTP 401: Token revoked',
  'HTTP 401: Missing or invalid Authorization header',
  'The bearer token was refused; bearer authentication is needed.',
  'SyntaxError: Unexpected token: } in JSON at position 4',
  `Unexpected token '<', "<!DOCTYPE "... is not valid JSON`,
  'connect failed: code=ECONNREFUSED syscall=connect address=127.0.0.1:8000',
  'child ended: code=1 signal=null state=ready key=orders',
  '{"code":403,"status":"PERMISSION_DENIED","state":"ready","key":"orders_2024"}',
  '{"token":null,"password":"","access_token":undefined}',
  '{"token_type":"Bearer","expires_in":3600}',
  'opening /home/ann/agnes/data/state/system.duckdb: fileMissing: ENOENT',
  'C:\\Users\\ann\\AppData\\Local\\agnes-freshness\\lock.duckdb',
  'https://agnes.example.com:8443/api/v2/catalog?refresh=1&table=orders: 503',
  'held by PID 4711 (python3.12), mail ann@example.com',
  'monkeyJson_table_name_2024 keyJohnsonAndJohnson',
  'id 3b241101-e2bb-4255-8caf-4136c566a962 sha 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
  'a//0 1//2 page 1//03',
  'Uncaught ghp_ and ya29 and AIza and eyJ and Bearer',
];

describe('secrets in texts', () => {
  for (const [name, text, left] of SECRETS) {
    it(`hide, and stay hidden: ${name}`, () => {
      assert.equal(redactSecrets(text), left);
      assert.equal(redactSecrets(left), left);
    });
  }

  for (const line of ORDINARY) it(`are not seen in: ${line}`, () => assert.equal(redactSecrets(line), line));

  it('hide wherever they stand', () => {
    const piece = fc.oneof(
      fc.constantFrom(...SECRETS.map(([, text]) => text)),
      fc.constantFrom(...ORDINARY),
      fc.constantFrom(
        ...[
          '"',
          "'",
          '\\',
          '\\"',
          ' ',
          '\n',
          ':',
          '=',
          '?',
          '&',
          '@',
          '://',
          '{',
          '}',
          '[',
          '%3D',
          '%26',
          ',',
        ],
        ...[
          'token',
          'Bearer ',
          'authorization',
          'password',
          'code',
          'eyJ',
          '[hidden]',
          '-----BEGIN PRIVATE KEY-----',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const once = redactSecrets(pieces.join(''));
        assert.ok(!once.includes('eyJzdWIiOiJ1LTEi') && !once.includes('MIIEowIBAAKC'), once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('take no more than one pass over a long text, whatever is repeated in it', () => {
    const MEGABYTE = 1_000_000;
    for (const unit of [
      ...[
        'a',
        ' ',
        '.',
        '\\',
        '"',
        "'",
        '=',
        '@',
        '-',
        '\n',
        '%',
        'a.',
        'a ',
        '://',
        '://a',
        '://a:',
        'eyJ',
        'eyJa.',
        '1//0',
      ],
      ...[
        'eyJhbGci.',
        'Bearer ',
        'Bearer',
        'Bearer token',
        'Bearer      a',
        'authorization',
        'authorization:',
        'token:"',
      ],
      ...[
        'token="',
        'token=',
        'token:',
        'token\\"',
        'token   ',
        'token: \\"\\',
        'password:{',
        '?code=',
        '&state',
        '%26key%3D',
      ],
      ...[
        '-----BEGIN ',
        '-----BEGIN PRIVATE KEY-----',
        '-----END A ',
        'AIza',
        'ghp_',
        'ya29.',
        'github_pat_',
        'A A ',
      ],
    ]) {
      const text = unit.repeat(Math.ceil(MEGABYTE / unit.length));
      for (const long of [text, `x${text}\u0000`, `-----BEGIN PRIVATE KEY-----${text}`, `token:"${text}`]) {
        assert.equal(typeof redactSecrets(long), 'string');
      }
    }
  });

  it('are found in a text of any length, without an error in place of it', () => {
    const long = 'A1'.repeat(10_000_000);
    for (const start of [
      ...[
        'eyJhbGci',
        'Bearer ',
        'ya29.',
        'password=',
        '{"token":"',
        'https://',
        '-----BEGIN PRIVATE KEY-----',
      ],
    ]) {
      const left = redactSecrets(`${start}${long}@`);
      assert.ok(left.length < 100, `${start}: ${left.length}`);
    }
  });
});

describe('failures', () => {
  it('carry no secret to who logs them', () => {
    const failure = new AgnesFailure('serverError', { detail: `answered ${JWT}` });
    assert.equal(failure.detail, 'answered [hidden]');
    assert.equal(failure.message, 'serverError: answered [hidden]');
    const wrapped = asFailure(new Error(`fetch https://ann:pw@h/?token=${JWT}`));
    assert.equal(wrapped.message, 'unexpected: Error: fetch https://[hidden]@h/?token=[hidden]');
    assert.ok(!String(wrapped.stack).includes(JWT.slice(0, 20)));
  });

  it('have no detail where none was given', () => {
    const failure = new AgnesFailure('serverError');
    assert.deepEqual([failure.detail, failure.message], [undefined, 'serverError']);
  });
});

import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { mock } from 'node:test';
import tls from 'node:tls';
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib';

import { HttpClient } from '../../../src/adapters/agnesApi/httpClient.ts';
import { HttpFailure } from '../../../src/adapters/agnesApi/httpFailure.ts';
import {
  trustedCertificates,
  trustingIn,
  type CertificateStore,
} from '../../../src/adapters/agnesApi/trustedCertificates.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import {
  privateAuthority,
  type Authority,
  type AuthorityOptions,
} from '../../fixtures/agnesServer/authority.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { ClientBench, LoopbackServer, type Handler } from './httpFixture.ts';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJwYXQifQ.c2lnbmF0dXJl';
const MAX_BODY_BYTES = 64 * 1024 * 1024;

const servers: LoopbackServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(handle: Handler, tlsIdentity?: Authority): Promise<LoopbackServer> {
  const server = await LoopbackServer.http(handle, tlsIdentity);
  servers.push(server);
  return server;
}

async function startRaw(handle: (socket: Socket) => void): Promise<LoopbackServer> {
  const server = await LoopbackServer.raw(handle);
  servers.push(server);
  return server;
}

const answerJson: Handler = (response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"ok":true}');
};

/** Answers what a test says, packed as it says. */
function sending(encoding: string, body: Buffer | string): Handler {
  return (response) => {
    response.setHeader('content-encoding', encoding);
    response.end(body);
  };
}

const never: Handler = () => undefined;

describe('a request to the server', () => {
  it('asks for JSON, names this client and keeps no connection', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin);
    const answer = await bench.get('/api/v2/catalog');
    assert.deepEqual(
      [answer.status, answer.contentType, answer.text],
      [200, 'application/json', '{"ok":true}'],
    );
    assert.deepEqual(server.seen, [
      {
        method: 'GET',
        url: '/api/v2/catalog',
        body: '',
        headers: {
          host: `127.0.0.1:${server.port}`,
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': 'agnes-freshness/0.1.0 (test)',
          connection: 'close',
        },
      },
    ]);
    bench.assertReleased();
    await server.idle();
  });

  it('has a token where it is given one, and there alone', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin);
    await bench.request({ token: TOKEN });
    await bench.request();
    assert.deepEqual(
      server.seen.map(({ headers }) => headers.authorization),
      [`Bearer ${TOKEN}`, undefined],
    );
  });

  it('sends no token that a header can’t carry', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin);
    for (const token of ['', 'two words', 'line\r\nx-admin: 1', 'tök', 'x\u0000', 'x\u007f']) {
      await assert.rejects(bench.request({ token }), (thrown) => {
        assert.ok(thrown instanceof AgnesFailure && thrown.reason === 'tokenWrongKind');
        return token === '' || !thrown.message.includes(token);
      });
    }
    assert.equal(server.connections, 0);
    bench.assertReleased();
  });

  it('has a body as JSON of a known length', async () => {
    const server = await start(answerJson);
    const body = { code: 'é"🚀', name: 'x' };
    await new ClientBench(server.origin).request({ method: 'POST', body });
    const [seen] = server.seen;
    assert.equal(seen?.body, JSON.stringify(body));
    assert.equal(seen.headers['content-type'], 'application/json');
    assert.equal(seen.headers['content-length'], String(Buffer.byteLength(seen.body)));
    assert.equal(seen.headers['transfer-encoding'], undefined);
  });

  it('has an empty body where a POST is given none', async () => {
    const server = await start(answerJson);
    await new ClientBench(server.origin).request({ method: 'POST' });
    assert.deepEqual([server.seen[0]?.method, server.seen[0]?.body], ['POST', '']);
    assert.equal(server.seen[0]?.headers['content-type'], undefined);
  });

  it('encodes what is asked about', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin);
    const ids = ['orders', '', 'a b+c', 'émoji 🚀/?&=#%', '../x', '\u202e"<>', 'x&table=y'];
    for (const id of ids) await bench.request({ query: { table: id } });
    assert.equal(server.seen[0]?.url, '/x?table=orders');
    assert.deepEqual(
      server.seen.map(({ url }) => [...new URL(url, server.origin).searchParams]),
      ids.map((id) => [['table', id]]),
    );
    assert.ok(server.seen.every(({ url }) => /^\/x\?table=[!-~]*$/.test(url)));
  });

  it('does not leave the server', async () => {
    const server = await start(answerJson);
    const elsewhere = await start(answerJson);
    const bench = new ClientBench(server.origin);
    const { port } = elsewhere;
    const paths = [
      `//127.0.0.1:${port}/x`,
      `/\\127.0.0.1:${port}/x`,
      `/\t/127.0.0.1:${port}/x`,
      `http://127.0.0.1:${port}/x`,
      `${server.origin}/x`,
      'x',
      '',
      '?x',
    ];
    for (const path of paths) {
      await assert.rejects(bench.request({ path, token: TOKEN }), (thrown) => {
        return thrown instanceof AgnesFailure && thrown.reason === 'unexpected';
      });
    }
    assert.deepEqual([server.connections, elsewhere.connections], [0, 0]);
    bench.assertReleased();
  });

  it('looks whether the other end is still there: an answer may take half an hour', async () => {
    const server = await start(answerJson);
    const keepAlive = mock.method(http.ClientRequest.prototype, 'setSocketKeepAlive');
    try {
      await new ClientBench(server.origin).request();
      assert.deepEqual(
        keepAlive.mock.calls.map((call) => call.arguments),
        [[true, 30_000]],
      );
    } finally {
      keepAlive.mock.restore();
    }
  });

  it('goes through what stands in node:http and node:https at the time: VS Code puts its own there', async () => {
    const server = await start(answerJson);
    for (const [module, origin] of [
      [http, server.origin],
      [https, 'https://127.0.0.1:1'],
    ] as const) {
      const bench = new ClientBench(origin);
      const replaced = mock.method(module, 'request', () => {
        throw new Error('replaced');
      });
      try {
        await bench.fails(bench.request(), 'serverUnreachable', { wasSent: false });
        assert.equal(replaced.mock.callCount(), 1);
      } finally {
        replaced.mock.restore();
      }
    }
  });
});

describe('a client', () => {
  it('is made for an origin alone', () => {
    const make = (origin: string): HttpClient =>
      new HttpClient({
        origin,
        certificates: () => Promise.resolve(undefined),
        clock: new FakeClock(),
        userAgent: 'test',
      });
    for (const origin of [
      'https://agnes.example.com',
      'https://agnes.example.com:8443',
      'http://localhost:8000',
    ]) {
      assert.equal(make(origin).origin, origin);
    }
    for (const origin of [
      '',
      'agnes.example.com',
      'https://agnes.example.com/',
      'https://agnes.example.com/x',
      'https://agnes.example.com:443',
      'https://AGNES.example.com',
      'https://ann:hush@agnes.example.com',
      'http://agnes.example.com',
      'http://127.0.0.1.evil.com',
      'http://localhost.evil.com',
      'ftp://agnes.example.com',
    ]) {
      assert.throws(
        () => make(origin),
        (thrown) => {
          assert.ok(thrown instanceof AgnesFailure && thrown.reason === 'serverAddressInvalid', origin);
          return !thrown.message.includes('hush');
        },
      );
    }
  });
});

describe('an answer', () => {
  it('is one of any status but a redirect', async () => {
    const server = await start((response, { url }) => {
      response.statusCode = Number(url.slice(1));
      response.end('text');
    });
    const bench = new ClientBench(server.origin);
    for (const status of [200, 201, 299, 400, 401, 404, 407, 409, 500, 511, 599]) {
      const answer = await bench.get(`/${status}`);
      assert.deepEqual([answer.status, answer.text], [status, 'text']);
    }
    assert.equal((await bench.get('/204')).text, '');
  });

  it('has headers by name, and the type without its parameters', async () => {
    const server = await start((response) => {
      response.setHeader('Content-Type', ' Text/HTML ; charset=utf-8');
      response.setHeader('X-Request-Id', 'r1');
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.end();
    });
    const answer = await new ClientBench(server.origin).request();
    assert.equal(answer.contentType, 'text/html');
    assert.equal(answer.header('x-REQUEST-id'), 'r1');
    assert.equal(answer.header('set-cookie'), 'a=1, b=2');
    assert.equal(answer.header('x-other'), undefined);
    const without = await start((response) => response.end());
    assert.equal((await new ClientBench(without.origin).request()).contentType, '');
  });

  it('is UTF-8, though a character is cut by the network', async () => {
    const text = 'é🚀 déjà vu';
    const server = await start((response) => {
      const bytes = [...Buffer.from(text)];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte === undefined) response.end();
        else response.write(Buffer.of(byte), () => setImmediate(next));
      };
      next();
    });
    assert.equal((await new ClientBench(server.origin).request()).text, text);
    const broken = await start((response) => response.end(Buffer.from([0x61, 0xff, 0x62])));
    assert.equal((await new ClientBench(broken.origin).request()).text, 'a\ufffdb');
  });
});

describe('a packed answer', () => {
  const text = JSON.stringify({ tables: Array.from({ length: 1_000 }, (_, index) => `table ${index} é`) });
  const packings: readonly (readonly [string, Buffer | string])[] = [
    ['gzip', gzipSync(text)],
    [' GZip ', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', text],
  ];
  for (const [encoding, body] of packings) {
    it(`is unpacked: ${encoding}`, async () => {
      const server = await start(sending(encoding, body));
      const bench = new ClientBench(server.origin);
      assert.equal((await bench.request()).text, text);
      bench.assertReleased();
    });
  }

  const damaged: readonly (readonly [string, string, Buffer])[] = [
    ['gzip that is none', 'gzip', Buffer.from(text)],
    ['gzip with a wrong checksum', 'gzip', withLastBytes(gzipSync(text), [1, 2, 3, 4, 5, 6, 7, 8])],
    ['deflate that is none', 'deflate', Buffer.from('hello')],
    ['brotli that is none', 'br', Buffer.alloc(100, 0xff)],
  ];
  for (const [name, encoding, body] of damaged) {
    it(`is refused: ${name}`, async () => {
      const server = await start(sending(encoding, body));
      const bench = new ClientBench(server.origin);
      const detail = 'the packed body is damaged';
      await bench.fails(bench.request(), 'serverAnswerInvalid', { wasSent: true, detail });
      await server.idle();
    });
  }

  const cut: readonly (readonly [string, string, Buffer])[] = [
    ['gzip', 'gzip', gzipSync(text).subarray(0, 100)],
    ['gzip, within its checksum', 'gzip', gzipSync(text).subarray(0, -3)],
    ['deflate', 'deflate', deflateSync(text).subarray(0, 100)],
    ['brotli', 'br', brotliCompressSync(text).subarray(0, 20)],
  ];
  for (const [name, encoding, body] of cut) {
    it(`that ends early is a lost connection, though nothing else says so: ${name}`, async () => {
      const server = await start(sending(encoding, body));
      const bench = new ClientBench(server.origin);
      const detail = 'the packed body ends early';
      await bench.fails(bench.request(), 'serverUnreachable', { wasSent: true, detail });
      await server.idle();
    });
  }

  for (const encoding of ['zstd', 'gzip, br', 'x']) {
    it(`is refused: ${encoding}, which nobody asked for`, async () => {
      const server = await start(sending(encoding, 'hush'));
      const bench = new ClientBench(server.origin);
      const detail = 'the body is packed in an unknown way';
      await bench.fails(bench.request(), 'serverAnswerInvalid', { wasSent: true, detail });
      await server.idle();
    });
  }

  it('may be empty', async () => {
    const server = await start(sending('gzip', gzipSync('')));
    assert.equal((await new ClientBench(server.origin).request()).text, '');
  });
});

describe('an answer without end', () => {
  const detail = `more than ${MAX_BODY_BYTES} bytes`;

  it('is read to its bound, unpacked', async () => {
    const server = await start(sending('gzip', gzipSync(Buffer.alloc(MAX_BODY_BYTES, 0x20))));
    assert.equal((await new ClientBench(server.origin).request()).text.length, MAX_BODY_BYTES);
  });

  it('is refused beyond it, however small it is on its way', async () => {
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1, 0x20));
    assert.ok(bomb.length < 100_000);
    const server = await start(sending('gzip', bomb));
    const bench = new ClientBench(server.origin);
    await bench.fails(bench.request(), 'serverAnswerInvalid', { wasSent: true, detail });
    await server.idle();
  });

  for (const encoding of ['gzip', 'identity']) {
    it(`is stopped: ${encoding}`, async () => {
      const server = await start((response) => {
        response.setHeader('content-encoding', encoding);
        const out = encoding === 'gzip' ? createGzip() : response;
        if (out !== response) out.pipe(response);
        const chunk = Buffer.alloc(1024 * 1024, 0x20);
        const write = (): void => {
          while (!response.destroyed && out.write(chunk));
        };
        out.on('drain', write);
        write();
      });
      const bench = new ClientBench(server.origin);
      await bench.fails(bench.request(), 'serverAnswerInvalid', { wasSent: true, detail });
      await server.idle();
    });
  }
});

describe('a redirect', () => {
  it('is not followed, and the token goes nowhere', async () => {
    const other = await start(answerJson);
    const server = await start((response, { url }) => {
      response.writeHead(Number(url.slice(1)), { location: `${other.origin}/steal?state=hush#hush` });
      response.end('hush');
    });
    const bench = new ClientBench(server.origin);
    for (const status of [300, 301, 302, 303, 307, 308]) {
      const request = bench.request({ path: `/${status}`, token: TOKEN });
      await bench.fails(request, 'serverMoved', { wasSent: true, detail: other.origin });
    }
    assert.equal(other.connections, 0);
    assert.equal(server.seen.length, 6);
  });

  const locations: readonly (readonly [string, string | undefined, string | RegExp])[] = [
    ['a path is the server itself', '/login?next=%2Fhush', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['user and password are left out', 'https://ann:hush@sso.example.com/hush', 'https://sso.example.com'],
    ['another scheme is not told', 'javascript:alert(1)', 'HTTP 302'],
    ['nor that of a file', 'file:///hush', 'HTTP 302'],
    ['nor what is no address', 'http://[hush', 'HTTP 302'],
    ['nor what is very long', `https://${'hush.'.repeat(80)}example.com`, 'HTTP 302'],
    ['nor what is not there', undefined, 'HTTP 302'],
    [
      'other letters are shown as what they are',
      'https://b%C3%BCcher.example/x',
      'https://xn--bcher-kva.example',
    ],
  ];
  for (const [name, location, detail] of locations) {
    it(`tells where to: ${name}`, async () => {
      const server = await start((response) => {
        response.writeHead(302, location === undefined ? {} : { location });
        response.end();
      });
      const bench = new ClientBench(server.origin);
      await bench.fails(bench.request({ token: TOKEN }), 'serverMoved', { wasSent: true, detail });
    });
  }
});

describe('the deadline', () => {
  it('ends a request without an answer', async () => {
    const server = await start(never);
    const bench = new ClientBench(server.origin);
    const request = bench.request({ deadlineMs: 60_000 });
    await arrived(server);
    await bench.clock.advance(59_999);
    assert.equal(bench.clock.pending, 1);
    const failed = bench.fails(request, 'serverUnreachable', {
      wasSent: true,
      detail: 'no answer within 60000 ms',
    });
    await bench.clock.advance(1);
    await failed;
    await server.idle();
  });

  it('ends an answer that does not end', async () => {
    let begun = (): void => undefined;
    const body = new Promise<void>((resolve) => (begun = resolve));
    const server = await start((response) => {
      response.write('{"tables":[', () => begun());
    });
    const bench = new ClientBench(server.origin);
    const failed = bench.fails(bench.request(), 'serverUnreachable', { wasSent: true });
    await body;
    await bench.clock.advance(1_000);
    await failed;
    await server.idle();
  });

  it('runs while the certificates are looked for: then nothing was sent', async () => {
    const bench = new ClientBench('https://127.0.0.1:1');
    bench.certificates = () => new Promise(() => undefined);
    const failed = bench.fails(bench.request(), 'serverUnreachable', { wasSent: false });
    await bench.clock.advance(1_000);
    await failed;
  });

  it('does not run on after an answer', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin);
    await bench.request();
    bench.assertReleased();
  });
});

describe('a cancelled request', () => {
  it('is not sent where it was cancelled before', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin);
    bench.abort.abort();
    await bench.fails(bench.request({ token: TOKEN }), 'cancelled', { wasSent: false });
    assert.equal(server.connections, 0);
  });

  it('lets go of the connection while it waits for an answer', async () => {
    const server = await start(never);
    const bench = new ClientBench(server.origin);
    const failed = bench.fails(bench.request(), 'cancelled', { wasSent: true });
    await arrived(server);
    bench.abort.abort();
    await failed;
    await server.idle();
  });

  it('lets go of the connection in the middle of an answer', async () => {
    let begun = (): void => undefined;
    const body = new Promise<void>((resolve) => (begun = resolve));
    const server = await start((response) => {
      response.setHeader('content-encoding', 'gzip');
      response.write(gzipSync('{}'), () => begun());
    });
    const bench = new ClientBench(server.origin);
    const failed = bench.fails(bench.request(), 'cancelled', { wasSent: true });
    await body;
    bench.abort.abort();
    await failed;
    await server.idle();
  });

  it('sends nothing any more while it waits for the certificates', async () => {
    const server = await start(answerJson, await privateAuthority());
    const bench = new ClientBench(server.origin);
    let give: (certificates: undefined) => void = () => undefined;
    bench.certificates = () => new Promise((resolve) => (give = resolve));
    const failed = bench.fails(bench.request(), 'cancelled', { wasSent: false });
    bench.abort.abort();
    give(undefined);
    await failed;
    assert.equal(server.connections, 0);
  });

  it('may be one of many of the same signal', async () => {
    const server = await start(never);
    const bench = new ClientBench(server.origin);
    const requests = [1, 2, 3].map(() => bench.request());
    await arrived(server, 3);
    bench.abort.abort();
    for (const request of requests) await assert.rejects(request, HttpFailure);
    bench.assertReleased();
    await server.idle();
  });
});

describe('a connection that is cut', () => {
  it('was not there: nothing was sent', async () => {
    const server = await start(answerJson);
    const { origin } = server;
    await server.close();
    const bench = new ClientBench(origin);
    await bench.fails(bench.request(), 'serverUnreachable', { wasSent: false, detail: 'ECONNREFUSED' });
  });

  it('while the request is on its way: it was not sent as a whole', async () => {
    const server = await startRaw((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const bench = new ClientBench(server.origin);
    const body = 'x'.repeat(50_000_000);
    await bench.fails(bench.request({ method: 'POST', body }), 'serverUnreachable', {
      wasSent: false,
      detail: /^(?:ECONNRESET|EPIPE)$/,
    });
  });

  const ends: readonly (readonly [string, (socket: Socket) => void])[] = [
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.end()],
    ['closed within the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['closed within the body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"ok"')],
    [
      'closed within a chunk',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"o'),
    ],
    [
      'closed within a packed body',
      (socket) => {
        const head = 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 999\r\n\r\n';
        socket.end(Buffer.concat([Buffer.from(head), gzipSync('{"ok":true}')]));
      },
    ],
  ];
  for (const [name, end] of ends) {
    it(`after the request was sent: ${name}`, async () => {
      const server = await startRaw((socket) => {
        socket.once('data', () => end(socket));
      });
      const bench = new ClientBench(server.origin);
      await bench.fails(bench.request({ token: TOKEN }), 'serverUnreachable', { wasSent: true });
      await server.idle();
    });
  }

  it('is not tried again', async () => {
    const server = await startRaw((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const bench = new ClientBench(server.origin);
    await bench.fails(bench.request({ method: 'POST' }), 'serverUnreachable', {
      wasSent: true,
      detail: 'ECONNRESET',
    });
    assert.equal(server.connections, 1);
  });
});

describe('something that does not speak HTTP', () => {
  it('is no Agnes server', async () => {
    const server = await startRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    const bench = new ClientBench(server.origin);
    await assert.rejects(bench.request(), (thrown) => {
      assert.ok(thrown instanceof HttpFailure);
      assert.equal(thrown.reason, 'serverNotAgnes');
      assert.match(thrown.detail ?? '', /^HPE_/);
      return true;
    });
    await server.idle();
  });

  it('is no Agnes server: a head without end', async () => {
    const server = await startRaw((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`));
    });
    const bench = new ClientBench(server.origin);
    await bench.fails(bench.request(), 'serverNotAgnes', { wasSent: true, detail: 'HPE_HEADER_OVERFLOW' });
    await server.idle();
  });

  it('is no Agnes server: HTTP where HTTPS was asked for', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin.replace('http:', 'https:'));
    await bench.fails(bench.request({ token: TOKEN }), 'serverNotAgnes', { wasSent: false });
    assert.deepEqual(server.seen, []);
  });
});

describe('HTTPS', () => {
  let authority: Authority;
  before(async () => {
    authority = await privateAuthority();
  });

  async function startWith(
    options: AuthorityOptions,
  ): Promise<{ bench: ClientBench; server: LoopbackServer }> {
    const own = await privateAuthority(options);
    const server = await start(answerJson, own);
    const bench = new ClientBench(server.origin);
    bench.certificates = () => Promise.resolve([own.caPem]);
    return { bench, server };
  }

  it('trusts the certificates that it is given', async () => {
    const server = await start(answerJson, authority);
    const bench = new ClientBench(server.origin);
    bench.certificates = () => Promise.resolve([authority.caPem]);
    assert.equal((await bench.request({ token: TOKEN })).text, '{"ok":true}');
    assert.equal(server.seen[0]?.headers.authorization, `Bearer ${TOKEN}`);
    bench.assertReleased();
    await server.idle();
  });

  it('asks for them anew each time', async () => {
    const server = await start(answerJson, authority);
    const bench = new ClientBench(server.origin);
    const untrusted = { wasSent: false, detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' };
    for (const none of [undefined, []]) {
      bench.certificates = () => Promise.resolve(none);
      await bench.fails(bench.request({ token: TOKEN }), 'serverCertificate', untrusted);
    }
    bench.certificates = () => Promise.resolve([authority.caPem]);
    await bench.request();
    assert.deepEqual([bench.certificatesAsked, server.seen.length], [3, 1]);
  });

  it('does not ask for them over HTTP', async () => {
    const server = await start(answerJson);
    const bench = new ClientBench(server.origin);
    await bench.request();
    assert.equal(bench.certificatesAsked, 0);
  });

  it('sends nothing without them, and fails as they did', async () => {
    const server = await start(answerJson, authority);
    const bench = new ClientBench(server.origin);
    const failure = new AgnesFailure('serverCaFile', { detail: 'x' });
    bench.certificates = () => Promise.reject(failure);
    await assert.rejects(bench.request({ token: TOKEN }), failure);
    assert.equal(server.connections, 0);
    bench.assertReleased();
  });

  it('trusts no certificate that has ended, or of another server', async () => {
    const ended = await startWith({ expired: true });
    await ended.bench.fails(ended.bench.request({ token: TOKEN }), 'serverCertificate', {
      wasSent: false,
      detail: 'CERT_HAS_EXPIRED',
    });
    const foreign = await startWith({ names: ['agnes.example.com'] });
    await foreign.bench.fails(foreign.bench.request({ token: TOKEN }), 'serverCertificate', {
      wasSent: false,
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    assert.deepEqual([ended.server.seen, foreign.server.seen], [[], []]);
  });

  it('ends a handshake that does not end', async () => {
    const server = await startRaw(() => undefined);
    const bench = new ClientBench(server.origin.replace('http:', 'https:'));
    const failed = bench.fails(bench.request(), 'serverUnreachable', { wasSent: false });
    await connected(server);
    await bench.clock.advance(1_000);
    await failed;
    await server.idle();
  });
});

describe('the certificates to trust', () => {
  it('are those of Node where none are given, which is to say nothing', () => {
    assert.equal(trustedCertificates(undefined), undefined);
    assert.equal(trustedCertificates([]), undefined);
  });

  it('are those of Node and of the system, and the given ones', () => {
    const trusted = trustedCertificates(['given']) ?? [];
    assert.equal(trusted.at(-1), 'given');
    const usual = [...tls.getCACertificates('default'), ...tls.getCACertificates('system')];
    const trim = (pem: string): string => pem.trim();
    assert.deepEqual(new Set(trusted.map(trim)), new Set([...usual, 'given'].map(trim)));
  });

  it('are each there once', () => {
    const trust = trustingIn(storeWith({ default: ['a\n', 'b'], system: ['b\n', 'c'] }));
    assert.deepEqual(
      trust(['c\n', 'd', 'd'])?.map((pem) => pem.trim()),
      ['a', 'b', 'c', 'd'],
    );
  });

  it('are read once, and only if they are needed', () => {
    const asked: string[] = [];
    const trust = trustingIn(storeWith({ default: ['a'], system: ['b'] }, asked));
    trust([]);
    assert.deepEqual(asked, []);
    const first = trust(['x']);
    assert.deepEqual(first, ['a', 'b', 'x']);
    first.push('what the request adds');
    assert.deepEqual(trust(['x']), ['a', 'b', 'x']);
    assert.deepEqual(trust(['y', 'z']), ['a', 'b', 'y', 'z']);
    assert.deepEqual(asked, ['default', 'system']);
  });

  it('are the bundled ones in a Node that does not tell its own', () => {
    assert.deepEqual(trustingIn({ rootCertificates: ['a'] })(['given']), ['a', 'given']);
  });

  it('are those without the system’s where that has no store', () => {
    const trust = trustingIn(storeWith({ default: ['a'] }));
    assert.deepEqual(trust(['given']), ['a', 'given']);
  });
});

/** @param asked gets the type of each store that is read */
function storeWith(
  stores: Readonly<Record<string, readonly string[]>>,
  asked: string[] = [],
): CertificateStore {
  return {
    rootCertificates: ['bundled'],
    getCACertificates: (type = 'default') => {
      asked.push(type);
      const found = stores[type];
      if (found === undefined) throw new TypeError('not a function');
      return [...found];
    },
  };
}

function withLastBytes(packed: Buffer, bytes: readonly number[]): Buffer {
  return Buffer.concat([packed.subarray(0, -bytes.length), Buffer.from(bytes)]);
}

/** Waits until so many requests are there. */
async function arrived(server: LoopbackServer, count = 1): Promise<void> {
  while (server.seen.length < count) await new Promise((resolve) => setImmediate(resolve));
}

async function connected(server: LoopbackServer): Promise<void> {
  while (server.connections === 0) await new Promise((resolve) => setImmediate(resolve));
}

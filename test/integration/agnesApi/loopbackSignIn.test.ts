import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import {
  MAX_FOREIGN_CALLBACKS,
  SIGN_IN_MS,
  signInUrl,
  startLoopback,
  type LoopbackSignIn,
} from '../../../src/adapters/agnesApi/loopbackSignIn.ts';
import { AgnesFailure, type FailureReason } from '../../../src/core/failure.ts';
import { FakeClock, settle } from '../../fixtures/fakeClock.ts';

const CODE = 'c0de_-~!"<script>';
const WRONG_STATE = 'x'.repeat(43);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let clock: FakeClock;
let abort: AbortController;
let loopback: LoopbackSignIn;
beforeEach(async () => {
  clock = new FakeClock();
  abort = new AbortController();
  loopback = await startLoopback({ clock, signal: abort.signal });
});
afterEach(() => loopback.dispose());

/** Each on a connection of its own, as nothing here keeps one. */
function ask(path: string, { method = 'GET', host = '' } = {}): Promise<Answer> {
  const { port } = loopback;
  const headers = { host: host === '' ? `127.0.0.1:${port}` : host };
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

const callback = (state: string, code = CODE): string =>
  `/callback?code=${encodeURIComponent(code)}&state=${encodeURIComponent(state)}`;

const failsWith =
  (reason: FailureReason) =>
  (thrown: unknown): boolean =>
    thrown instanceof AgnesFailure && thrown.reason === reason;

/** Whether it still waits for its callback. */
async function isWaiting(): Promise<boolean> {
  await settle();
  return Promise.race([
    loopback.code.then(
      () => false,
      () => false,
    ),
    settle().then(() => true),
  ]);
}

/** Refused, because nobody listens any more. */
const isRefused = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNREFUSED';

async function connected(): Promise<Socket> {
  const socket = connect(loopback.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the connection ends, in whatever way it does. */
function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.once('close', () => resolve(text));
  });
}

describe('the address that starts a sign-in', () => {
  it('names port and state at the origin', () => {
    assert.equal(
      signInUrl('https://agnes.example.com:8443', 50_123, 'a-b_c'),
      'https://agnes.example.com:8443/cli/auth/start?port=50123&state=a-b_c',
    );
  });

  it('has a state of its own each time, as long as Agnes wants it', async () => {
    const other = await startLoopback({ clock, signal: abort.signal });
    other.dispose();
    assert.notEqual(other.state, loopback.state);
    assert.match(loopback.state, /^[\w-]{43}$/);
    assert.ok(loopback.port >= 1_024 && loopback.port <= 65_535);
  });
});

describe('the callback of a sign-in', () => {
  it('is answered with a page that says its language, whatever that is', async () => {
    assert.match((await ask('/')).body, /<html lang="en">/);
    loopback.dispose();
    loopback = await startLoopback({ clock, signal: abort.signal, language: 'pt-br"><script>' });
    assert.match((await ask('/')).body, /<html lang="pt-br&quot;>&lt;script>">/);
  });

  it('brings the code, once, and then nobody listens', async () => {
    const answer = await ask(callback(loopback.state));
    assert.equal(answer.status, 200);
    assert.match(answer.body, /You can close this tab and go back to VS Code\./);
    assert.equal(await loopback.code, CODE);
    await assert.rejects(ask(callback(loopback.state)), isRefused);
    assert.equal(clock.pending, 0);
  });

  it('is taken once, even when two come at once over connections that were open before', async () => {
    const sockets = await Promise.all([connected(), connected(), connected()]);
    const [, , idle] = sockets;
    const answers = sockets.slice(0, 2).map(received);
    for (const [index, socket] of sockets.slice(0, 2).entries()) {
      socket.write(
        `GET ${callback(loopback.state, `code${index}`)} HTTP/1.1\r\nHost: localhost:${loopback.port}\r\n\r\n`,
      );
    }
    const texts = await Promise.all(answers);
    const taken = texts.findIndex((text) => text.startsWith('HTTP/1.1 200 '));
    assert.equal(await loopback.code, `code${taken}`);
    assert.ok(!(texts[1 - taken] ?? '').startsWith('HTTP/1.1 200 '));
    assert.equal(idle.destroyed || (await received(idle)) === '', true);
  });

  it('is taken from localhost, and from the port that VS Code forwards', async () => {
    assert.equal((await ask(callback(loopback.state), { host: 'localhost:61234' })).status, 200);
    assert.equal(await loopback.code, CODE);
  });

  for (const [name, path] of [
    ['another state', callback(WRONG_STATE)],
    ['a state that is cut off', `/callback?code=x&state=short`],
    ['no state', '/callback?code=x'],
    ['an empty state', '/callback?code=x&state='],
    ['nothing', '/callback'],
    ['a state of other bytes and the same length', callback('ž'.repeat(43))],
  ] as const) {
    it(`does not end the wait with ${name}`, async () => {
      const answer = await ask(path);
      assert.equal(answer.status, 400);
      assert.match(answer.body, /This sign-in is not the one that was started/);
      assert.ok(await isWaiting());
      assert.equal((await ask(callback(loopback.state))).status, 200);
      assert.equal(await loopback.code, CODE);
    });
  }

  it('does not end the wait with two states, of which one is right', async () => {
    const [right, other] = [`state=${loopback.state}`, `state=${WRONG_STATE}`];
    assert.equal((await ask(`/callback?code=x&${other}&${right}`)).status, 400);
    assert.equal((await ask(`/callback?code=x&${right}&${other}`)).status, 400);
    assert.ok(await isWaiting());
  });

  it('ends the sign-in when it comes too often with another state', async () => {
    for (let count = 1; count < MAX_FOREIGN_CALLBACKS; count += 1) await ask(callback(WRONG_STATE));
    assert.ok(await isWaiting());
    assert.equal((await ask(callback(WRONG_STATE))).status, 400);
    await assert.rejects(loopback.code, failsWith('signInForeign'));
    await assert.rejects(ask(callback(loopback.state)), isRefused);
  });

  for (const [name, code] of [
    ['no code', ''],
    ['a code that is too long', 'x'.repeat(513)],
    ['a code with a blank', 'a b'],
    ['a code with a line end', 'a\r\nb'],
    ['a code in other letters', 'žluť'],
  ] as const) {
    it(`ends the sign-in with our state and ${name}`, async () => {
      assert.equal((await ask(callback(loopback.state, code))).status, 400);
      await assert.rejects(loopback.code, failsWith('signInForeign'));
    });
  }

  it('may bring a code of 512 characters', async () => {
    await ask(callback(loopback.state, 'x'.repeat(512)));
    assert.equal((await loopback.code).length, 512);
  });
});

describe('other requests at the port of a sign-in', () => {
  it('are refused with the host of a web page, whatever they bring', async () => {
    const { port } = loopback;
    for (const host of [
      `evil.example:${port}`,
      `localhost.evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `evil.example:${port}@127.0.0.1:${port}`,
      `192.168.1.5:${port}`,
      'localhost',
    ]) {
      assert.equal((await ask(callback(loopback.state), { host })).status, 403, host);
    }
    assert.ok(await isWaiting());
  });

  it('are refused without a host', async () => {
    const socket = await connected();
    socket.write(`GET ${callback(loopback.state)} HTTP/1.0\r\n\r\n`);
    assert.match(await received(socket), /^HTTP\/1\.1 403 /);
    assert.ok(await isWaiting());
  });

  it('have their connection ended after the answer, also one that they would keep', async () => {
    const socket = await connected();
    socket.write(`GET / HTTP/1.1\r\nHost: localhost:${loopback.port}\r\nConnection: keep-alive\r\n\r\n`);
    assert.match(await received(socket), /^HTTP\/1\.1 404 [^]*\r\nConnection: close\r\n/);
  });

  it('are not found at other paths, and not let in with other methods', async () => {
    const query = callback(loopback.state).slice('/callback'.length);
    for (const path of [
      '/',
      '/favicon.ico',
      '/callback/',
      '/Callback',
      `//x/callback${query}`,
      `/x${query}`,
    ]) {
      assert.equal((await ask(path)).status, 404, path);
    }
    assert.equal((await ask(`http://127.0.0.1${callback(loopback.state)}`)).status, 404);
    for (const method of ['POST', 'HEAD', 'OPTIONS', 'PUT']) {
      const answer = await ask(callback(loopback.state), { method });
      assert.equal(answer.status, 405, method);
      assert.equal(answer.headers.allow, 'GET');
    }
    assert.ok(await isWaiting());
  });

  it('find nothing of themselves in the answer, and nothing to run or keep', async () => {
    const marks = ['<script>alert(1)</script>', 'MARKED'];
    const query = `&x=${marks.map(encodeURIComponent).join('&')}`;
    const answers = [
      await ask(`/MARKED?${query}`),
      await ask(`/callback?state=MARKED${query}`),
      await ask(`/MARKED${query}`, { host: 'MARKED' }),
      await ask(callback(loopback.state), { method: 'POST' }),
      await ask(`${callback(loopback.state)}${query}`),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [404, 400, 403, 405, 200],
    );
    for (const { headers, body } of answers) {
      const all = body + JSON.stringify(headers);
      for (const text of [...marks, 'script', CODE, loopback.state]) assert.ok(!all.includes(text), text);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers.connection, 'close');
      assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  });
});

describe('a sign-in that comes to nothing', () => {
  it('ends after two minutes, not before', async () => {
    await clock.advance(SIGN_IN_MS - 1);
    assert.ok(await isWaiting());
    await clock.advance(1);
    await assert.rejects(loopback.code, failsWith('signInTimedOut'));
    await assert.rejects(ask(callback(loopback.state)), isRefused);
    assert.equal(SIGN_IN_MS, 120_000);
  });

  it('ends with its signal', async () => {
    abort.abort();
    await assert.rejects(loopback.code, failsWith('cancelled'));
    await assert.rejects(ask(callback(loopback.state)), isRefused);
    assert.equal(clock.pending, 0);
  });

  it('does not start with a signal that is aborted, nor stay when it is aborted meanwhile', async () => {
    const late = new AbortController();
    const starting = startLoopback({ clock, signal: late.signal });
    late.abort();
    await assert.rejects(starting, failsWith('cancelled'));
    await assert.rejects(startLoopback({ clock, signal: late.signal }), failsWith('cancelled'));
    assert.equal(clock.pending, 1); // of the one that the test has
  });

  it('ends when it is disposed, with every connection, and nobody has to wait for its code', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (thrown: unknown): number => unhandled.push(thrown);
    process.on('unhandledRejection', onUnhandled);
    try {
      const idle = await connected();
      const half = await connected();
      half.write('GET /callback HTTP/1.1\r\n');
      const closed = Promise.all([received(idle), received(half)]);
      loopback.dispose();
      loopback.dispose();
      await closed;
      await assert.rejects(ask('/'), isRefused);
      await settle();
      assert.deepEqual(unhandled, []);
    } finally {
      process.removeListener('unhandledRejection', onUnhandled);
    }
    assert.equal(clock.pending, 0);
    await assert.rejects(loopback.code, failsWith('cancelled'));
  });

  it('keeps a code that has come, when it is disposed afterwards', async () => {
    await ask(callback(loopback.state));
    await loopback.code;
    loopback.dispose();
    abort.abort();
    await clock.advance(SIGN_IN_MS);
    assert.equal(await loopback.code, CODE);
  });
});

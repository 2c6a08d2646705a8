import assert from 'node:assert/strict';
import { portOfLoopback } from '../../../src/adapters/agnesApi/loopbackUri.ts';

const at = (authority: string, { scheme = 'http', path = '/' } = {}): number | undefined =>
  portOfLoopback({ scheme, authority, path });

describe('an address that the browser of the user reaches this window at', () => {
  it('is http on loopback, with the port that VS Code forwards', () => {
    assert.equal(at('127.0.0.1:50123'), 50_123);
    assert.equal(at('localhost:50124'), 50_124);
    assert.equal(at('[::1]:50125'), 50_125);
    assert.equal(at('LOCALHOST:50126', { scheme: 'HTTP', path: '' }), 50_126);
  });

  it('has a port that Agnes takes', () => {
    assert.equal(at('127.0.0.1:1024'), 1_024);
    assert.equal(at('127.0.0.1:65535'), 65_535);
    for (const port of [
      '',
      ':',
      ':80',
      ':1023',
      ':65536',
      ':99999',
      ':050123',
      ':5e4',
      ':0x1000',
      ':-5000',
      ':50123.5',
    ]) {
      assert.equal(at(`127.0.0.1${port}`), undefined, port);
    }
  });

  it('is no tunnel, no proxy and no other host', () => {
    for (const [authority, scheme, path] of [
      ['localhost:50123', 'https', '/'],
      ['localhost:50123', 'vscode', '/'],
      ['abc-50123.euw.devtunnels.ms', 'https', '/'],
      ['code.example.com:8443', 'http', '/'],
      ['localhost:8080', 'http', '/proxy/50123/'],
      ['localhost:8080', 'http', '/x'],
      ['localhost:8080', 'http', '//'],
      ['127.0.0.1.example.com:50123', 'http', '/'],
      ['notlocalhost:50123', 'http', '/'],
      ['127.0.0.2:50123', 'http', '/'],
      ['0.0.0.0:50123', 'http', '/'],
      ['[::]:50123', 'http', '/'],
      ['ann@localhost:50123', 'http', '/'],
      ['localhost:50123@example.com', 'http', '/'],
      ['localhost:50123\n', 'http', '/'],
    ] as const) {
      assert.equal(at(authority, { scheme, path }), undefined, `${scheme}://${authority}${path}`);
    }
  });
});

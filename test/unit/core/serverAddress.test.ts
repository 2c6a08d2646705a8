import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  describeAddressProblem,
  isLoopbackHost,
  parseServerAddress,
  type AddressProblem,
} from '../../../src/core/serverAddress.ts';

const usable: readonly (readonly [string, string])[] = [
  ['https://agnes.example.com', 'https://agnes.example.com'],
  ['  https://agnes.example.com/\n', 'https://agnes.example.com'],
  ['https://agnes.example.com//', 'https://agnes.example.com'],
  ['HTTPS://Agnes.Example.COM', 'https://agnes.example.com'],
  ['https://agnes.example.com:8443/', 'https://agnes.example.com:8443'],
  ['https://agnes', 'https://agnes'],
  ['https://10.0.0.7', 'https://10.0.0.7'],
  ['https://[2001:DB8::1]:8443', 'https://[2001:db8::1]:8443'],
  // the default port goes, another one stays
  ['https://agnes.example.com:443', 'https://agnes.example.com'],
  ['https://agnes.example.com:80', 'https://agnes.example.com:80'],
  ['http://localhost:80', 'http://localhost'],
  // other letters are shown as what is asked for
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['https://аgnes.example.com', 'https://xn--gnes-43d.example.com'], // with a Cyrillic letter
  // http, on this machine alone
  ['http://localhost:8000', 'http://localhost:8000'],
  ['HTTP://LOCALHOST', 'http://localhost'],
  ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
  ['https://127.8.9.10', 'https://127.8.9.10'],
  ['http://[::1]:8000', 'http://[::1]:8000'],
  // the same in numbers
  ['http://2130706433', 'http://127.0.0.1'],
  ['http://0x7f.1', 'http://127.0.0.1'],
  ['http://0177.0.0.1', 'http://127.0.0.1'],
];

const problems: Readonly<Record<AddressProblem, readonly string[]>> = {
  empty: ['', '   ', '\n\t'],
  noScheme: [
    'agnes.example.com',
    'agnes.example.com:8443',
    'localhost:8000',
    '//agnes.example.com',
    'https:agnes.example.com',
    'https:/agnes.example.com',
    '://agnes.example.com',
    '1https://agnes.example.com',
  ],
  otherScheme: [
    'ftp://agnes.example.com',
    'ws://agnes.example.com',
    'file:///etc/passwd',
    'javascript://agnes.example.com',
    'httpss://agnes.example.com',
    'xhttps://agnes.example.com',
  ],
  credentials: [
    'https://ann@agnes.example.com',
    'https://ann:hush@agnes.example.com',
    'https://@agnes.example.com',
    'https://agnes.example.com@evil.com',
    'http://localhost@evil.com',
  ],
  path: [
    'https://agnes.example.com/catalog',
    'https://agnes.example.com/.',
    'https://agnes.example.com?x=1',
    'https://agnes.example.com/?',
    'https://agnes.example.com#x',
    'https://agnes.example.com/#',
    'https://agnes.example.com/@evil.com',
    'https://agnes.example.com?@evil.com',
  ],
  httpToPublicHost: [
    'http://agnes.example.com',
    'http://10.0.0.7:8000',
    'http://127.0.0.1.evil.com',
    'http://localhost.evil.com',
    'http://evil-localhost',
    'http://localhost.',
    'http://128.0.0.1',
    // this machine, but VS Code asks its proxy for them
    'http://127.0.0.2',
    'http://127.8.9.10:8000',
    'http://127.1.1',
    'http://127.255.255.254',
    'http://2130706432000.com',
    'http://2147483649', // 128.0.0.1
    'http://0.0.0.0',
    'http://169.254.169.254',
    'http://[::]',
    'http://[::2]',
    'http://[::ffff:127.0.0.1]',
  ],
  unreadable: [
    'https://',
    'https:///agnes.example.com',
    'my server',
    'https://agnes example.com',
    'https://agnes.example.com/my catalog',
    'https://agnes.example.com /',
    'https://agnes\t.example.com',
    'https://agnes\n.example.com',
    'ht\ntps://agnes.example.com',
    'https://agnes.example.com\u0000',
    'https://agnes\u007f.example.com',
    'https://agnes.example.com\u202emoc.live', // turns the reading direction
    'https://agnes\u2066.example.com',
    'https://agnes\u200b.example.com', // of no width
    'https://agnes\u00ad.example.com',
    'https://agnes\ufeff.example.com',
    'https://agnes\u00a0.example.com',
    'https://agnes\ud800.example.com',
    'https:\\\\agnes.example.com',
    'https://agnes.example.com\\@evil.com',
    'https://agnes.example.com\\',
    'https://ann%40agnes.example.com',
    'https://agnes%2fexample.com',
    'https://agnes.example.com:99999',
    'https://agnes.example.com:port',
    'https://[::1',
    'https://256.0.0.1',
    `https://agnes.example.com/${'x'.repeat(2_000)}`,
  ],
};

describe('the address of a server', () => {
  for (const [text, origin] of usable) {
    it(`${JSON.stringify(text)} is ${origin}`, () => {
      assert.deepEqual(parseServerAddress(text), { kind: 'usable', origin });
    });
  }

  for (const [problem, texts] of Object.entries(problems)) {
    for (const text of texts) {
      it(`${JSON.stringify(text.slice(0, 60))} is none: ${problem}`, () => {
        assert.deepEqual(parseServerAddress(text), { kind: 'unusable', problem });
      });
    }
  }

  it('has room for 2000 characters, and no more', () => {
    const slashes = '/'.repeat(2_000 - 'https://agnes'.length);
    assert.equal(parseServerAddress(`https://agnes${slashes}`).kind, 'usable');
    assert.deepEqual(parseServerAddress(`https://agnes${slashes}/`), {
      kind: 'unusable',
      problem: 'unreadable',
    });
  });

  it('is an origin that is read as itself, whatever was typed', () => {
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc
        .tuple(fc.constantFrom('https://', 'http://'), fc.string({ unit: 'binary' }))
        .map((parts) => parts.join('')),
      fc
        .tuple(fc.constantFrom('https://', 'http://127.0.0.1', 'http://localhost'), fc.webAuthority())
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(typed, (text) => {
        const address = parseServerAddress(text);
        if (address.kind === 'unusable') return;
        const { origin } = address;
        assert.deepEqual(parseServerAddress(origin), address);
        assert.equal(new URL(origin).origin, origin);
        assert.match(origin, /^(?:https:\/\/|http:\/\/(?:localhost|\[::1\]|127\.0\.0\.1)(?::|$))[!-~]*$/);
        assert.doesNotMatch(origin.slice('https://'.length), /[/@?#\\]/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what to change about an address', () => {
  it('is one sentence for each problem', () => {
    for (const problem of Object.keys(problems) as AddressProblem[]) {
      const sentence = describeAddressProblem(problem);
      assert.match(sentence, /^[A-Z].+\.$/);
      // a text from which nothing can be guessed changes nothing
      assert.equal(describeAddressProblem(problem, 'a b\u202e'), sentence);
    }
  });

  it('names the address that was probably meant', () => {
    const meant: readonly (readonly [string, string])[] = [
      ['agnes.example.com', 'Write it as https://agnes.example.com'],
      [' Agnes.Example.com:8443/ ', 'Write it as https://agnes.example.com:8443'],
      ['localhost:8000', 'Write it as http://localhost:8000'],
      ['127.0.0.1', 'Write it as http://127.0.0.1'],
      [
        'https://agnes.example.com/catalog?x#y',
        'Leave out what comes after the host name: https://agnes.example.com',
      ],
      ['http://localhost:8000/docs', 'Leave out what comes after the host name: http://localhost:8000'],
    ];
    for (const [text, sentence] of meant) {
      const address = parseServerAddress(text);
      assert.ok(address.kind === 'unusable');
      assert.equal(describeAddressProblem(address.problem, text), sentence);
    }
  });

  it('names none that would be refused itself', () => {
    assert.equal(describeAddressProblem('noScheme', 'agnes.example.com/catalog'), 'Begin with https://.');
    assert.equal(describeAddressProblem('noScheme', 'ann@agnes.example.com'), 'Begin with https://.');
    assert.equal(
      describeAddressProblem('path', 'http://agnes.example.com/catalog'),
      'Leave out what comes after the host name.',
    );
  });

  it('does not repeat a password', () => {
    for (const problem of Object.keys(problems) as AddressProblem[]) {
      assert.doesNotMatch(describeAddressProblem(problem, 'https://ann:hush@agnes.example.com/x'), /hush/);
    }
  });
});

describe('the hosts of this machine', () => {
  it('are localhost and its two addresses, as the URL class writes them', () => {
    for (const host of ['localhost', '127.0.0.1', '[::1]']) assert.ok(isLoopbackHost(host), host);
  });

  it('are no others', () => {
    const others = [
      '',
      'localhost.',
      'localhost.evil.com',
      '127.0.0.1.evil.com',
      'x127.0.0.1',
      '127.0.0',
      '::1',
      '[::]',
      '0.0.0.0',
      '10.0.0.1',
      '127.0.0.2',
      '127.255.255.254',
      '127.0.0.1\n',
    ];
    for (const host of others) assert.ok(!isLoopbackHost(host), host);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  checkToken,
  cleanToken,
  describeTokenProblem,
  type TokenCheck,
  type TokenProblem,
} from '../../../src/core/accessToken.ts';

function jwt(payload: unknown): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}.${Buffer.alloc(32, 7).toString('base64url')}`;
}

const PERSONAL = { sub: 'u-1', email: 'ann@example.com', typ: 'pat', iat: 1_780_000_000, scope: 'general' };

const wrong = (why: TokenProblem): TokenCheck => ({ kind: 'wrong', why });

describe('what is taken for a personal access token', () => {
  it('is one of the kind pat, with its user and its end in microseconds', () => {
    assert.deepEqual(checkToken(jwt({ ...PERSONAL, exp: 1_787_776_000 })), {
      kind: 'personal',
      claims: { email: 'ann@example.com', subject: 'u-1', expiresAt: 1_787_776_000_000_000n },
    });
  });

  it('may never end, and says so by having no exp', () => {
    const check = checkToken(jwt(PERSONAL));
    assert.equal(check.kind === 'personal' ? check.claims.expiresAt : 'wrong', undefined);
  });

  it('has names in letters of any alphabet', () => {
    const check = checkToken(jwt({ ...PERSONAL, email: 'žofie@příklad.cz', sub: '用户' }));
    assert.deepEqual(check.kind === 'personal' ? [check.claims.email, check.claims.subject] : [], [
      'žofie@příklad.cz',
      '用户',
    ]);
  });

  it('may hold claims of other types, which count as missing', () => {
    for (const claims of [
      { sub: 7, email: ['a'], exp: '2026' },
      { sub: '', email: '', exp: null },
      { exp: 1e300 },
      { exp: -1e18 },
    ]) {
      assert.deepEqual(
        checkToken(jwt({ typ: 'pat', ...claims })),
        { kind: 'personal', claims: { email: undefined, subject: undefined, expiresAt: undefined } },
        JSON.stringify(claims),
      );
    }
  });

  it('ends in the second that exp names, a fraction of which is dropped', () => {
    const check = checkToken(jwt({ typ: 'pat', exp: 1_787_776_000.9 }));
    assert.equal(check.kind === 'personal' ? check.claims.expiresAt : 'wrong', 1_787_776_000_000_000n);
  });

  it('is not the token of a browser session, nor one of another kind', () => {
    assert.deepEqual(checkToken(jwt({ ...PERSONAL, typ: 'session' })), wrong('session'));
    assert.deepEqual(checkToken(jwt({ ...PERSONAL, typ: 'refresh' })), wrong('otherKind'));
    assert.deepEqual(checkToken(jwt({ sub: 'u-1' })), wrong('otherKind'));
    assert.deepEqual(checkToken(jwt({ typ: ['pat'] })), wrong('otherKind'));
  });

  it('is not nothing, half of one, or something else altogether', () => {
    const whole = jwt(PERSONAL);
    const notUtf8 = Buffer.from('{"typ":"pat","email":"\xff"}', 'latin1').toString('base64url');
    assert.deepEqual(checkToken(''), wrong('empty'));
    for (const text of [
      'hunter2',
      whole.slice(0, whole.lastIndexOf('.')),
      whole.slice(0, whole.lastIndexOf('.') + 1),
      whole.slice(0, 60),
      `${whole}.more`,
      `${whole} `,
      ` ${whole}`,
      `Bearer ${whole}`,
      'a.b.c',
      jwt([1]),
      jwt('pat'),
      jwt(null),
      `e30.${notUtf8}.e30`,
    ]) {
      assert.deepEqual(checkToken(text), wrong('notAToken'), text);
    }
  });

  it('is bounded in length', () => {
    const lengthOf = (padding: number): TokenCheck['kind'] =>
      checkToken(jwt({ ...PERSONAL, padding: 'x'.repeat(padding) })).kind;
    assert.equal(lengthOf(5_900), 'personal');
    assert.equal(lengthOf(6_100), 'wrong');
  });

  it('can be told of any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => `e30.${text}.x`),
        ),
        (text) => {
          assert.notEqual(checkToken(text).kind, 'personal');
          assert.equal(typeof cleanToken(text), 'string');
        },
      ),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        const payload = Buffer.from(json).toString('base64url');
        assert.equal(checkToken(`e30.${payload}.x`).kind, 'wrong');
      }),
    );
  });
});

describe('a pasted token', () => {
  const token = jwt(PERSONAL);
  const half = Math.floor(token.length / 2);
  const [head, tail] = [token.slice(0, half), token.slice(half)];

  for (const [name, pasted] of [
    ['as it is', token],
    ['with white space around', `\n\t ${token} \r\n`],
    ['in quotes', `"${token}"`],
    ['in single quotes with blanks', ` ' ${token} ' `],
    ['in typographic quotes', `“${token}”`],
    ['with Bearer before it', `Bearer ${token}`],
    ['with bearer in other letters', `bEARER\t ${token}`],
    ['in quotes with Bearer', `"Bearer ${token}"`],
    ['with Bearer before quotes', `Bearer "${token}"`],
    ['wrapped', `${head}\n${tail}`],
    ['wrapped by a terminal of Windows, with blanks', `${head}  \r\n  ${tail}`],
    ['wrapped after Bearer', `Bearer\n${head}\n${tail}\n`],
    ['with characters that have no width', `\ufeff\u200b${token}\u200b`],
  ] as const) {
    it(`is found ${name}`, () => assert.equal(cleanToken(pasted), token));
  }

  it('keeps what is wrong inside, for that to be told', () => {
    assert.equal(cleanToken('two words'), 'two words');
    assert.equal(cleanToken('" \n "'), '');
    assert.equal(cleanToken('Bearerx'), 'Bearerx');
  });

  it('is found in any white space and quotes', () => {
    const around = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t', '"', "'", '`', '\u200b') });
    fc.assert(
      fc.property(around, around, fc.constantFrom('', 'Bearer ', 'bearer\t'), (before, after, scheme) => {
        assert.equal(cleanToken(before + scheme + token + after), token);
      }),
    );
  });
});

describe('words for what is no personal access token', () => {
  it('are one sentence with something to do', () => {
    for (const why of ['empty', 'notAToken', 'session', 'otherKind'] as const) {
      const text = describeTokenProblem(why);
      assert.match(text, /^[A-Z][^.]* (?:your profile in Agnes)\.$/);
      assert.match(text, /\b(?:paste|copy|create)\b/i);
      assert.ok(text.length <= 110, text);
    }
  });
});

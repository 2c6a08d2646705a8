import assert from 'node:assert/strict';
import fc from 'fast-check';
import { compileGlob } from '../../../src/core/glob.ts';

const matchesGlob = (glob: string, text: string): boolean => compileGlob(glob)(text);

describe('glob', () => {
  const cases: readonly (readonly [glob: string, text: string, matches: boolean])[] = [
    ['sales.*', 'sales.orders', true],
    ['sales.*', 'sales.', true],
    ['sales.*', 'presales.orders', false],
    ['*.orders', 'sales.orders', true],
    ['*orders*', 'sales.orders_2026', true],
    ['orders_????', 'orders_2026', true],
    ['orders_????', 'orders_202', false],
    ['orders', 'Orders', false],
    ['', '', true],
    ['*', '', true],
    ['?', '', false],
    ['?', '🎉', true],
    ['??', '🎉', false],
    ['*?', '🎉', true],
    ['a.b', 'axb', false],
    ['ab*ba', 'aba', false],
    ['ab*?a', 'aba', false],
    ['*ab*ab*', 'aab.ab', true],
    ['*ab*ab*', 'aab.a', false],
    ['a**b', 'ab', true],
    ['*🎉?', 'a🎉🎉', true],
    ['*\uDF89', '🎉', false],
    ['\uD83C*', '🎉', false],
    ['*?\uDF89*', '🎉🎉', false],
    ['[ab]+(c|d)', '[ab]+(c|d)', true],
    ['a\\*', 'a\\b', true],
  ];
  for (const [glob, text, matches] of cases) {
    it(`${JSON.stringify(glob)} is ${matches ? '' : 'not '}${JSON.stringify(text)}`, () => {
      assert.equal(matchesGlob(glob, text), matches);
    });
  }

  it('is what the plain rule says, for any text', () => {
    const letters = (more: readonly string[]): fc.Arbitrary<string> =>
      fc
        .array(fc.constantFrom('a', 'b', '.', '🎉', '\uD83C', '\uDF89', ...more), { maxLength: 9 })
        .map((all) => all.join(''));
    fc.assert(
      fc.property(letters(['*', '*', '*', '?', '?', 'a', 'b']), letters(['a', 'b']), (glob, text) => {
        assert.equal(matchesGlob(glob, text), naive(Array.from(glob), Array.from(text)));
      }),
      { numRuns: 10_000 },
    );
  });

  it('answers for any two texts, also for halves of characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (glob, text) => {
        assert.equal(typeof matchesGlob(glob, text), 'boolean');
        assert.equal(matchesGlob('*', text), true);
      }),
    );
    assert.equal(matchesGlob('?\uDC00', '\uD800\uD800\uDC00'), false);
  });

  // Backtracking over all stars would take longer than anybody waits: the test would not end.
  it('ends soon for a glob that is made to take long', () => {
    assert.equal(matchesGlob('a*'.repeat(1_000) + 'b', 'a'.repeat(2_000)), false);
    assert.equal(matchesGlob('a?*'.repeat(700) + 'b?', 'a'.repeat(2_000)), false);
  });
});

/** By the words of the rule; takes time without bound. */
function naive([wanted, ...glob]: readonly string[], text: readonly string[]): boolean {
  if (wanted === undefined) return text.length === 0;
  const [next, ...rest] = text;
  if (wanted === '*') return naive(glob, text) || (next !== undefined && naive(['*', ...glob], rest));
  return next !== undefined && (wanted === '?' || wanted === next) && naive(glob, rest);
}

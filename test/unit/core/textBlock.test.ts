import assert from 'node:assert/strict';
import { textBlock } from '../../../src/core/textBlock.ts';

describe('text in several lines', () => {
  it('keeps its line breaks, whatever they are, and one empty line at most', () => {
    assert.equal(textBlock('a\r\nb\rc\u2028d\n\n\n\ne  \n'), 'a\nb\nc\nd\n\ne');
    assert.equal(textBlock('a\n \n\t\n b'), 'a\n\n b');
  });

  it('has no controls and no direction marks', () => {
    assert.equal(textBlock('a\u0007b\u202Ec\u2066d\u200Be'), 'a b c d e');
  });

  it('is cut by code points', () => {
    assert.equal(textBlock('👩👩👩👩', 3), '👩👩…');
    assert.equal(textBlock('👩👩👩', 3), '👩👩👩');
  });
});

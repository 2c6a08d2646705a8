import assert from 'node:assert/strict';
import { MAX_PICKED_PATH, pickText } from '../../../src/host/pickText.ts';
import { HOSTILE_NAMES } from '../../fixtures/tableViews.ts';

describe('text in a quick pick', () => {
  it('is one line without icons, cut to its length', () => {
    for (const name of HOSTILE_NAMES) {
      const text = pickText(name);
      assert.doesNotMatch(text, /[\p{Cc}\u202a-\u202e\u2066-\u2069]|\$\(/u);
      assert.ok(Array.from(text).length <= 90, text);
    }
    assert.equal(pickText('x'.repeat(100)), `${'x'.repeat(79)}…`);
    const path = `/${'folder/'.repeat(20)}system.duckdb`;
    assert.equal(pickText(path, MAX_PICKED_PATH), path);
  });
});

import assert from 'node:assert/strict';
import { selectedOr, targetsOrSelected } from '../../../src/host/commands/commandTargets.ts';

describe('tables that a command is for', () => {
  const view = { selectedTableIds: ['s', 't'] };
  const row = (tableId: string): object => ({ kind: 'table', tableId });

  it('are the clicked row, with the selected ones where it is among them', () => {
    assert.deepEqual(targetsOrSelected('a', undefined, view), ['a']);
    assert.deepEqual(targetsOrSelected(row('a'), [row('b')], view), ['a']);
    assert.deepEqual(targetsOrSelected(row('a'), [row('b'), row('a')], view), ['b', 'a']);
    assert.equal(selectedOr(row('a'), view), 'a');
  });

  it('are those selected in the view where nothing was clicked, as from a key', () => {
    for (const target of [undefined, {}, 7]) {
      assert.deepEqual(targetsOrSelected(target, undefined, view), ['s', 't']);
      assert.equal(selectedOr(target, view), 's');
    }
    assert.equal(selectedOr(undefined, { selectedTableIds: [] }), undefined);
  });
});

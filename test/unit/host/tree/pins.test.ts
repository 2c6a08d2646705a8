import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KeptArrangement } from '../../../../src/host/tree/keptArrangement.ts';
import { MAX_PINS, Pins, type KeptState } from '../../../../src/host/tree/pins.ts';

const always = (): boolean => true;

describe('pinned tables', () => {
  it('are kept by source, over restarts', async () => {
    const state = new MemoryState();
    const pins = new Pins(state);
    let told = 0;
    pins.onDidChange(() => (told += 1));
    await pins.pin('one', ['b', 'a'], always);
    await pins.pin('two', ['c'], always);
    await pins.unpin('one', ['b', 'gone']);
    assert.equal(told, 3);
    const later = new Pins(state);
    assert.deepEqual([...later.of('one')], ['a']);
    assert.deepEqual([...later.of('two')], ['c']);
    assert.equal(later.of(undefined).size, 0);
  });

  it('are at most 500: tables that are gone make room, else nothing is pinned', async () => {
    const pins = new Pins(new MemoryState());
    const full = Array.from({ length: MAX_PINS }, (_, i) => `t${i}`);
    assert.ok(await pins.pin('s', full, always));
    assert.equal(await pins.pin('s', ['more'], always), false);
    assert.equal(pins.of('s').has('more'), false);
    assert.ok(await pins.pin('s', ['more'], (id) => id !== 't0'));
    assert.deepEqual([pins.of('s').has('t0'), pins.of('s').has('more')], [false, true]);
  });

  it('are kept for the 20 sources that were changed last', async () => {
    const state = new MemoryState();
    const pins = new Pins(state);
    for (let i = 0; i < 25; i += 1) await pins.pin(`s${i}`, ['t'], always);
    assert.deepEqual([pins.of('s4').size, pins.of('s5').size], [0, 1]);
    assert.deepEqual([new Pins(state).of('s4').size, new Pins(state).of('s5').size], [0, 1]);
  });

  it('are bounded and well formed whatever is stored', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.array(fc.record({ source: fc.anything(), ids: fc.anything() })),
        (any, list) => {
          for (const stored of [any, list]) {
            assert.ok([...new Pins(new MemoryState(stored)).of('s')].every((id) => typeof id === 'string'));
          }
        },
      ),
    );
    const stored = [{ source: 's', ids: [1, 'a', null, ...Array.from({ length: 900 }, (_, i) => `t${i}`)] }];
    assert.equal(new Pins(new MemoryState(stored)).of('s').size, MAX_PINS);
  });
});

describe('arrangement of a workspace', () => {
  it('is kept over restarts, a part at a time, and told', async () => {
    const state = new MemoryState();
    const kept = new KeptArrangement(state);
    let told = 0;
    kept.onDidChange(() => (told += 1));
    await kept.change({ grouping: 'flat' });
    await kept.change({ sort: 'age', filter: { text: ' x ', states: ['stale'], entityTypes: [] } });
    assert.equal(told, 2);
    const later = new KeptArrangement(state);
    assert.deepEqual(later.current, {
      grouping: 'flat',
      sort: 'age',
      filter: { text: 'x', states: ['stale'], entityTypes: [] },
    });
    await later.clearFilter();
    assert.equal(later.current.filter.text, '');
    assert.equal(later.current.sort, 'age');
  });
});

/** Keeps what is stored as VS Code does: as JSON. */
class MemoryState implements KeptState {
  readonly #stored = new Map<string, string>();
  readonly #first: unknown;

  constructor(first?: unknown) {
    this.#first = first;
  }

  get(key: string): unknown {
    const text = this.#stored.get(key);
    return text === undefined ? this.#first : JSON.parse(text);
  }

  update(key: string, value: unknown): Promise<void> {
    this.#stored.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}

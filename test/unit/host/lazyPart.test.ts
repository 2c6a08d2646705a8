import assert from 'node:assert/strict';
import { LazyPart } from '../../../src/host/lazyPart.ts';

describe('part that loads when it is wanted', () => {
  let loads: ((failure?: Error) => void)[];
  let ended: number;
  let part: LazyPart<{ dispose(): void }>;

  beforeEach(() => {
    [loads, ended] = [[], 0];
    part = new LazyPart(
      () =>
        new Promise((resolve, reject) => {
          const made = { dispose: () => (ended += 1) };
          loads.push((failure) => (failure === undefined ? resolve(made) : reject(failure)));
        }),
    );
  });

  it('loads once for all who want it', async () => {
    const [first, second] = [part.get(), part.get()];
    assert.equal(part.loaded, undefined);
    loads[0]?.();
    assert.equal(await first, await second);
    assert.equal(part.loaded, await part.get());
    assert.equal(loads.length, 1);
    part.dispose();
    assert.equal(ended, 1);
  });

  it('is tried anew after it could not be loaded', async () => {
    const failed = part.get();
    loads[0]?.(new Error('no such file'));
    await assert.rejects(failed, /no such file/);
    const again = part.get();
    loads[1]?.();
    assert.equal(await again, part.loaded);
  });

  it('ends when it comes after everything else has ended', async () => {
    const late = part.get();
    part.dispose();
    loads[0]?.();
    await late;
    assert.deepEqual([ended, part.loaded], [1, undefined]);
  });

  it('tells of its failure who wanted it, and nobody else, also at the end', async () => {
    const told = part.get().catch(() => 'told');
    part.dispose();
    loads[0]?.(new Error('no such file'));
    // An unhandled rejection besides would fail the test.
    assert.equal(await told, 'told');
  });
});

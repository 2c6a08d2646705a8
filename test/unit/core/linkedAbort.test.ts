import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { LinkedAbort } from '../../../src/core/linkedAbort.ts';

describe('a linked abort', () => {
  it('comes with the first of its signals, for the same reason, also where that was before', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const link = new LinkedAbort(one.signal, other.signal);
    assert.equal(link.signal.aborted, false);
    other.abort('other');
    one.abort('one');
    assert.equal(link.signal.reason, 'other');
    assert.equal(new LinkedAbort(new AbortController().signal, one.signal).signal.reason, 'one');
  });

  it('leaves nothing on the signal of a run when its table is done, or when it came', () => {
    const run = new AbortController();
    const done = new LinkedAbort(run.signal);
    done.dispose();
    assert.deepEqual(getEventListeners(run.signal, 'abort'), []);
    run.abort();
    assert.equal(done.signal.aborted, false);

    const [one, other] = [new AbortController(), new AbortController()];
    new LinkedAbort(one.signal, other.signal);
    one.abort();
    assert.deepEqual(getEventListeners(other.signal, 'abort'), []);
  });

  it('of its own leaves its signals alone', () => {
    const run = new AbortController();
    const link = new LinkedAbort(run.signal);
    link.abort();
    assert.deepEqual([link.signal.aborted, run.signal.aborted], [true, false]);
  });
});

import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { readDetails } from '../../../../src/host/tree/readDetails.ts';
import { FakeClock } from '../../../fixtures/fakeClock.ts';
import { FakeSource } from '../../../fixtures/fakeSource.ts';

const DETAILS = {
  knownColumns: ['id'],
  description: null,
  folder: null,
  grain: null,
  gotchas: [],
  thingsToKnow: null,
};

describe('details for a tooltip', () => {
  const { signal } = new AbortController();

  it('are read where the source can be read', async () => {
    const source = new FakeSource(new FakeClock());
    source.detailsById.set('a', DETAILS);
    const model = { failure: undefined, source };
    assert.deepEqual(await readDetails(model, 'a', signal), { details: DETAILS, failure: undefined });
    const nothing = { details: undefined, failure: undefined };
    assert.deepEqual(await readDetails(model, 'gone', signal), nothing);
    assert.deepEqual(await readDetails({ ...model, source: undefined }, 'a', signal), nothing);
  });

  it('say why they could not be read', async () => {
    const source = new FakeSource(new FakeClock());
    const failure = new AgnesFailure('fileBusy');
    source.details = () => Promise.reject(failure);
    assert.deepEqual(await readDetails({ failure: undefined, source }, 'a', signal), {
      details: undefined,
      failure,
    });
  });

  it('are not asked for while the source can’t be read, which is why there are none', async () => {
    const source = new FakeSource(new FakeClock());
    source.details = () => assert.fail('it was asked');
    const failure = new AgnesFailure('fileBusy');
    assert.deepEqual(await readDetails({ failure, source }, 'a', signal), { details: undefined, failure });
  });
});

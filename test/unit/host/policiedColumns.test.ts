import assert from 'node:assert/strict';
import { hidesColumns, showsPolicied } from '../../../src/host/policiedColumns.ts';
import { TableModel } from '../../../src/sources/tableModel.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { FakeSource } from '../../fixtures/fakeSource.ts';

const administrator = (): boolean => true;
const somebody = (): boolean => false;

function modelOf(isServer: boolean): TableModel {
  const clock = new FakeClock();
  const source = new FakeSource(clock);
  if (isServer) source.server = { account: undefined } as FakeSource['server'];
  const model = new TableModel(clock);
  model.setSource(source);
  return model;
}

describe('columns of tables with an access policy', () => {
  it('are for administrators, and of a server for nobody: it decides by itself', () => {
    assert.equal(showsPolicied(modelOf(false), administrator), true);
    assert.equal(showsPolicied(modelOf(false), somebody), false);
    assert.equal(showsPolicied(modelOf(true), administrator), false);
  });

  it('are hidden also where nobody knows whether there was a policy', () => {
    const local = modelOf(false);
    for (const registration of [undefined, { hasAccessPolicy: true }]) {
      assert.equal(hidesColumns(registration, showsPolicied(local, somebody)), true);
      assert.equal(hidesColumns(registration, showsPolicied(local, administrator)), false);
    }
    assert.equal(hidesColumns({ hasAccessPolicy: false }, showsPolicied(local, somebody)), false);
    assert.equal(hidesColumns({ hasAccessPolicy: true }, showsPolicied(modelOf(true), administrator)), true);
  });
});

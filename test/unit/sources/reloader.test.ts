import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { Reloader } from '../../../src/sources/reloader.ts';
import { TableModel } from '../../../src/sources/tableModel.ts';
import { registration } from '../../fixtures/engineFakes.ts';
import { FakeClock, settle } from '../../fixtures/fakeClock.ts';
import { FakeSource } from '../../fixtures/fakeSource.ts';

interface Scene {
  readonly clock: FakeClock;
  readonly source: FakeSource;
  readonly model: TableModel;
  readonly reloader: Reloader;
}

describe('reloader', () => {
  it('shows what others changed, without being asked', async () => {
    const { clock, source, model } = await openScene();
    source.rows = [{ registration: registration('new'), cached: null }];
    source.changedByOthers.fire();
    await clock.advance(1_000);
    assert.ok(model.table('new'));
  });

  it('reads once for many changes', async () => {
    const { clock, source } = await openScene();
    for (let i = 0; i < 50; i += 1) source.changedByOthers.fire();
    await clock.advance(10_000);
    assert.equal(source.loads, 2);
  });

  it('tries again after a failure that may pass, further and further apart, until it works', async () => {
    const { clock, source, model } = await openScene(new AgnesFailure('fileBusy'));
    await clock.advance(5_000);
    assert.equal(source.loads, 2);
    await clock.advance(9_999);
    assert.equal(source.loads, 2);
    await clock.advance(1);
    assert.equal(source.loads, 3);
    await clock.advance(3_600_000);
    assert.ok(source.loads <= 3 + 2 + 60);
    source.failure = undefined;
    await clock.advance(60_000);
    assert.ok(model.snapshot);
    const { loads } = source;
    await clock.advance(600_000);
    assert.equal(source.loads, loads);
  });

  it('leaves a failure alone that waiting does not mend', async () => {
    const { clock, source } = await openScene(new AgnesFailure('fileNotDuckDb'));
    await clock.advance(600_000);
    assert.equal(source.loads, 1);
  });

  it('drops the retries of a source that is replaced while it is read', async () => {
    const { clock, source, model } = await openScene(new AgnesFailure('fileBusy'));
    const { promise, resolve } = Promise.withResolvers<undefined>();
    source.gate = promise.then(() => undefined);
    await clock.advance(5_000);
    const other = new FakeSource(clock);
    other.failure = new AgnesFailure('fileBusy');
    model.setSource(other);
    await model.load();
    resolve(undefined);
    await clock.advance(5_000);
    assert.deepEqual([source.loads, other.loads], [2, 2]);
    other.failure = undefined;
    await clock.advance(60_000);
    const { loads } = other;
    await clock.advance(600_000);
    assert.equal(other.loads, loads);
  });

  it('leaves no timer behind', async () => {
    const { clock, model, reloader } = await openScene(new AgnesFailure('fileBusy'));
    reloader.dispose();
    model.dispose();
    assert.equal(clock.pending, 0);
  });
});

async function openScene(failure?: AgnesFailure): Promise<Scene> {
  const clock = new FakeClock();
  const source = new FakeSource(clock);
  source.failure = failure;
  const model = new TableModel(clock);
  const reloader = new Reloader(model, clock);
  model.setSource(source);
  await model.load();
  await settle();
  return { clock, source, model, reloader };
}

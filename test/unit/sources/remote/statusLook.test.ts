import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { LOOK_PATIENCE_MS, lookAtStatus } from '../../../../src/sources/remote/statusLook.ts';
import { MemoryLog } from '../../../fixtures/engineFakes.ts';
import { FakeAgnesServer } from '../../../fixtures/fakeAgnesServer.ts';
import { FakeClock } from '../../../fixtures/fakeClock.ts';

describe('a look at the status at the end of a run', () => {
  it('has a row for each table', async () => {
    const scene = lookScene('a', 'b');
    const { server, clock } = scene;
    server.setRow('b', { rows: 7n });
    const rows = await lookAtStatus(scene);
    assert.deepEqual([rows?.size, rows?.get('b')?.rows, clock.pending], [2, 7n, 0]);
  });

  it('waits no longer than a person would', async () => {
    const scene = lookScene('a');
    const { server, clock, log } = scene;
    server.hangs.add('status');
    const looking = lookAtStatus(scene);
    await clock.advance(LOOK_PATIENCE_MS);
    assert.equal(await looking, undefined);
    assert.deepEqual([server.aborted, log.lines, clock.pending], [['status'], [], 0]);
  });

  it('that fails is told in the log alone', async () => {
    const scene = lookScene('a');
    const { server, log } = scene;
    server.failures.status = new AgnesFailure('serverUnavailable');
    assert.equal(await lookAtStatus(scene), undefined);
    assert.equal(log.lines.filter((line) => line.startsWith('warn')).length, 1);
  });
});

interface LookScene {
  readonly server: FakeAgnesServer;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
}

function lookScene(...ids: readonly string[]): LookScene {
  const clock = new FakeClock();
  return { server: new FakeAgnesServer(clock, ...ids), clock, log: new MemoryLog() };
}

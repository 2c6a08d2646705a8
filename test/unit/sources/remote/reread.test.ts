import assert from 'node:assert/strict';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { loadedScene, remoteScene, type RemoteScene } from './remoteScene.ts';

describe('reading a server again by itself', () => {
  it('is due a minute after a quick reading', async () => {
    const { clock, changes } = await loadedScene('a');
    await clock.advance(59_999);
    assert.equal(changes(), 0);
    await clock.advance(1);
    assert.equal(changes(), 1);
  });

  it('is due after a hundred times as long as the server took', async () => {
    const { clock, changes } = await scene(3_000);
    await clock.advance(299_999);
    assert.equal(changes(), 0);
    await clock.advance(1);
    assert.equal(changes(), 1);
  });

  it('is due after ten minutes at most', async () => {
    const { clock, changes } = await scene(30_000);
    await clock.advance(599_999);
    assert.equal(changes(), 0);
    await clock.advance(1);
    assert.equal(changes(), 1);
  });

  it('is due once, until somebody has read', async () => {
    const { clock, changes, source } = await loadedScene('a');
    await clock.advance(3_600_000);
    assert.equal(changes(), 1);
    await source.load();
    await clock.advance(60_000);
    assert.equal(changes(), 2);
  });

  it('is put off by a reading in between', async () => {
    const { clock, changes, source } = await loadedScene('a');
    await clock.advance(40_000);
    await source.load();
    await clock.advance(59_999);
    assert.equal(changes(), 0);
    await clock.advance(1);
    assert.equal(changes(), 1);
  });

  it('is not due while it is switched off, and is looked at again', async () => {
    const { clock, changes, switches } = await loadedScene('a');
    switches.rereads = false;
    await clock.advance(600_000);
    assert.equal(changes(), 0);
    switches.rereads = true;
    await clock.advance(60_000);
    assert.equal(changes(), 1);
  });

  it('is due five minutes after a failure that nobody else tries again', async () => {
    for (const reason of ['serverNotAgnes', 'serverAnswerInvalid', 'serverCertificate'] as const) {
      const { clock, changes, source, server } = await loadedScene('a');
      server.failures.status = new AgnesFailure(reason);
      for (const times of [1, 2]) {
        await assert.rejects(source.load(), { reason });
        await clock.advance(299_999);
        assert.equal(changes(), times - 1, reason);
        await clock.advance(1);
        assert.equal(changes(), times, reason);
      }
    }
  });

  it('is left to a person where they have to mend something', async () => {
    const reasons = ['signedOut', 'signInExpired', 'accountDeactivated', 'tokenWrongKind'] as const;
    for (const reason of [...reasons, 'cliSignedOut', 'serverForbidden'] as const) {
      const { clock, changes, source, server } = await loadedScene('a');
      server.failures.status = new AgnesFailure(reason);
      await assert.rejects(source.load(), { reason });
      await clock.advance(3_600_000);
      assert.equal(changes(), 0, reason);
    }
    const { clock, changes, source, server } = remoteScene('a'); // an address that never was one of Agnes
    server.failures.status = new AgnesFailure('serverNotAgnes');
    await assert.rejects(source.load());
    await clock.advance(3_600_000);
    assert.equal(changes(), 0);
  });

  it('is left to others after a failure that may pass', async () => {
    const { clock, changes, source, server } = await loadedScene('a');
    server.failures.status = new AgnesFailure('serverUnavailable');
    await assert.rejects(source.load());
    await clock.advance(3_600_000);
    assert.equal(changes(), 0);
  });

  it('goes on after a reading that was only given up', async () => {
    const { clock, changes, source } = await loadedScene('a');
    await assert.rejects(source.load({ signal: AbortSignal.abort() }), { reason: 'cancelled' });
    await clock.advance(60_000);
    assert.equal(changes(), 1);
  });

  it('is not due while a run is on, and is looked at again', async () => {
    const { clock, changes, source } = await loadedScene('a', 'b');
    const starting = source.startRun({ trigger: 'command' });
    await clock.advance(1_000);
    const { run } = await starting;
    await clock.advance(240_000);
    assert.equal(changes(), 0);
    run.cancel();
    await run.result;
    await clock.advance(60_000);
    assert.equal(changes(), 1);
  });

  it('leaves no timer behind', async () => {
    const { clock, source } = await loadedScene('a');
    assert.equal(clock.pending, 1);
    source.dispose();
    assert.equal(clock.pending, 0);
  });
});

/** A server that takes so long for its status. */
async function scene(latencyMs: number): Promise<RemoteScene> {
  const made = remoteScene('a');
  made.server.latencyMs.status = latencyMs;
  const loading = made.source.load();
  await made.clock.advance(latencyMs);
  await loading;
  return made;
}

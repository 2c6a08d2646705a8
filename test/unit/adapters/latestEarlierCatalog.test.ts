import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeptCatalog } from '../../../src/adapters/files/keptCatalog.ts';
import { LatestEarlierCatalog } from '../../../src/adapters/files/latestEarlierCatalog.ts';
import type { EpochMicros } from '../../../src/core/time.ts';
import type { Catalog } from '../../../src/ports/tableStore.ts';
import { MemoryLog, registration } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

const SECOND = 1_000_000n;

/** A server that exported at some time, or never. */
class FakeServer {
  at: EpochMicros | undefined;
  isReadable = true;
  readings = 0;

  takenAt(): Promise<EpochMicros | undefined> {
    return Promise.resolve(this.at);
  }

  read(): Promise<Catalog | undefined> {
    this.readings += 1;
    return Promise.resolve(this.isReadable && this.at !== undefined ? catalogOf(this.at) : undefined);
  }
}

describe('what is shown of an earlier time', () => {
  let folder = '';
  let clock: FakeClock;
  let kept: KeptCatalog;
  let server: FakeServer;
  let earlier: LatestEarlierCatalog;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'agnes-earlier-'));
    clock = new FakeClock();
    kept = new KeptCatalog(folder, 'file:/f', clock, new MemoryLog());
    server = new FakeServer();
    earlier = new LatestEarlierCatalog(kept, server, clock);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function keepAt(readAt: EpochMicros): Promise<void> {
    earlier.keep(catalogOf(readAt));
    await earlier.flush();
  }
  const found = async (laterThan?: EpochMicros): Promise<unknown> => {
    const latest = await earlier.latest(laterThan);
    return latest && [latest.origin, latest.catalog.readAt];
  };

  it('is nothing where nothing was kept and no server exports', async () => {
    assert.equal(await found(), undefined);
  });

  it('is the later one, kept here or exported by the server', async () => {
    const now = clock.now();
    await keepAt(now - 2n * SECOND);
    assert.deepEqual(await found(), ['kept', now - 2n * SECOND]);
    server.at = now - 3n * SECOND;
    assert.deepEqual(await found(), ['kept', now - 2n * SECOND]);
    server.at = now - SECOND;
    assert.deepEqual(await found(), ['serverSnapshot', now - SECOND]);
  });

  it('is the other one where the later can’t be read', async () => {
    const now = clock.now();
    await keepAt(now - 2n * SECOND);
    server.at = now - SECOND;
    server.isReadable = false;
    assert.deepEqual(await found(), ['kept', now - 2n * SECOND]);
    await keepAt(now);
    const [file = assert.fail('no file')] = await readdir(folder);
    server.isReadable = true;
    await writeFile(path.join(folder, file), 'garbage');
    assert.deepEqual(await found(), ['serverSnapshot', now - SECOND]);
  });

  it('is nothing, and is not read, where something as late is on screen already', async () => {
    const now = clock.now();
    await keepAt(now - 2n * SECOND);
    server.at = now - SECOND;
    assert.equal(await found(now - SECOND), undefined);
    assert.equal(server.readings, 0);
    assert.deepEqual(await found(now - SECOND - 1n), ['serverSnapshot', now - SECOND]);
  });

  it('is never what a wrong clock says is of the future', async () => {
    const now = clock.now();
    await keepAt(now + SECOND);
    server.at = now + SECOND;
    assert.equal(await found(), undefined);
    await clock.advance(1_000);
    assert.deepEqual(await found(), ['kept', now + SECOND]);
  });
});

function catalogOf(readAt: EpochMicros): Catalog {
  return { readAt, rows: [{ registration: registration('t'), cached: null }], writeObstacle: undefined };
}

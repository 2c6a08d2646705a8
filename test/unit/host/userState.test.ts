import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { countOutcomes, type RunRecord } from '../../../src/core/runSummary.ts';
import { NOBODYS_STATE, UserState } from '../../../src/host/server/userState.ts';
import { MemoryLog, registration } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

const ORIGIN = 'https://agnes.example.com';
const YES = (): Promise<boolean> => Promise.resolve(true);
const NO = (): Promise<boolean> => Promise.resolve(false);

describe('what is kept of a server for one of its users', () => {
  let folder = '';
  let clock: FakeClock;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'agnes-user-'));
    clock = new FakeClock();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (user: string): UserState =>
    new UserState(
      ORIGIN,
      user,
      { clock, log: new MemoryLog(), environment: { XDG_STATE_HOME: folder, LOCALAPPDATA: folder } },
      { snapshots: path.join(folder, 'snapshots'), memory: path.join(folder, 'memory') },
    );
  const kept = async (): Promise<number> => (await readdir(path.join(folder, 'snapshots'))).length;

  async function keep(state: UserState, isSignedOut: () => Promise<boolean>): Promise<void> {
    const earlier = state.earlier(isSignedOut);
    const rows = [{ registration: registration('orders'), cached: null }];
    earlier.keep({ readAt: clock.now(), rows, writeObstacle: undefined });
    await earlier.flush();
  }

  async function remember(state: UserState, isSignedOut: () => Promise<boolean>): Promise<void> {
    const memory = state.memory(isSignedOut);
    const nothing = { lastModified: null, seen: null, change: null, failure: null };
    memory.keepFacts(new Map([['orders', nothing]]));
    memory.addHistory(new Map([['orders', { at: 1n, rows: 1n, sizeBytes: null }]]));
    await memory.flush();
  }

  it('of nobody in particular is nothing', async () => {
    const { memory } = NOBODYS_STATE;
    const nothing = { lastModified: null, seen: null, change: null, failure: null };
    memory.keepFacts(new Map([['orders', nothing]]));
    memory.addHistory(new Map([['orders', { at: 1n, rows: 1n, sizeBytes: null }]]));
    await memory.flush();
    assert.equal((await memory.readFacts()).size, 0);
    assert.deepEqual(await memory.readHistory('orders'), []);
  });

  it('is shown to that user and to no other', async () => {
    await keep(open('ana'), NO);
    assert.equal((await open('ana').earlier(NO).latest())?.catalog.rows.length, 1);
    assert.equal(await open('ben').earlier(NO).latest(), undefined);
    await open('ana').records.append(record(clock), true);
    assert.equal((await open('ana').records.read()).length, 1);
    assert.deepEqual(await open('ben').records.read(), []);
    await remember(open('ana'), NO);
    assert.equal((await open('ana').memory(NO).readFacts()).size, 1);
    assert.equal((await open('ana').memory(NO).readHistory('orders')).length, 1);
    assert.equal((await open('ben').memory(NO).readFacts()).size, 0);
    assert.deepEqual(await open('ben').memory(NO).readHistory('orders'), []);
  });

  it('is gone when it is forgotten, the runs as well', async () => {
    await keep(open('ana'), NO);
    await open('ana').records.append(record(clock), true);
    await remember(open('ana'), NO);
    await open('ana').forget();
    assert.equal(await kept(), 0);
    assert.deepEqual(await readdir(path.join(folder, 'memory')), []);
    assert.deepEqual(await open('ana').records.read(), []);
  });

  it('is not written again at the end by a window that saw the sign-out late', async () => {
    await keep(open('ana'), NO);
    assert.equal(await kept(), 1);
    await keep(open('ana'), YES);
    assert.equal(await kept(), 0);
    await remember(open('ana'), NO);
    await remember(open('ana'), YES);
    assert.deepEqual(await readdir(path.join(folder, 'memory')), []);
  });
});

function record(clock: FakeClock): RunRecord {
  return {
    summary: {
      ...countOutcomes(1, []),
      runId: '01234567',
      startedAt: clock.now(),
      durationMs: 1,
      trigger: 'command',
      window: 'w',
      coversAll: true,
      endedBy: null,
    },
    endedAt: clock.now(),
    failures: [],
    changes: [],
  };
}

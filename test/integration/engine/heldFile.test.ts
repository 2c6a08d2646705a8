import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { mkdtemp, realpath, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeptCatalog } from '../../../src/adapters/files/keptCatalog.ts';
import { viewMessage } from '../../../src/host/viewTexts.ts';
import { formatInstant } from '../../../src/core/humanize.ts';
import { Reloader } from '../../../src/sources/reloader.ts';
import { TableModel } from '../../../src/sources/tableModel.ts';
import { eligibleRegistrations, writeAgnesFile, writeServerSnapshot } from '../../fixtures/agnesFile.ts';
import { holdElsewhere, writeElsewhere, type FileHolderProcess } from '../../fixtures/agnesFileProcesses.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { LocalWindow } from './localWindow.ts';

/** Seconds, as `utimes` takes them. */
const EXPORTED = 1_777_888_800;
const EXPORTED_AT = BigInt(EXPORTED) * 1_000_000n;
const FIRST_RETRY_MS = 5_000;

/** What a window shows of one file. */
interface Screen {
  readonly window: LocalWindow;
  readonly model: TableModel;
  readonly clock: FakeClock;
  readonly reloader: Reloader;
}

describe('a window and a file that others hold', () => {
  let folder: string;
  let database: string;
  let holder: FileHolderProcess;
  const screens: Screen[] = [];

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-held-')));
    database = path.join(folder, 'system.duckdb');
    await writeAgnesFile(database, {
      era: 'current',
      registrations: eligibleRegistrations(3),
      cached: [{ tableId: 'table_0000', rows: 1n, refreshedAt: EXPORTED_AT - 1n }],
    });
    const snapshot = await writeServerSnapshot(database);
    for (const table of ['table_registry', 'bq_metadata_cache']) {
      await utimes(path.join(snapshot, `${table}.parquet`), EXPORTED, EXPORTED);
    }
    await writeElsewhere(database, 'UPDATE bq_metadata_cache SET rows = 2');
    holder = await holdElsewhere(database);
  });
  afterEach(async () => {
    await holder.release();
    for (const screen of screens.splice(0)) await close(screen);
    await rm(folder, { recursive: true, force: true });
  });

  async function openScreen(): Promise<Screen> {
    const window = new LocalWindow({
      database,
      endpoint: 'http://127.0.0.1:9', // nobody is asked
      stateFolder: path.join(folder, 'state'),
      waits: { readMs: 0, writeMs: 0 },
    });
    const clock = new FakeClock();
    const model = new TableModel(clock);
    const reloader = new Reloader(model, clock);
    const screen = { window, model, clock, reloader };
    screens.push(screen);
    model.setSource(window.source);
    await model.load();
    return screen;
  }

  async function close({ window, model, reloader }: Screen): Promise<void> {
    reloader.dispose();
    model.dispose();
    await window.dispose();
    await window.source.settled();
  }

  it('shows the server’s snapshot with its time, and the file by itself as soon as that is free', async () => {
    const { model, clock } = await openScreen();
    assert.equal(model.failure?.reason, 'fileBusy');
    assert.deepEqual([model.snapshot?.origin, model.snapshot?.readAt], ['serverSnapshot', EXPORTED_AT]);
    assert.deepEqual([model.counts.total, model.table('table_0000')?.cached?.rows], [3, 1n]);
    assert.ok(viewMessage(model)?.startsWith(`The Agnes database is held by PID ${holder.pid} (`));
    const time = formatInstant(EXPORTED_AT);
    assert.ok(viewMessage(model)?.endsWith(`Shown from the server’s snapshot of ${time}.`));

    await holder.release();
    const isLive = new Promise<void>((resolve) => {
      model.onDidChange(() => {
        if (model.snapshot?.origin === 'live') resolve();
      });
    });
    await clock.advance(FIRST_RETRY_MS);
    await isLive;
    assert.deepEqual([model.failure, model.table('table_0000')?.cached?.rows], [undefined, 2n]);
    assert.equal(viewMessage(model), undefined);
  });

  it('keeps what was read last when it turns to another source before its minute is over', async () => {
    await holder.release();
    const { window } = await openScreen();
    const snapshots = path.join(folder, 'state', 'snapshots');
    await window.source.settled();
    const { readAt } = await window.source.load(); // held back: the first was written just now
    const kept = new KeptCatalog(snapshots, window.source.id, new FakeClock(), window.log);
    assert.notEqual(await kept.takenAt(), readAt);
    const isKept = new Promise<void>((resolve) => {
      const watcher = watch(snapshots, () => {
        void kept.takenAt().then((takenAt) => {
          if (takenAt !== readAt) return;
          watcher.close();
          resolve();
        });
      });
    });
    window.source.dispose();
    await isKept;
  });

  it('shows what an earlier window read, where that is later than the server’s snapshot', async () => {
    await holder.release();
    const first = await openScreen();
    const { readAt } = first.model.snapshot ?? assert.fail();
    await close(first);
    holder = await holdElsewhere(database);
    const { model } = await openScreen();
    assert.equal(model.failure?.reason, 'fileBusy');
    assert.deepEqual([model.snapshot?.origin, model.snapshot?.readAt], ['kept', readAt]);
    assert.equal(model.table('table_0000')?.cached?.rows, 2n);
    assert.ok(viewMessage(model)?.endsWith(`Shown as of ${formatInstant(readAt)}.`));
  });
});

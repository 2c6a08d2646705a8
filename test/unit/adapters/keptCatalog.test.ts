import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeptCatalog, MAX_KEPT_FILES } from '../../../src/adapters/files/keptCatalog.ts';
import { NOTHING_CACHED } from '../../../src/core/cachedMetadata.ts';
import type { Catalog, CatalogRow } from '../../../src/ports/tableStore.ts';
import { MemoryLog, registration } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';

const SOURCE = 'file:/data/state/system.duckdb';
const MINUTE_MS = 60_000;

const ROWS: readonly CatalogRow[] = [
  { registration: registration('never', { bucket: null, hasAccessPolicy: true }), cached: null },
  {
    registration: registration('odd\n\u2028"\\', {
      name: '日本 🎉\u0000',
      bqFqn: 'project-1.a.b',
      folder: 'F\n',
    }),
    cached: {
      rows: 9_007_199_254_740_993n,
      sizeBytes: 2n ** 63n - 1n,
      partitionBy: 'day',
      clusteredBy: [],
      entityType: 'BASE TABLE',
      refreshedAt: 1_777_888_800_123_457n,
      errorAt: -62_135_596_800_000_000n,
      errorMessage: 'a\nb',
    },
  },
  { registration: registration('empty'), cached: NOTHING_CACHED },
];

/** Nearly as long as a row may be. */
const LONG_ROW: CatalogRow = {
  registration: registration('t', { bucket: 'x'.repeat(900_000) }),
  cached: null,
};

describe('kept catalog', () => {
  let folder = '';
  let snapshots = '';
  let clock: FakeClock;
  let log: MemoryLog;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'agnes-kept-'));
    snapshots = path.join(folder, 'snapshots');
    clock = new FakeClock();
    log = new MemoryLog();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (sourceId = SOURCE): KeptCatalog => new KeptCatalog(snapshots, sourceId, clock, log);
  const catalog = (rows = ROWS): Catalog => ({ readAt: clock.now(), rows, writeObstacle: undefined });
  async function keep(kept: KeptCatalog, what: Catalog): Promise<void> {
    kept.keep(what);
    await kept.flush();
  }
  async function onlyFile(): Promise<string> {
    const [name = assert.fail('no file'), ...others] = await readdir(snapshots);
    assert.deepEqual(others, []);
    return path.join(snapshots, name);
  }

  it('is read by a later window as it was, with all digits', async () => {
    const original = catalog();
    await keep(open(), original);
    assert.deepEqual(await open().read(), original);
    assert.equal(await open().takenAt(), original.readAt);
    assert.equal(await open('file:/other').read(), undefined);
  });

  it('is read whole where it is longer than one reading from the disk', async () => {
    const original = catalog(
      Array.from({ length: 3_000 }, (_, i) => ({
        registration: registration(`t${i}`, { bucket: '日'.repeat(100) }),
        cached: null,
      })),
    );
    await keep(open(), original);
    assert.deepEqual(await open().read(), original);
  });

  it('of a source without tables is one all the same', async () => {
    await keep(open(), catalog([]));
    assert.deepEqual((await open().read())?.rows, []);
  });

  it('is for its user alone', async () => {
    await keep(open(), catalog());
    assert.equal((await stat(await onlyFile())).mode & 0o777, 0o600);
    assert.equal((await stat(snapshots)).mode & 0o777, 0o700);
  });

  it('has the rule of its server with it, where there is one', async () => {
    const policy = { intervalSeconds: 2n ** 60n, thresholdSeconds: 0n, clockOffset: -3_600_000_000n };
    const original = { ...catalog(), policy };
    await keep(open(), original);
    assert.deepEqual(await open().read(), original);
    assert.equal(await open().takenAt(), original.readAt);
    const file = await onlyFile();
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"thresholdSeconds":"0"', '"thresholdSeconds":"-1"'));
    assert.equal(await open().read(), undefined);
  });

  it('of before folders were kept is read without them', async () => {
    const original = catalog();
    await keep(open(), original);
    const file = await onlyFile();
    const text = await readFile(file, 'utf8');
    const before = text.replaceAll(/,"folder":(null|"F\\n")/g, '');
    assert.doesNotMatch(before, /folder/);
    await writeFile(file, before);
    assert.deepEqual(
      (await open().read())?.rows,
      ROWS.map((row) => ({ ...row, registration: { ...row.registration, folder: null } })),
    );
  });

  it('without a rule is written as it always was', async () => {
    await keep(open(), catalog());
    const [header = ''] = (await readFile(await onlyFile(), 'utf8')).split('\n');
    assert.deepEqual(Object.keys(JSON.parse(header) as object), ['version', 'sourceId', 'readAt', 'rows']);
  });

  const damages: readonly (readonly [name: string, damage: (text: string) => string])[] = [
    ['nothing', () => ''],
    ['garbage', () => '\u0000\u0001not JSON\n'],
    ['half of it, cut in a row', (text) => text.slice(0, -20)],
    ['half of it, cut between two rows', (text) => text.split('\n').slice(0, -2).join('\n') + '\n'],
    ['one row too many', (text) => text + (text.split('\n')[1] ?? '') + '\n'],
    ['rows alone', (text) => text.slice(text.indexOf('\n') + 1)],
    ['another version', (text) => text.replace('"version":1', '"version":2')],
    ['another source', (text) => text.replace('/data/state', '/data/other')],
    ['a number in the place of a name', (text) => text.replace('"name":"never"', '"name":7')],
    ['a missing field', (text) => text.replace('"hasAccessPolicy":true', '"other":true')],
    ['a count with a fraction', (text) => text.replace('"9007199254740993"', '"1.5"')],
    ['a time that no calendar has', (text) => text.replace('"1777888800123457"', '"99999999999999999999"')],
    ['a row without end', (text) => text + `{"a":"${'x'.repeat(2_000_000)}`],
  ];
  for (const [name, damage] of damages) {
    it(`is none, and no failure, where the file holds ${name}`, async () => {
      await keep(open(), catalog());
      const file = await onlyFile();
      const text = await readFile(file, 'utf8');
      assert.notEqual(damage(text), text);
      await writeFile(file, damage(text));
      assert.equal(await open().read(), undefined);
    });
  }

  it('is none where the file is larger than any that is written', async () => {
    await keep(open(), catalog([LONG_ROW]));
    const file = await onlyFile();
    const [header = '', row = ''] = (await readFile(file, 'utf8')).split('\n');
    const withRows = (count: number): string =>
      `${header.replace('"rows":1', `"rows":${count}`)}\n${`${row}\n`.repeat(count)}`;
    await writeFile(file, withRows(20));
    assert.equal((await open().read())?.rows.length, 20);
    await writeFile(file, withRows(80));
    assert.equal(await open().read(), undefined);
  });

  it('is written at once, then once a minute at most, the latest by then', async () => {
    const kept = open();
    const [first, second, third] = [catalog(), catalog(ROWS.slice(0, 1)), catalog(ROWS.slice(0, 2))];
    await keep(kept, first);
    kept.keep(second);
    kept.keep(third);
    await clock.advance(MINUTE_MS - 1);
    assert.equal(clock.pending, 1);
    assert.deepEqual(await open().read(), first);
    await clock.advance(1);
    await kept.flush();
    assert.deepEqual(await open().read(), third);
    assert.equal(clock.pending, 0);
    await clock.advance(MINUTE_MS);
    kept.keep(first);
    assert.equal(clock.pending, 0); // a minute has passed
    await kept.flush();
  });

  it('is written when the window closes, though its minute is not over', async () => {
    const kept = open();
    await keep(kept, catalog());
    const last = catalog(ROWS.slice(0, 1));
    kept.keep(last);
    await kept.flush();
    assert.deepEqual(await open().read(), last);
    assert.equal(clock.pending, 0);
  });

  it('does not replace a later one of another window, but one from ahead of the clock', async () => {
    const early = catalog();
    await clock.advance(1_000);
    const late = catalog(ROWS.slice(0, 1));
    await keep(open(), late);
    await keep(open(), early);
    assert.deepEqual(await open().read(), late);
    clock.jump(-3_600_000);
    const now = catalog(ROWS.slice(0, 2));
    await keep(open(), now);
    assert.deepEqual(await open().read(), now);
  });

  it('is one of a bounded number of files: the oldest go, and nobody else’s', async () => {
    await keep(open('file:/oldest'), catalog());
    await utimes(await onlyFile(), 1, 1);
    await writeFile(path.join(snapshots, 'notes.txt'), 'not ours');
    await utimes(path.join(snapshots, 'notes.txt'), 0, 0);
    for (let i = 0; i < MAX_KEPT_FILES; i += 1) await keep(open(`file:/${i}`), catalog());
    assert.equal((await readdir(snapshots)).length, MAX_KEPT_FILES + 1);
    assert.equal(await open('file:/oldest').read(), undefined);
    assert.ok(await open(`file:/${MAX_KEPT_FILES - 1}`).read());
    assert.equal(await readFile(path.join(snapshots, 'notes.txt'), 'utf8'), 'not ours');
  });

  it('costs one warning where the folder can’t be written, and is kept as soon as it can', async () => {
    await writeFile(snapshots, 'in the way');
    const kept = open();
    await keep(kept, catalog());
    await keep(kept, catalog());
    assert.equal(await kept.read(), undefined);
    assert.equal(log.lines.length, 1);
    await rm(snapshots);
    await keep(kept, catalog());
    assert.ok(await kept.read());
    assert.equal(log.lines.length, 1);
  });

  it('stays as it was, without a draft beside it, where the next one is too large', async () => {
    const kept = open();
    const small = catalog();
    await keep(kept, small);
    await clock.advance(1);
    const tooLong = { registration: registration('x'.repeat(2_000_000)), cached: null };
    for (const rows of [[tooLong], Array.from({ length: 80 }, () => LONG_ROW)]) {
      await keep(kept, catalog(rows));
      assert.deepEqual(await kept.read(), small);
      await onlyFile();
    }
    assert.match(log.lines.join('\n'), /^warn the last snapshot is not kept: .*a row is too long$/);
  });
});

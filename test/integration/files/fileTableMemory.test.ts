import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import promises, {
  appendFile,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileTableMemory, MAX_SOURCES } from '../../../src/adapters/files/fileTableMemory.ts';
import { MAX_HISTORY_POINTS, type TableFacts } from '../../../src/core/tableFacts.ts';
import { MemoryLog } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { factsAt, idsOfOneFile, pointAt } from './remembered.ts';

const SOURCE = 'file:/data/state/system.duckdb';
const WINDOW = fileURLToPath(new URL('rememberingWindow.ts', import.meta.url));
const WRITE_AFTER_MS = 3_000;

describe('what is remembered of tables, on disk', () => {
  let folder = '';
  let root = '';
  let clock: FakeClock;
  let log: MemoryLog;
  const windows: ChildProcess[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'agnes-memory-'));
    root = path.join(folder, 'memory');
    clock = new FakeClock();
    log = new MemoryLog();
  });
  afterEach(async () => {
    for (const window of windows.splice(0)) window.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const openMemory = (sourceId = SOURCE): FileTableMemory => new FileTableMemory(root, sourceId, clock, log);
  async function keep(memory: FileTableMemory, facts: Readonly<Record<string, TableFacts>>): Promise<void> {
    memory.keepFacts(new Map(Object.entries(facts)));
    await memory.flush();
  }
  async function add(memory: FileTableMemory, id: string, ...times: readonly bigint[]): Promise<void> {
    for (const at of times) memory.addHistory(new Map([[id, pointAt(at)]]));
    await memory.flush();
  }
  async function sourceFolder(): Promise<string> {
    const [name = assert.fail('nothing is kept'), ...others] = await readdir(root);
    assert.deepEqual(others, []);
    return path.join(root, name);
  }
  const factsFile = async (): Promise<string> => path.join(await sourceFolder(), 'facts.jsonl');
  async function historyFiles(): Promise<string[]> {
    const history = path.join(await sourceFolder(), 'history');
    return (await readdir(history)).map((name) => path.join(history, name));
  }
  async function onlyHistoryFile(): Promise<string> {
    const [file = assert.fail('no history'), ...others] = await historyFiles();
    assert.deepEqual(others, []);
    return file;
  }
  async function startWindow(...given: readonly (string | number)[]): Promise<ChildProcess> {
    const window = fork(WINDOW, [root, SOURCE, ...given.map(String)], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    windows.push(window);
    assert.deepEqual((await once(window, 'message'))[0], 'ready');
    return window;
  }

  it('is there for a later window as it was, with all digits and any text', async () => {
    const odd = 'odd\n\u2028"\\ 日本 🎉\u0000';
    const facts = {
      [odd]: factsAt(1_777_888_800_123_457n, {
        lastModified: { at: -62_135_596_800_000_000n, observedAt: 0n },
        change: {
          at: 5n,
          what: {
            columns: { added: [odd], removed: ['b'], addedCount: 30, removedCount: 1 },
            entityType: { before: 'BASE TABLE', after: 'VIEW' },
            partitionBy: { before: null, after: odd },
            rows: { before: 2n ** 63n - 1n, after: 0n },
          },
        },
        failure: { at: 9n, reason: 'accessDenied' },
      }),
      plain: { lastModified: null, seen: null, change: null, failure: null },
    };
    await keep(openMemory(), facts);
    assert.deepEqual(Object.fromEntries(await openMemory().readFacts()), facts);
    const point = { at: 7n, rows: 2n ** 63n - 1n, sizeBytes: null };
    const memory = openMemory();
    memory.addHistory(new Map([[odd, point]]));
    await memory.flush();
    assert.deepEqual(await openMemory().readHistory(odd), [point]);
    assert.deepEqual(await openMemory().readHistory('odd'), []);
  });

  it('is of one source alone', async () => {
    await keep(openMemory(), { a: factsAt(1n) });
    await add(openMemory(), 'a', 1n);
    assert.equal((await openMemory('file:/other').readFacts()).size, 0);
    assert.deepEqual(await openMemory('file:/other').readHistory('a'), []);
  });

  it('is for its user alone', async () => {
    await keep(openMemory(), { a: factsAt(1n) });
    await add(openMemory(), 'a', 1n);
    const source = await sourceFolder();
    for (const each of [root, source, path.join(source, 'history')]) {
      assert.equal((await stat(each)).mode & 0o777, 0o700, each);
    }
    for (const each of [await factsFile(), await onlyHistoryFile()]) {
      assert.equal((await stat(each)).mode & 0o777, 0o600, each);
    }
  });

  it('is written some seconds after it came, all of it together, and at the end', async () => {
    const memory = openMemory();
    memory.keepFacts(new Map([['a', factsAt(1n)]]));
    memory.addHistory(new Map([['a', pointAt(1n)]]));
    memory.keepFacts(new Map([['b', factsAt(1n)]]));
    await clock.advance(WRITE_AFTER_MS - 1);
    assert.equal((await openMemory().readFacts()).size, 0);
    assert.equal((await memory.readFacts()).size, 2, 'what waits is known all the same');
    assert.equal((await memory.readHistory('a')).length, 1);
    assert.equal(clock.pending, 1);
    await clock.advance(1);
    await memory.readFacts(); // after the writing
    assert.deepEqual([...(await openMemory().readFacts()).keys()], ['a', 'b']);
    assert.equal((await openMemory().readHistory('a')).length, 1);
    memory.keepFacts(new Map([['c', factsAt(1n)]]));
    await memory.flush();
    assert.equal(clock.pending, 0);
    assert.equal((await openMemory().readFacts()).size, 3);
  });

  it('may go back in time for the window that wrote it, for a clock may have been wrong', async () => {
    const memory = openMemory();
    await keep(memory, { a: factsAt(9n) });
    await keep(memory, { a: factsAt(5n) });
    assert.equal((await openMemory().readFacts()).get('a')?.seen?.at, 5n);
  });

  it('forgets a table for good, and not the one that comes back', async () => {
    const memory = openMemory();
    await keep(memory, { a: factsAt(1n), b: factsAt(1n) });
    memory.forgetFacts(['a', 'b']);
    memory.keepFacts(new Map([['b', factsAt(2n)]]));
    assert.deepEqual([...(await memory.readFacts()).keys()], ['b']);
    await memory.flush();
    assert.deepEqual([...(await openMemory().readFacts()).keys()], ['b']);
    await keep(openMemory(), { c: factsAt(1n) }); // another window
    await keep(memory, { d: factsAt(1n) });
    assert.deepEqual([...(await openMemory().readFacts()).keys()].sort(), ['b', 'c', 'd']);
  });

  describe('with another window', () => {
    it('keeps the later facts of each, whoever writes last', async () => {
      const [first, second] = [openMemory(), openMemory()];
      await Promise.all([first.readFacts(), second.readFacts()]);
      await keep(second, { a: factsAt(5n, { lastModified: { at: 4n, observedAt: 5n } }), mine: factsAt(1n) });
      await keep(first, {
        a: factsAt(3n, { failure: { at: 7n, reason: 'accessDenied' } }),
        other: factsAt(1n),
      });
      const facts = await openMemory().readFacts();
      assert.deepEqual([...facts.keys()].sort(), ['a', 'mine', 'other']);
      assert.deepEqual(facts.get('a'), factsAt(5n, { failure: { at: 7n, reason: 'accessDenied' } }));
    });

    it('puts back with its next writing what the other one overwrote', async () => {
      const [first, second] = [openMemory(), openMemory()];
      await keep(second, { theirs: factsAt(1n) });
      const before = await readFile(await factsFile());
      await keep(first, { mine: factsAt(1n) });
      await writeFile(await factsFile(), before); // both wrote at the same moment
      await keep(first, { next: factsAt(1n) });
      assert.deepEqual([...(await openMemory().readFacts()).keys()].sort(), ['mine', 'next', 'theirs']);
    });

    it('loses no point of two processes that append to one file at once and make it smaller', async () => {
      const [tables, turns] = [10, 100];
      const prefixes = ['a', 'b'];
      const both = await Promise.all(prefixes.map((prefix) => startWindow(prefix, tables, turns)));
      const lines = await Promise.all(
        both.map(async (window) => {
          const done = once(window, 'message');
          window.send('begin');
          return (await done)[0] as unknown;
        }),
      );
      assert.deepEqual(lines, [[], []]);
      const memory = openMemory();
      const expected = Array.from({ length: turns }, (_, turn) => pointAt(BigInt(turn + 1)));
      const ids = prefixes.flatMap((prefix) => idsOfOneFile(prefix, tables));
      for (const id of ids) assert.deepEqual(await memory.readHistory(id), expected, id);
      assert.ok((await stat(await onlyHistoryFile())).size < 1024 * 1024, 'it was made smaller');
      const facts = await memory.readFacts();
      const last = ids.filter((id) => facts.get(id)?.seen?.at === BigInt(turns));
      assert.ok(last.length >= tables, 'all of the window that wrote last');
    });

    it('survives one that is killed while it writes', async () => {
      const window = await startWindow('a', 1, 1_000_000);
      const [theirs = ''] = idsOfOneFile('a', 1);
      window.send('begin');
      const mine = openMemory();
      await add(mine, 'mine', 1n);
      await untilWritten(
        () => openMemory().readHistory(theirs),
        ({ length }) => length > 3,
      );
      const died = once(window, 'exit');
      window.kill('SIGKILL');
      await died;
      await keep(mine, { mine: factsAt(1n) });
      await add(mine, 'mine', 2n, 3n);
      assert.deepEqual(
        await openMemory().readHistory('mine'),
        [1n, 2n, 3n].map((at) => pointAt(at)),
      );
      const facts = await openMemory().readFacts();
      assert.ok(facts.get('mine'));
      const written = await openMemory().readHistory(theirs);
      assert.deepEqual(
        written,
        written.map((_, i) => pointAt((written[0]?.at ?? 0n) + BigInt(i))),
        'none is missing in between',
      );
      assert.deepEqual(log.lines, []);
    });
  });

  describe('history', () => {
    it('has each point once, in order of time, the latest 100 of them', async () => {
      await add(openMemory(), 'a', 3n, 1n);
      await add(openMemory(), 'a', 3n, 2n);
      assert.deepEqual(
        (await openMemory().readHistory('a')).map(({ at }) => at),
        [1n, 2n, 3n],
      );
      await add(openMemory(), 'a', ...Array.from({ length: MAX_HISTORY_POINTS }, (_, i) => BigInt(i + 10)));
      const points = await openMemory().readHistory('a');
      assert.equal(points.length, MAX_HISTORY_POINTS);
      assert.equal(points[0]?.at, 10n);
    });

    it('skips what is no line of it, and loses nothing after a line that was cut off', async () => {
      await add(openMemory(), 'a', 1n);
      const file = await onlyHistoryFile();
      const lines = ['', 'garbage', '{}', '["a","1.5",null,null]', '["a","99999999999999999999",null,null]'];
      await appendFile(file, `${lines.join('\n')}\n["a","2",nu`);
      await add(openMemory(), 'a', 3n);
      assert.deepEqual(await openMemory().readHistory('a'), [pointAt(1n), pointAt(3n)]);
    });

    it('is made smaller when it has grown, and keeps the latest points of each table', async () => {
      const memory = openMemory();
      const times = Array.from({ length: 20_000 }, (_, i) => BigInt(i));
      await add(memory, 'a', 1n);
      const file = await onlyHistoryFile();
      await add(memory, 'a', ...times);
      assert.ok((await stat(file)).size < 16 * 1024);
      assert.equal(path.basename(await onlyHistoryFile()), path.basename(file));
      assert.deepEqual(
        (await openMemory().readHistory('a')).map(({ at }) => at),
        times.slice(-MAX_HISTORY_POINTS),
      );
    });

    it('is bounded in bytes: each table loses its oldest points first, whatever their names are', async () => {
      const memory = openMemory();
      const name = 'x'.repeat(20_000);
      const ids = idsOfOneFile(name, 30);
      for (let turn = 1n; turn <= 20n; turn += 1n) {
        memory.addHistory(new Map(ids.map((id) => [id, pointAt(turn)])));
        await memory.flush();
      }
      const sizes = await Promise.all((await historyFiles()).map(async (file) => (await stat(file)).size));
      assert.ok(
        sizes.every((size) => size <= 3 * 1024 * 1024),
        String(sizes),
      );
      const counts = await Promise.all(
        ids.map(async (id) => {
          const points = await openMemory().readHistory(id);
          assert.equal(points.at(-1)?.at, 20n);
          return points.length;
        }),
      );
      assert.ok(Math.min(...counts) >= 1);
      assert.ok(Math.max(...counts) < 20);
    });

    it('reads what a window that died had put aside, and takes it back', async () => {
      const memory = openMemory();
      await add(memory, 'a', 1n);
      const file = await onlyHistoryFile();
      const aside = file.replace(/jsonl$/, '00000000-0000-4000-8000-000000000000.old');
      await rename(file, aside);
      await add(memory, 'a', 2n);
      assert.deepEqual(await memory.readHistory('a'), [pointAt(1n), pointAt(2n)]);
      await add(memory, 'a', ...Array.from({ length: 10_000 }, () => [3n, 4n]).flat());
      assert.deepEqual(
        (await openMemory().readHistory('a')).map(({ at }) => at),
        [1n, 2n, 3n, 4n],
      );
      assert.equal(await onlyHistoryFile(), file);
    });

    it('is whole also where another window makes the file smaller after it was looked for', async () => {
      await add(openMemory(), 'a', 1n, 2n);
      const file = await onlyHistoryFile();
      const lines = await readFile(file, 'utf8');
      const aside = file.replace(/jsonl$/, '00000000-0000-4000-8000-000000000000.old');
      const begin = async (): Promise<void> => {
        await rename(file, aside);
        await writeFile(file, lines.slice(0, lines.indexOf('\n', 1) + 1));
      };
      const end = async (): Promise<void> => {
        await writeFile(file, lines);
        await rm(aside);
      };
      const nothing = (): Promise<void> => Promise.resolve();
      for (const steps of [
        [nothing, begin, end],
        [nothing, begin, nothing, end],
        [begin, nothing, nothing, end],
      ]) {
        const points = await aroundEachListing(steps, () => openMemory().readHistory('a'));
        assert.deepEqual(points, [pointAt(1n), pointAt(2n)]);
        assert.deepEqual(steps, []);
      }
    });

    it('is read in the end also where windows make the file smaller without a pause', async () => {
      await add(openMemory(), 'a', 1n);
      const file = await onlyHistoryFile();
      const steps = Array.from({ length: 1_000 }, () => async (): Promise<void> => {
        await copyFile(file, `${file}.new`);
        await rename(`${file}.new`, file);
      });
      const points = await aroundEachListing(steps, () => openMemory().readHistory('a'));
      assert.deepEqual(points, [pointAt(1n)]);
      assert.ok(steps.length > 900);
    });

    it('is none where the file is larger than any that is written', async () => {
      await add(openMemory(), 'a', 1n);
      await using file = await open(await onlyHistoryFile(), 'a');
      await file.truncate(9 * 1024 * 1024);
      assert.deepEqual(await openMemory().readHistory('a'), []);
    });
  });

  const damages: readonly (readonly [name: string, damage: (text: string) => string])[] = [
    ['nothing', () => ''],
    ['garbage', () => '\u0000\u0001not JSON\n'],
    ['tables alone', (text) => text.slice(text.indexOf('\n') + 1)],
    ['another version', (text) => text.replace('"version":1', '"version":2')],
    ['another source', (text) => text.replace('/data/state', '/data/other')],
    ['a line without end', (text) => `${text.slice(0, -1)}${'x'.repeat(2_000_000)}`],
  ];
  for (const [name, damage] of damages) {
    it(`is no fact, and no failure, where the file holds ${name}; and is written again`, async () => {
      await keep(openMemory(), { a: factsAt(1n) });
      const file = await factsFile();
      const text = await readFile(file, 'utf8');
      assert.notEqual(damage(text), text);
      await writeFile(file, damage(text));
      assert.equal((await openMemory().readFacts()).size, 0);
      await keep(openMemory(), { b: factsAt(1n) });
      assert.deepEqual([...(await openMemory().readFacts()).keys()], ['b']);
      assert.deepEqual(log.lines, []);
    });
  }

  it('is the whole rest where one table can’t be read', async () => {
    await keep(openMemory(), { a: factsAt(1n), b: factsAt(1n), c: factsAt(1n) });
    const file = await factsFile();
    const [header = '', ...lines] = (await readFile(file, 'utf8')).split('\n');
    const damaged = lines.map((line) => line.replace('"id":"b"', '"id":7'));
    await writeFile(file, [header, ...damaged].join('\n').slice(0, -20)); // and torn at its end
    assert.deepEqual([...(await openMemory().readFacts()).keys()], ['a']);
  });

  it('leaves out a table whose facts are longer than a line may be', async () => {
    await keep(openMemory(), { ['x'.repeat(100_000)]: factsAt(1n), a: factsAt(1n) });
    assert.deepEqual([...(await openMemory().readFacts()).keys()], ['a']);
    assert.deepEqual(log.lines, []);
  });

  it('is of a bounded number of sources: the oldest go, and nothing of anybody else', async () => {
    await keep(openMemory('file:/oldest'), { a: factsAt(1n) });
    await utimes(await sourceFolder(), 1, 1);
    await mkdir(path.join(root, 'notes'));
    await utimes(path.join(root, 'notes'), 0, 0);
    for (let i = 0; i < MAX_SOURCES; i += 1) await keep(openMemory(`file:/${i}`), { a: factsAt(1n) });
    assert.equal((await readdir(root)).length, MAX_SOURCES + 1);
    assert.equal((await openMemory('file:/oldest').readFacts()).size, 0);
    assert.equal((await openMemory('file:/0').readFacts()).size, 1);
    assert.ok((await readdir(root)).includes('notes'));
  });

  it('costs one warning where the folder can’t be written, and is kept as soon as it can', async () => {
    await writeFile(root, 'in the way');
    const memory = openMemory();
    await keep(memory, { a: factsAt(1n), b: factsAt(1n), gone: factsAt(1n) });
    await add(memory, 'a', 1n);
    memory.forgetFacts(['gone']);
    await keep(memory, { b: factsAt(2n) });
    assert.equal(log.lines.length, 1);
    assert.equal((await memory.readHistory('a')).length, 1);
    assert.equal((await memory.readFacts()).get('b')?.seen?.at, 2n);
    await rm(root);
    await add(memory, 'a', 2n);
    const facts = await openMemory().readFacts();
    assert.deepEqual([...facts.keys()].sort(), ['a', 'b']);
    assert.equal(facts.get('b')?.seen?.at, 2n);
    assert.deepEqual(await openMemory().readHistory('a'), [pointAt(1n), pointAt(2n)]);
    assert.equal(log.lines.length, 1);
  });

  it('stays in a file that can’t be read for now, and what came meanwhile waits for it', async () => {
    await keep(openMemory(), { a: factsAt(1n) });
    const file = await factsFile();
    await rename(file, `${file}.aside`);
    await symlink(file, file); // opening it fails, replacing it would not
    const memory = openMemory();
    await keep(memory, { b: factsAt(1n) });
    assert.ok((await lstat(file)).isSymbolicLink());
    assert.deepEqual([...(await memory.readFacts()).keys()], ['b']);
    assert.equal(log.lines.length, 1);
    await rename(`${file}.aside`, file);
    await memory.flush();
    assert.deepEqual([...(await openMemory().readFacts()).keys()].sort(), ['a', 'b']);
  });

  it('is gone when it is forgotten, with what waited to be written', async () => {
    const memory = openMemory();
    await keep(memory, { a: factsAt(1n) });
    await add(memory, 'a', 1n);
    memory.keepFacts(new Map([['b', factsAt(1n)]]));
    await memory.forget();
    assert.deepEqual(await readdir(root), []);
    assert.equal(clock.pending, 0);
    await memory.flush();
    assert.deepEqual(await readdir(root), []);
  });
});

/** Does the next of the steps before and after each listing of a folder, while whoever asked for it waits. */
async function aroundEachListing<T>(steps: (() => Promise<void>)[], work: () => Promise<T>): Promise<T> {
  const { readdir: list } = promises;
  const listBetween = async (folder: string): Promise<string[]> => {
    await steps.shift()?.();
    const names = await list(folder);
    await steps.shift()?.();
    return names;
  };
  Object.assign(promises, { readdir: listBetween });
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Object.assign(promises, { readdir: list });
    syncBuiltinESMExports();
  }
}

/** Awaits what another process writes. */
async function untilWritten<T>(read: () => Promise<T>, isEnough: (found: T) => boolean): Promise<void> {
  while (!isEnough(await read()));
}

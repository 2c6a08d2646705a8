import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { MAX_HISTORY_POINTS, type HistoryPoint } from '../../core/tableFacts.ts';
import { fileLines } from './fileLines.ts';
import { MAX_LINE_LENGTH, beginningOfPoints, decodePoint, encodePoint } from './tableMemoryFormat.ts';

/** Files of one source, by hash of the table's id. */
export const SHARDS = 64;
/** Written in one piece, so that the system puts the lines of two processes one after the other. */
const BATCH_BYTES = 64 * 1024;
/** A file that has grown past this, or to twice of what was left of it, is made smaller. */
const COMPACT_BYTES = 256 * 1024;
/** What stays of one file then: 100 points of 150 tables, so that a source takes 64 MB, with what is added meanwhile 128. */
const KEPT_BYTES = 1024 * 1024;
/** A larger file was not written by us, and is not read. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Each is one compaction of another window that came between. */
const MAX_ATTEMPTS = 20;

/** Points of several tables. */
export type PointsById = ReadonlyMap<string, readonly HistoryPoint[]>;

/**
 * Points of the tables of one source, in files that all windows append to at any time. A file is made smaller without a lock:
 * it is put aside, what is to stay of it is appended anew, and only then it goes. Who wrote to it while it was put aside
 * notices and appends again; a point that is there twice is one.
 */
export class HistoryFiles {
  readonly #folder: string;
  /** Sizes at which files are made smaller, where that is not the usual one. */
  readonly #compactAt = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects with the system's error; some of the points may be there then. */
  async append(points: PointsById): Promise<void> {
    const shards = new Map<string, string[]>();
    for (const [id, ofTable] of points) {
      const shard = shardOf(id);
      const lines = shards.get(shard) ?? [];
      shards.set(shard, lines);
      for (const point of ofTable) lines.push(encodePoint(id, point));
    }
    for (const [shard, lines] of shards) {
      const size = await this.#append(shard, lines);
      if (size > (this.#compactAt.get(shard) ?? COMPACT_BYTES)) await this.#compact(shard);
    }
  }

  /** Points of one table, oldest first, each once; never rejects. */
  async read(id: string): Promise<readonly HistoryPoint[]> {
    const beginning = beginningOfPoints(id);
    const points: HistoryPoint[] = [];
    await this.#readShard(shardOf(id), (line) => {
      const read = line.startsWith(beginning) ? decodePoint(line) : undefined;
      if (read !== undefined) points.push(read[1]);
    });
    return latestPoints(points);
  }

  /** @returns the size of the file after it */
  async #append(shard: string, lines: readonly string[]): Promise<number> {
    let size = 0;
    for (const batch of batches(lines)) size = await this.#appendBatch(shard, batch);
    return size;
  }

  async #appendBatch(shard: string, batch: Buffer): Promise<number> {
    const file = this.#current(shard);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await using handle = await open(file, 'a', 0o600);
      const { bytesWritten } = await handle.write(batch);
      if (bytesWritten < batch.length) throw new Error('it was written in part only');
      const written = await handle.stat({ bigint: true });
      const there = await stat(file, { bigint: true }).catch(() => undefined);
      if (there?.ino === written.ino && there.dev === written.dev) return Number(written.size);
      // Put aside by another window meanwhile, which may have read it before this was in it.
    }
    throw new Error('other windows replace it again and again');
  }

  /** Never rejects: a file that can't be made smaller now is tried with the next points. */
  async #compact(shard: string): Promise<void> {
    try {
      const current = this.#current(shard);
      await rename(current, path.join(this.#folder, `${shard}.${randomUUID()}.old`));
      const aside = (await this.#files(shard)).filter((file) => file !== current);
      const points = new Map<string, HistoryPoint[]>();
      await readLines(aside, (line) => {
        const [id, point] = decodePoint(line) ?? [];
        if (id === undefined || point === undefined) return;
        const ofTable = points.get(id);
        if (ofTable === undefined) points.set(id, [point]);
        else ofTable.push(point);
      });
      const size = await this.#append(shard, linesToKeep(points));
      this.#compactAt.set(shard, Math.max(COMPACT_BYTES, 2 * size));
      await Promise.all(aside.map((file) => rm(file, { force: true })));
    } catch {
      // What was put aside is read all the same, and goes with the next time.
    }
  }

  async #readShard(shard: string, onLine: (line: string) => void): Promise<void> {
    let listed = await this.#list(shard);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const areAllRead = await readLines(listed.files, onLine);
      const before = listed;
      listed = await this.#list(shard);
      // What is gone by now, or was put aside, is in another file, that may not have been listed or not have had it all.
      if (areAllRead && listed.state === before.state) return;
    }
  }

  /** The files that there are, and a text that is another one when one of them was put aside, or is gone. Never rejects. */
  async #list(shard: string): Promise<{ readonly files: readonly string[]; readonly state: string }> {
    // Before the names: a file that is put aside in between is another one the next time.
    const current = await stat(this.#current(shard), { bigint: true }).catch(() => undefined);
    const files = await this.#files(shard).catch(() => []);
    // Numbers of files that are gone are given again.
    const identity = current && [current.dev, current.ino, current.birthtimeNs];
    return { files, state: [...files.toSorted(), ...(identity ?? [])].join('\n') };
  }

  /** The file that is appended to, and those that were put aside. */
  async #files(shard: string): Promise<readonly string[]> {
    const names = await readdir(this.#folder);
    return names.filter((name) => name.startsWith(`${shard}.`)).map((name) => path.join(this.#folder, name));
  }

  #current(shard: string): string {
    return path.join(this.#folder, `${shard}.jsonl`);
  }
}

/** The latest points, oldest first; of two of one time the one that came last. */
export function latestPoints(points: readonly HistoryPoint[]): readonly HistoryPoint[] {
  const byTime = new Map(points.map((point) => [point.at, point]));
  return [...byTime.values()].sort((a, b) => (a.at < b.at ? -1 : 1)).slice(-MAX_HISTORY_POINTS);
}

/** Two hexadecimal digits, 00 to 3f. */
function shardOf(id: string): string {
  const [byte = 0] = createHash('sha256').update(id).digest();
  return (byte % SHARDS).toString(16).padStart(2, '0');
}

/**
 * Whole lines in pieces of bounded size. Each begins with the end of a line: what is there may be one that a crash cut off.
 */
function* batches(lines: readonly string[]): Generator<Buffer> {
  let text = '\n';
  for (const line of lines) {
    if (text.length > 1 && Buffer.byteLength(text) + Buffer.byteLength(line) > BATCH_BYTES) {
      yield Buffer.from(text);
      text = '\n';
    }
    text += line;
  }
  if (text.length > 1) yield Buffer.from(text);
}

/** The latest points of each table; where they are too many, each table loses its oldest ones first. */
function linesToKeep(points: ReadonlyMap<string, readonly HistoryPoint[]>): string[] {
  const ranked = [...points].flatMap(([id, ofTable]) =>
    latestPoints(ofTable)
      .toReversed()
      .map((point, rank) => ({ rank, at: point.at, line: encodePoint(id, point) })),
  );
  ranked.sort((a, b) => a.rank - b.rank || (a.at > b.at ? -1 : 1));
  const kept: string[] = [];
  let bytes = 0;
  for (const { line } of ranked) {
    bytes += Buffer.byteLength(line);
    if (bytes > KEPT_BYTES) break;
    kept.push(line);
  }
  return kept.reverse();
}

/** @returns whether all of the files were there */
async function readLines(files: readonly string[], onLine: (line: string) => void): Promise<boolean> {
  let areAllThere = true;
  for (const name of files) {
    try {
      await using file = await open(name);
      if ((await file.stat()).size > MAX_FILE_BYTES) continue;
      for await (const lines of fileLines(file, MAX_LINE_LENGTH)) lines.forEach(onLine);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') areAllThere = false;
    }
  }
  return areAllThere;
}

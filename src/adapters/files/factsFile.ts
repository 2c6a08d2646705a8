import { randomUUID } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { mergeFacts, type TableFacts } from '../../core/tableFacts.ts';
import { errorCodeOf } from '../system/errorCode.ts';
import { fileLines } from './fileLines.ts';
import { replaceFile } from './replaceFile.ts';
import {
  MAX_LINE_LENGTH,
  decodeFacts,
  decodeFactsHeader,
  encodeFacts,
  encodeFactsHeader,
} from './tableMemoryFormat.ts';

/** 10,000 tables are about 4 MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Tables that are kept; the model takes no more either. */
const MAX_TABLES = 200_000;
/** The first line names the source by its path, 4,096 bytes at most, which JSON may write sixfold. */
const HEADER_BYTES = 32 * 1024;
/** Tables that are turned into text at once. */
const TABLES_AT_ONCE = 250;

type Facts = ReadonlyMap<string, TableFacts>;

/**
 * The facts of one source as a file that all windows replace in turn. What two windows write at the same moment ends in the
 * file with the next writing of each: a window puts all that it ever kept into a file that is not its own last one.
 */
export class FactsFile {
  readonly #file: string;
  readonly #sourceId: string;
  readonly #mine = new Map<string, TableFacts>();
  /** What the file held when this window last read or wrote it. */
  #known: { readonly written: string; readonly facts: Facts } | undefined;

  constructor(file: string, sourceId: string) {
    this.#file = file;
    this.#sourceId = sourceId;
  }

  /** What the file holds; nothing where it can't be read or is of something else. Never rejects. */
  async read(): Promise<Facts> {
    try {
      return await this.#read();
    } catch {
      return new Map();
    }
  }

  /**
   * Puts facts into the file. Later ones of other windows stay. Rejects with the system's error, also where the file is
   * there and can't be read now: what it holds would be lost.
   *
   * @param gone ids that nothing is kept of any more
   * @returns how many tables did not fit
   */
  async write(facts: Facts, gone: Iterable<string>): Promise<number> {
    const before = this.#known;
    const there = await this.#read();
    for (const id of gone) this.#mine.delete(id);
    for (const [id, one] of facts) this.#mine.set(id, one);
    const next = new Map(there);
    // What this window itself had written it may also put back: a clock that was wrong goes backwards once.
    if (there === before?.facts) for (const [id, one] of facts) next.set(id, one);
    else {
      for (const [id, one] of this.#mine) {
        const other = there.get(id);
        next.set(id, other === undefined ? one : mergeFacts(one, other));
      }
    }
    for (const id of gone) next.delete(id);
    const written = randomUUID();
    const count = { left: next.size };
    await replaceFile(this.#file, encode({ sourceId: this.#sourceId, written }, next, count));
    this.#known = { written, facts: next };
    return count.left;
  }

  /** What the file holds; nothing where there is none, or one that is not ours. Rejects with the system's error. */
  async #read(): Promise<Facts> {
    const opened = await this.#open();
    if (opened === undefined) return new Map();
    await using file = opened;
    if ((await file.stat()).size > MAX_FILE_BYTES) return new Map();
    const written = await this.#writtenOf(file);
    if (written === undefined) return new Map();
    if (this.#known?.written !== written) this.#known = { written, facts: await readTables(file) };
    return this.#known.facts;
  }

  async #open(): Promise<FileHandle | undefined> {
    try {
      return await open(this.#file);
    } catch (error) {
      if (errorCodeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Names the writing that the file is of; `undefined` where it is no file of this source. */
  async #writtenOf(file: FileHandle): Promise<string | undefined> {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEADER_BYTES), position: 0 });
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
    const header = decodeFactsHeader(line);
    return header?.sourceId === this.#sourceId ? header.written : undefined;
  }
}

async function readTables(file: FileHandle): Promise<Facts> {
  const tables = new Map<string, TableFacts>();
  let isHeader = true;
  for await (const lines of fileLines(file, MAX_LINE_LENGTH)) {
    for (const line of lines) {
      const read = isHeader ? undefined : decodeFacts(line);
      isHeader = false;
      if (read !== undefined && tables.size < MAX_TABLES) tables.set(...read);
    }
  }
  return tables;
}

function* encode(
  header: { readonly sourceId: string; readonly written: string },
  facts: Facts,
  count: { left: number },
): Generator<string> {
  let piece = encodeFactsHeader(header);
  let bytes = 0;
  let tables = 0;
  for (const [id, one] of facts) {
    const line = encodeFacts(id, one);
    bytes += Buffer.byteLength(line);
    if (bytes > MAX_FILE_BYTES - HEADER_BYTES || tables >= MAX_TABLES) break;
    piece += line;
    count.left -= 1;
    tables += 1;
    if (tables % TABLES_AT_ONCE !== 0) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

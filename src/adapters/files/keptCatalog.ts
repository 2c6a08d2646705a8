import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import type { EpochMicros } from '../../core/time.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { KeptSnapshot } from '../../ports/earlierCatalogs.ts';
import type { Log } from '../../ports/log.ts';
import type { CatalogRow } from '../../ports/tableStore.ts';
import { fileLines } from './fileLines.ts';
import {
  MAX_LINE_LENGTH,
  decodeHeader,
  decodeRow,
  encodeCatalog,
  type KeptHeader,
} from './keptCatalogFormat.ts';
import { keepNewest } from './keepNewest.ts';
import { replaceFile } from './replaceFile.ts';

/** Files in the folder, one a source; the oldest go. */
export const MAX_KEPT_FILES = 20;
/** 10,000 tables are about 5 MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** The first line names the source by its path, 4,096 bytes at most, which JSON may write sixfold. */
const HEADER_BYTES = 32 * 1024;
const DISTANCE_MS = 60_000;
/** Kept catalogs, and drafts that a crash left. */
const OUR_FILE = /^[0-9a-f]{64}\.jsonl(\.[0-9a-f-]{36}\.tmp)?$/;

/**
 * The last catalog that was read from one source, as a file in a folder that all windows share. What is read back is taken
 * for anybody's: what is not wholly a catalog of this version is none.
 */
export class KeptCatalog {
  readonly #folder: string;
  readonly #file: string;
  readonly #sourceId: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #held: KeptSnapshot | undefined;
  #cancelTimer: CancelTimer | undefined;
  /** Monotonic. */
  #writtenAtMs: number | undefined;
  #writing: Promise<void> = Promise.resolve();
  #pruned = false;
  /** A warning is written once for as long as it goes on failing. */
  #warned = false;

  constructor(folder: string, sourceId: string, clock: Clock, log: Log) {
    this.#folder = folder;
    this.#file = path.join(folder, `${createHash('sha256').update(sourceId).digest('hex')}.jsonl`);
    this.#sourceId = sourceId;
    this.#clock = clock;
    this.#log = log;
  }

  /** Writes the first catalog at once, and at most one a minute after it: the latest by then. Never throws. */
  keep(catalog: KeptSnapshot): void {
    this.#held = catalog;
    if (this.#cancelTimer !== undefined) return;
    const sinceMs = this.#clock.monotonicMs() - (this.#writtenAtMs ?? -Infinity);
    if (sinceMs >= DISTANCE_MS) this.#writeHeld();
    else this.#cancelTimer = this.#clock.after(DISTANCE_MS - sinceMs, () => this.#writeHeld());
  }

  /** Writes what waits, and resolves when nothing is being written any more; never rejects. */
  async flush(): Promise<void> {
    this.#writeHeld();
    await this.#writing;
  }

  /** Removes what is kept, and what waits to be; never rejects. */
  async forget(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#held = undefined;
    await this.#writing;
    await rm(this.#file, { force: true }).catch((error: unknown) => {
      this.#log.warn(`a kept snapshot could not be removed: ${String(error)}`);
    });
  }

  /** When the kept catalog was read, from its first line alone. `undefined` where there is none; never rejects. */
  async takenAt(): Promise<EpochMicros | undefined> {
    try {
      await using file = await open(this.#file);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(HEADER_BYTES), position: 0 });
      const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1);
      return this.#header(line).readAt;
    } catch {
      return undefined;
    }
  }

  /** `undefined` where there is none, or only what is not wholly one; never rejects. */
  async read(): Promise<KeptSnapshot | undefined> {
    try {
      await using file = await open(this.#file);
      if ((await file.stat()).size > MAX_FILE_BYTES) return undefined;
      return await this.#decode(fileLines(file, MAX_LINE_LENGTH, 'required'));
    } catch {
      return undefined;
    }
  }

  async #decode(pieces: AsyncIterable<readonly string[]>): Promise<KeptSnapshot | undefined> {
    let header: KeptHeader | undefined;
    const rows: CatalogRow[] = [];
    for await (const lines of pieces) {
      const [first, ...rest] = lines;
      if (first === undefined) continue;
      const rowLines = header === undefined ? rest : lines;
      header ??= this.#header(first);
      for (const line of rowLines) rows.push(decodeRow(line));
    }
    if (header?.rows !== rows.length) return undefined;
    const { readAt, policy } = header;
    return { readAt, rows, writeObstacle: undefined, ...(policy === undefined ? {} : { policy }) };
  }

  #header(line: string): KeptHeader {
    const header = decodeHeader(line);
    if (header.sourceId !== this.#sourceId) throw new Error('of another source');
    return header;
  }

  #writeHeld(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const catalog = this.#held;
    if (catalog === undefined) return;
    this.#held = undefined;
    this.#writtenAtMs = this.#clock.monotonicMs();
    this.#writing = this.#writing.then(() => this.#write(catalog));
  }

  async #write(catalog: KeptSnapshot): Promise<void> {
    try {
      if (await this.#isOvertaken(catalog)) return;
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await replaceFile(this.#file, bounded(encodeCatalog(this.#sourceId, catalog)));
      this.#warned = false;
      // Other windows prune it too, so that a file may be gone by the time it is looked at.
      if (!this.#pruned) await keepNewest(this.#folder, OUR_FILE, MAX_KEPT_FILES).catch(() => undefined);
      this.#pruned = true;
    } catch (error) {
      if (!this.#warned) this.#log.warn(`the last snapshot is not kept: ${String(error)}`);
      this.#warned = true;
    }
  }

  /** Another window has kept a later one meanwhile. One that is ahead of the clock is of a time when the clock was wrong. */
  async #isOvertaken({ readAt }: KeptSnapshot): Promise<boolean> {
    const keptAt = await this.takenAt();
    return keptAt !== undefined && keptAt > readAt && keptAt <= this.#clock.now();
  }
}

function* bounded(pieces: Iterable<string>): Generator<string> {
  let bytes = 0;
  for (const piece of pieces) {
    bytes += Buffer.byteLength(piece);
    if (bytes > MAX_FILE_BYTES) throw new Error('it is too large');
    yield piece;
  }
}

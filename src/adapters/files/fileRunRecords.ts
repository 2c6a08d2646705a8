import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { FailureReason } from '../../core/failure.ts';
import type { RunRecord } from '../../core/runSummary.ts';
import type { Log } from '../../ports/log.ts';
import type { RunRecords } from '../../ports/runRecords.ts';

/** Runs that are kept. */
export const MAX_RECORDS = 100;
/** A file above this was not written by us, and is not read. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const FILE = 'runs.jsonl';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const micros = v.pipe(
  v.string(),
  v.regex(/^-?\d{1,20}$/),
  v.transform((text) => BigInt(text)),
);
// Reasons of later versions pass: they are shown by the words for the unexpected.
const reason = v.pipe(
  v.string(),
  v.maxLength(64),
  v.transform((text) => text as FailureReason),
);
const recordSchema = v.object({
  summary: v.object({
    runId: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
    startedAt: micros,
    durationMs: count,
    trigger: v.picklist(['command', 'timer']),
    endedBy: v.nullable(reason),
    total: count,
    succeeded: count,
    noData: count,
    failed: count,
    notAttempted: count,
    cancelled: count,
    notStored: count,
  }),
  endedAt: micros,
  failures: v.array(v.object({ tableId: v.string(), reason })),
});

/**
 * Run records as bounded JSON lines in the state folder of one shared file, replaced by rename. A folder that can't be
 * written costs one warning; the records are then kept in memory.
 */
export class FileRunRecords implements RunRecords {
  readonly #file: string;
  readonly #log: Log;
  #memory: readonly RunRecord[] | undefined;

  constructor(folder: string, log: Log) {
    this.#file = path.join(folder, FILE);
    this.#log = log;
  }

  async read(): Promise<readonly RunRecord[]> {
    return this.#memory ?? (await this.#readFile());
  }

  async append(record: RunRecord): Promise<void> {
    const records = [...(await this.read()), record].slice(-MAX_RECORDS);
    if (this.#memory !== undefined) {
      this.#memory = records;
      return;
    }
    const temporary = `${this.#file}.${randomUUID()}.tmp`;
    try {
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFile(temporary, records.map(encode).join(''), { mode: 0o600 });
      await rename(temporary, this.#file);
    } catch (error) {
      this.#log.warn(`run history is kept in memory only: ${String(error)}`);
      this.#memory = records;
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  async #readFile(): Promise<readonly RunRecord[]> {
    const text = await this.#readText();
    return text.split('\n').flatMap(decode).slice(-MAX_RECORDS);
  }

  async #readText(): Promise<string> {
    try {
      await using file = await open(this.#file);
      const { size } = await file.stat();
      return size > MAX_FILE_BYTES ? '' : await file.readFile('utf8');
    } catch {
      return ''; // nothing recorded yet, or not readable: as if nothing had run
    }
  }
}

function encode(record: RunRecord): string {
  const text = JSON.stringify(record, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return `${text}\n`;
}

/** A line that is not a record, for whatever reason, is passed over. */
function decode(line: string): RunRecord[] {
  try {
    return [v.parse(recordSchema, JSON.parse(line))];
  } catch {
    return [];
  }
}

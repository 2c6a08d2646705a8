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
    coversAll: v.boolean(),
    endedBy: v.nullable(reason),
    total: count,
    succeeded: count,
    noData: count,
    failed: count,
    notAttempted: count,
    cancelled: count,
    notStored: count,
    unanswered: count,
  }),
  endedAt: micros,
  failures: v.array(v.object({ tableId: v.string(), reason })),
});

/**
 * Run records as bounded JSON lines in the state folder of one shared file, replaced by rename. What can't be written is
 * kept in memory, with one warning for as long as it goes on failing, and is in the file with the next one that can be.
 */
export class FileRunRecords implements RunRecords {
  readonly #file: string;
  readonly #log: Log;
  /** Records that are not in the file yet, oldest first. */
  #unwritten: readonly RunRecord[] = [];

  constructor(folder: string, log: Log) {
    this.#file = path.join(folder, FILE);
    this.#log = log;
  }

  async read(): Promise<readonly RunRecord[]> {
    return merged(await this.#readFile(), this.#unwritten);
  }

  async append(record: RunRecord): Promise<void> {
    const records = [...(await this.read()), record].slice(-MAX_RECORDS);
    const temporary = `${this.#file}.${randomUUID()}.tmp`;
    try {
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFile(temporary, records.map(encode).join(''), { mode: 0o600 });
      await rename(temporary, this.#file);
      this.#unwritten = [];
    } catch (error) {
      if (this.#unwritten.length === 0) {
        this.#log.warn(`run history is kept in memory only: ${String(error)}`);
      }
      this.#unwritten = [...this.#unwritten, record].slice(-MAX_RECORDS);
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

/** What the file holds with what it does not hold yet, in the order in which the runs ended. */
function merged(filed: readonly RunRecord[], unwritten: readonly RunRecord[]): readonly RunRecord[] {
  if (unwritten.length === 0) return filed;
  const known = new Set(filed.map(({ summary }) => summary.runId));
  const missing = unwritten.filter(({ summary }) => !known.has(summary.runId));
  return [...filed, ...missing]
    .sort((a, b) => (a.endedAt < b.endedAt ? -1 : a.endedAt > b.endedAt ? 1 : 0))
    .slice(-MAX_RECORDS);
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

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { RunRecord } from '../../core/runSummary.ts';
import type { Log } from '../../ports/log.ts';
import type { RunRecords } from '../../ports/runRecords.ts';
import { readSmallFile } from './readSmallFile.ts';
import { replaceFile } from './replaceFile.ts';
import { runRecordSchema } from './runRecordSchema.ts';

/** Runs that are kept. */
export const MAX_RECORDS = 100;
/**
 * A file above this was not written by us, and is not read. One record has 4.5 MB at most: 50 changes of 44 names of 300
 * characters, and 200 failures, with every character escaped.
 */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const FILE = 'runs.jsonl';

/**
 * Run records as bounded JSON lines in the state folder of one shared file, replaced by rename. What can't be written is
 * kept in memory, with one warning for as long as it goes on failing, and is in the file with the next one that can be.
 */
export class FileRunRecords implements RunRecords {
  readonly #file: string;
  readonly #log: Log;
  /** Records that are not in the file yet, oldest first. */
  #unwritten: readonly RunRecord[] = [];
  #warned = false;

  constructor(folder: string, log: Log) {
    this.#file = path.join(folder, FILE);
    this.#log = log;
  }

  async read(): Promise<readonly RunRecord[]> {
    return merged(await this.#readFile(), this.#unwritten);
  }

  async append(record: RunRecord, mayWrite: boolean): Promise<void> {
    if (!mayWrite) {
      this.#unwritten = withRecord(this.#unwritten, record);
      return;
    }
    const records = withRecord(await this.read(), record);
    try {
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      await replaceFile(this.#file, latestThatFit(records.map(encode)).join(''));
      this.#unwritten = [];
      this.#warned = false;
    } catch (error) {
      if (!this.#warned) this.#log.warn(`run history is kept in memory only: ${String(error)}`);
      this.#warned = true;
      this.#unwritten = withRecord(this.#unwritten, record);
    }
  }

  async #readFile(): Promise<readonly RunRecord[]> {
    // Nothing recorded yet, or nothing of ours: as if nothing had run.
    const text = (await readSmallFile(this.#file, MAX_FILE_BYTES)) ?? '';
    return text.split('\n').flatMap(decode).slice(-MAX_RECORDS);
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

/** A record of a run that is there already takes its place: what was stored late changes what the run came to. */
function withRecord(records: readonly RunRecord[], record: RunRecord): readonly RunRecord[] {
  const { runId } = record.summary;
  const position = records.findIndex(({ summary }) => summary.runId === runId);
  return position < 0 ? [...records, record].slice(-MAX_RECORDS) : records.with(position, record);
}

function encode(record: RunRecord): string {
  const text = JSON.stringify(record, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return `${text}\n`;
}

/** The last lines that a file may have together. */
function latestThatFit(lines: readonly string[]): readonly string[] {
  let bytes = 0;
  const overflow = lines.findLastIndex((line) => {
    bytes += Buffer.byteLength(line);
    return bytes > MAX_FILE_BYTES;
  });
  return lines.slice(overflow + 1);
}

/** A line that is not a record, for whatever reason, is passed over. */
function decode(line: string): RunRecord[] {
  try {
    return [v.parse(runRecordSchema, JSON.parse(line))];
  } catch {
    return [];
  }
}

import { watch, type FSWatcher } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { Disposable } from '../../core/disposable.ts';
import { hasDate } from '../../core/time.ts';
import type { Announcement, RunBoard } from '../../ports/runBoard.ts';
import { MAX_ANNOUNCED_TABLES } from '../../ports/runBoard.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { identityOfProcess, isRunning, type ProcessIdentity } from '../system/processes.ts';
import { count, micros, runIdText } from './jsonFields.ts';
import { readSmallFile } from './readSmallFile.ts';
import { replaceFile } from './replaceFile.ts';

const FILE = 'run.json';
/** A file above this was not written by us, and is not read. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_TEXT = 300;
/** A rename is several events. */
const SETTLE_MS = 20;

const boundedText = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const announcementSchema = v.object({
  kind: v.picklist(['run', 'table']),
  runId: runIdText,
  // A time that no calendar can show was not written by us, and could not be told.
  startedAt: v.pipe(micros, v.check(hasDate)),
  trigger: v.picklist(['command', 'timer']),
  coversAll: v.boolean(),
  window: boundedText,
  done: count,
  total: v.nullable(count),
  tableIds: v.pipe(v.array(boundedText), v.maxLength(MAX_ANNOUNCED_TABLES)),
  pid: count,
});
const boardSchema = v.union([
  v.object({ ended: v.literal(true), runId: runIdText }),
  v.object({
    ended: v.literal(false),
    announcement: announcementSchema,
    holder: v.object({ pid: count, started: v.nullable(boundedText) }),
  }),
]);

export interface FileRunBoardOptions {
  /** Folder of the OS user's state for one shared file. */
  readonly folder: string;
  /** Makes the folder ready; rejects where that can't be. */
  readonly prepareFolder: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The announcement of one shared file as a small JSON file beside the lock, replaced by rename. It is written by the holder
 * of the lock; when its process is gone it counts no more, whatever it says.
 */
export class FileRunBoard implements RunBoard {
  readonly #options: FileRunBoardOptions;
  readonly #file: string;
  #holder: ProcessIdentity | undefined;
  #warned = false;

  constructor(options: FileRunBoardOptions) {
    this.#options = options;
    this.#file = path.join(options.folder, FILE);
  }

  async read(): Promise<Announcement | undefined> {
    const board = await this.#readFile();
    if (board === undefined || board.ended) return undefined;
    return (await isRunning(board.holder)) ? board.announcement : undefined;
  }

  async post(announcement: Announcement): Promise<void> {
    if (this.#holder?.pid !== announcement.pid) this.#holder = await identityOfProcess(announcement.pid);
    await this.#write({ ended: false, announcement: bounded(announcement), holder: this.#holder });
  }

  async end(runId: string): Promise<void> {
    this.#holder = undefined;
    // No file tells as much, where none can be written: on a full disk the old one would say "on" for as long as we live.
    if (!(await this.#write({ ended: true, runId })))
      await rm(this.#file, { force: true }).catch(() => undefined);
  }

  watch(onChange: () => void): Disposable {
    const { folder, prepareFolder, clock } = this.#options;
    let watcher: FSWatcher | undefined;
    let cancelTimer: CancelTimer | undefined;
    let disposed = false;
    const settle = (): void => {
      cancelTimer ??= clock.after(SETTLE_MS, () => {
        cancelTimer = undefined;
        onChange();
      });
    };
    const start = async (): Promise<void> => {
      await prepareFolder();
      if (disposed) return;
      watcher = watch(folder, { persistent: false }, (_event, changed) => {
        if (changed === null || changed === FILE) settle();
      });
      watcher.on('error', () => watcher?.close());
      settle(); // what was told before anybody listened
    };
    // Without it the runs of other windows show when this one wants to run; nothing else hangs on it.
    start().catch(() => undefined);
    return {
      dispose: () => {
        disposed = true;
        cancelTimer?.();
        watcher?.close();
      },
    };
  }

  async #readFile(): Promise<v.InferOutput<typeof boardSchema> | undefined> {
    const text = await readSmallFile(this.#file, MAX_FILE_BYTES);
    if (text === undefined) return undefined;
    try {
      return v.parse(boardSchema, JSON.parse(text));
    } catch {
      return undefined; // garbage announces nothing: the lock decides
    }
  }

  /** @returns whether it was written; warned of once */
  async #write(board: unknown): Promise<boolean> {
    const text = JSON.stringify(board, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    try {
      await replaceFile(this.#file, text);
      this.#warned = false;
      return true;
    } catch (thrown) {
      if (!this.#warned) {
        this.#options.log.warn(`other windows are not told of this refresh: ${String(thrown)}`);
      }
      this.#warned = true;
      return false;
    }
  }
}

function bounded(announcement: Announcement): Announcement {
  return {
    ...announcement,
    window: announcement.window.slice(0, MAX_TEXT),
    tableIds: announcement.tableIds.filter((id) => id.length <= MAX_TEXT).slice(0, MAX_ANNOUNCED_TABLES),
  };
}

import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { HistoryPoint, TableFacts } from '../../core/tableFacts.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { TableMemoryStore } from '../../ports/tableMemoryStore.ts';
import { FactsFile } from './factsFile.ts';
import { HistoryFiles, latestPoints } from './historyFiles.ts';
import { keepNewest } from './keepNewest.ts';

/** Sources that something is remembered of; the one that was written longest ago goes. */
export const MAX_SOURCES = 20;
const OUR_FOLDER = /^[0-9a-f]{64}$/;
/** What comes within it is written at once. */
const WRITE_AFTER_MS = 3_000;
/** Points that wait for a folder that can't be written; above it they are dropped. */
const MAX_WAITING_POINTS = 100_000;

/** What waits to be written. */
interface Waiting {
  readonly facts: Map<string, TableFacts>;
  readonly gone: Set<string>;
  readonly points: Map<string, HistoryPoint[]>;
}

/**
 * What is remembered of one source, as a folder of its own in one that all windows share: the facts as one file, the history
 * in several. What can't be written waits in memory for the next time, with one warning for as long as it goes on failing.
 */
export class FileTableMemory implements TableMemoryStore {
  readonly #root: string;
  readonly #folder: string;
  readonly #historyFolder: string;
  readonly #facts: FactsFile;
  readonly #history: HistoryFiles;
  readonly #clock: Clock;
  readonly #log: Log;
  #waiting: Waiting = nothingWaits();
  /** What is being written. */
  #underWay: Waiting = nothingWaits();
  #cancelTimer: CancelTimer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #pruned = false;
  #warned = false;

  /** @param root folder of all sources; it need not be there */
  constructor(root: string, sourceId: string, clock: Clock, log: Log) {
    this.#root = root;
    this.#folder = path.join(root, createHash('sha256').update(sourceId).digest('hex'));
    this.#historyFolder = path.join(this.#folder, 'history');
    this.#facts = new FactsFile(path.join(this.#folder, 'facts.jsonl'), sourceId);
    this.#history = new HistoryFiles(this.#historyFolder);
    this.#clock = clock;
    this.#log = log;
  }

  async readFacts(): Promise<ReadonlyMap<string, TableFacts>> {
    await this.#writing;
    const kept = await this.#facts.read();
    const { facts, gone } = this.#waiting;
    if (facts.size === 0 && gone.size === 0) return kept;
    const all = new Map([...kept, ...facts]);
    for (const id of gone) all.delete(id);
    return all;
  }

  keepFacts(facts: ReadonlyMap<string, TableFacts>): void {
    for (const [id, one] of facts) {
      this.#waiting.facts.set(id, one);
      this.#waiting.gone.delete(id);
    }
    this.#plan();
  }

  forgetFacts(tableIds: readonly string[]): void {
    for (const id of tableIds) {
      this.#waiting.facts.delete(id);
      this.#waiting.gone.add(id);
    }
    this.#plan();
  }

  addHistory(points: ReadonlyMap<string, HistoryPoint>): void {
    for (const [id, point] of points) {
      const ofTable = this.#waiting.points.get(id);
      if (ofTable === undefined) this.#waiting.points.set(id, [point]);
      else if (ofTable.at(-1)?.at !== point.at) ofTable.push(point);
    }
    this.#plan();
  }

  async readHistory(tableId: string): Promise<readonly HistoryPoint[]> {
    const held = (): readonly HistoryPoint[] =>
      [this.#underWay, this.#waiting].flatMap(({ points }) => points.get(tableId) ?? []);
    // Looked at first: what is written meanwhile is in the files then, and twice is once.
    const heldBefore = held();
    return latestPoints([...(await this.#history.read(tableId)), ...heldBefore, ...held()]);
  }

  async flush(): Promise<void> {
    this.#writeWaiting();
    await this.#writing;
  }

  /** Removes what is kept, and what waits to be; never rejects. */
  async forget(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#waiting = nothingWaits();
    await this.#writing;
    this.#waiting = nothingWaits(); // what could not be written waited again
    await rm(this.#folder, { recursive: true, force: true }).catch((error: unknown) => {
      this.#log.warn(`what is remembered of tables could not be removed: ${String(error)}`);
    });
  }

  #plan(): void {
    this.#cancelTimer ??= this.#clock.after(WRITE_AFTER_MS, () => this.#writeWaiting());
  }

  #writeWaiting(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const writing = this.#waiting;
    const { facts, gone, points } = writing;
    if (facts.size === 0 && gone.size === 0 && points.size === 0) return;
    this.#underWay = writing;
    this.#waiting = nothingWaits();
    try {
      await mkdir(this.#historyFolder, { recursive: true, mode: 0o700 });
      // Before the facts: a refresh that they know of is not noted in the history any more.
      await this.#history.append(points);
      points.clear();
      const left = facts.size === 0 && gone.size === 0 ? 0 : await this.#facts.write(facts, gone);
      if (left > 0) this.#warn(`${left} tables are too many`);
      else this.#warned = false;
      // Other windows prune it too, so that a folder may be gone by the time it is looked at.
      if (!this.#pruned) await keepNewest(this.#root, OUR_FOLDER, MAX_SOURCES).catch(() => undefined);
      this.#pruned = true;
    } catch (error) {
      this.#warn(String(error));
      this.#putBack(writing);
    } finally {
      this.#underWay = nothingWaits();
    }
  }

  #warn(why: string): void {
    if (!this.#warned) this.#log.warn(`what is remembered of tables is not kept: ${why}`);
    this.#warned = true;
  }

  /** What came meanwhile is later than it. */
  #putBack({ facts, gone, points }: Waiting): void {
    const later = this.#waiting;
    const waiting: Waiting = { facts: new Map(facts), gone: new Set(gone), points: new Map(points) };
    for (const id of later.gone) waiting.facts.delete(id);
    for (const id of later.facts.keys()) waiting.gone.delete(id);
    for (const [id, one] of later.facts) waiting.facts.set(id, one);
    for (const id of later.gone) waiting.gone.add(id);
    for (const [id, ofTable] of later.points) {
      waiting.points.set(id, [...(waiting.points.get(id) ?? []), ...ofTable]);
    }
    let count = 0;
    for (const ofTable of waiting.points.values()) count += ofTable.length;
    if (count > MAX_WAITING_POINTS) waiting.points.clear();
    this.#waiting = waiting;
  }
}

function nothingWaits(): Waiting {
  return { facts: new Map(), gone: new Set(), points: new Map() };
}

import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { Announcement, RunBoard } from '../../ports/runBoard.ts';
import type { WriteRight } from './writeRight.ts';

/** How often other windows are told of progress at most. */
const POST_DISTANCE_MS = 250;

/**
 * Tells other windows what this one does, at a bounded rate, until it is over. Only the holder of the lock does: without it,
 * what stands there may be another window's by now.
 */
export class RunAnnouncer {
  readonly #board: RunBoard;
  readonly #clock: Clock;
  readonly #announcement: () => Announcement;
  #posting: Promise<void> = Promise.resolve();
  #cancelTimer: CancelTimer | undefined;
  #ended = false;

  /** @param announcement what to tell, as it stands when it is called */
  constructor(board: RunBoard, clock: Clock, right: WriteRight, announcement: () => Announcement) {
    this.#board = board;
    this.#clock = clock;
    this.#announcement = announcement;
    // What stands there names a process that is gone: others would take the flight for ended.
    right.onRetaken(() => {
      if (!this.#ended) this.#post();
    });
  }

  /** Tells now, so that whoever comes next finds it. */
  async begin(): Promise<void> {
    this.#post();
    await this.#posting;
  }

  /** Something changed: told soon. */
  changed(): void {
    if (this.#ended) return;
    this.#cancelTimer ??= this.#clock.after(POST_DISTANCE_MS, () => {
      this.#cancelTimer = undefined;
      this.#post();
    });
  }

  /** Tells that it is over; comes before the lock is freed. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#cancelTimer?.();
    await this.#posting;
    const { runId, pid } = this.#announcement();
    if (pid !== 0) await this.#board.end(runId);
  }

  #post(): void {
    this.#posting = this.#posting.then(() => {
      const announcement = this.#announcement();
      return announcement.pid === 0 ? undefined : this.#board.post(announcement);
    });
  }
}

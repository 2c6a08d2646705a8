import { existsSync, readFileSync } from 'node:fs';

const KILOBYTES_PER_MEGABYTE = 1_024;

/** Resident memory of some processes together, in megabytes (proc_pid_status(5)); those that are gone have none. */
export function residentMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentMbOf(pid), 0);
}

function residentMbOf(pid: number): number {
  try {
    const [, kilobytes = '0'] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / KILOBYTES_PER_MEGABYTE;
  } catch {
    return 0;
  }
}

const LOOK_MS = 20;

/** Resolves when the process is gone; nobody but its parent is told, so it is looked at. */
export async function untilGone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

/** Looks at the memory of some processes all the time, from outside: what blocks them hides nothing. */
export class MemoryWatch {
  readonly #timer: NodeJS.Timeout;
  #peakMb = 0;

  constructor(pids: readonly number[]) {
    this.#timer = setInterval(() => {
      this.#peakMb = Math.max(this.#peakMb, residentMb(pids));
    }, LOOK_MS).unref();
  }

  /** @returns the most that they had together, in megabytes */
  end(): number {
    clearInterval(this.#timer);
    return this.#peakMb;
  }
}

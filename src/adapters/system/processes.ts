import { readFile } from 'node:fs/promises';

/** Tells two processes apart that get the same id one after the other. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the system says that it started, in units of its own; `null` where it does not say. */
  readonly started: string | null;
}

/** Identity of a running process. */
export async function identityOfProcess(pid: number): Promise<ProcessIdentity> {
  return { pid, started: (await statOf(pid))?.started ?? null };
}

/**
 * Whether the process is still there. Without /proc, another one that was given the same id is taken for it: the lock
 * decides, this only says when to look at it.
 */
export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  if (pid < 1) return false; // to the system, 0 and less are groups of processes
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // Somebody else's process is one all the same.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM')) return false;
  }
  const found = await statOf(pid);
  if (found === undefined) return true;
  // A zombie has given back its locks; its parent has only not looked yet.
  return found.state !== 'Z' && (started === null || found.started === started);
}

/** State and start time from Linux's /proc (proc_pid_stat(5)); `undefined` where there is none. */
async function statOf(
  pid: number,
): Promise<{ readonly state: string; readonly started: string } | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold spaces and brackets itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

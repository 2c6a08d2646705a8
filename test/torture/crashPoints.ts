/** Which process of a window dies. */
export type Victim = 'host' | 'child';

/** A named point of a run: in the child where DuckDB is at work, in the window where everything else is. */
export interface CrashPoint {
  /** What the run is about then, for the report. */
  readonly phase: 'lock' | 'catalog' | 'fetch' | 'transaction' | 'commit' | 'checkpoint' | 'run record';
  readonly name: string;
  /** The how manieth time that the point is reached. */
  readonly nth: number;
  readonly victim: Victim;
}

function point(victim: Victim, phase: CrashPoint['phase'], name: string, nth = 1): CrashPoint {
  return { victim, phase, name, nth };
}

/** Requests before the kill in the middle of fetching. */
const MIDDLE = 20;

/**
 * Reading the catalog reaches `opened`, `reading`, `checkpointed`; each store reaches `opened`, `written`, `committed`,
 * `checkpointed`.
 */
export const CRASH_POINTS: readonly CrashPoint[] = [
  point('child', 'lock', 'lockTaken'),
  point('child', 'catalog', 'opened'),
  point('child', 'catalog', 'reading'),
  point('child', 'fetch', 'fetch'),
  point('child', 'fetch', 'fetch', MIDDLE),
  point('child', 'transaction', 'opened', 2),
  point('child', 'transaction', 'written'),
  point('child', 'transaction', 'written', 2),
  point('child', 'commit', 'committed'),
  point('child', 'commit', 'committed', 2),
  point('child', 'checkpoint', 'checkpointed', 2),
  point('child', 'run record', 'recordBefore'),
  point('host', 'lock', 'lockTaken'),
  point('host', 'catalog', 'announced'),
  point('host', 'fetch', 'fetch'),
  point('host', 'fetch', 'fetch', MIDDLE),
  point('host', 'transaction', 'written'),
  point('host', 'commit', 'committed'),
  point('host', 'checkpoint', 'checkpointed', 2),
  point('host', 'run record', 'recordBefore'),
  point('host', 'run record', 'recordAfter'),
  point('host', 'run record', 'ended'),
];

/** Text for the environment of the two processes. */
export function encodePoint({ victim, name, nth }: Pick<CrashPoint, 'victim' | 'name' | 'nth'>): string {
  return `${victim} ${name} ${nth}`;
}

/** Calls `kill` when this is the point, the nth time that it is reached. */
export function crashAt(encoded: string | undefined, kill: (victim: Victim) => void): (name: string) => void {
  const [victim, wanted, nth] = encoded?.split(' ') ?? [];
  let times = 0;
  return (name) => {
    if (name !== wanted) return;
    times += 1;
    if (times === Number(nth)) kill(victim === 'host' ? 'host' : 'child');
  };
}

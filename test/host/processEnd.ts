import { constants } from 'node:os';

/** What has to go when this process ends. */
export interface Ending {
  /** Ends it properly; used when a signal asks for the end. */
  dispose(): Promise<void>;
  /** Ends it at once and synchronously: the last resort, when the process is exiting. */
  force(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm, a terminal and a parent may each deliver the same Ctrl-C: only a later one means "now". */
const SECOND_SIGNAL_MS = 1_000;
const PARENT_CHECK_MS = 1_000;

const endings = new Set<Ending>();
let installed = false;
let firstSignalAtMs: number | undefined;

/**
 * Makes sure that `ending` happens however this process ends, except by SIGKILL.
 * Returns a function that takes it back, for when it was ended in the ordinary way.
 */
export function whenProcessEnds(ending: Ending): () => void {
  install();
  endings.add(ending);
  return () => endings.delete(ending);
}

/** Ends this process when the one that started it is gone, even if that one was killed. */
export function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) endGracefully('SIGHUP');
  }, PARENT_CHECK_MS).unref();
}

/** Whether a signal has asked for the end, so that what ends now was ended. */
export function isEnding(): boolean {
  return firstSignalAtMs !== undefined;
}

function install(): void {
  if (installed) return;
  installed = true;
  for (const name of SIGNALS) process.on(name, () => endGracefully(name));
  process.once('exit', () => {
    for (const ending of endings) ending.force();
  });
}

function endGracefully(signal: NodeJS.Signals): void {
  const exit = (): never => process.exit(128 + constants.signals[signal]);
  const nowMs = performance.now();
  if (firstSignalAtMs !== undefined) {
    if (nowMs - firstSignalAtMs > SECOND_SIGNAL_MS) exit();
    return;
  }
  firstSignalAtMs = nowMs;
  void Promise.allSettled([...endings].map(async (ending) => ending.dispose())).then(exit);
}

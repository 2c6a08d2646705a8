import { spawn, type ChildProcess } from 'node:child_process';
import { ROOT } from './places.ts';
import { whenProcessEnds } from './processEnd.ts';

/** After this a step hangs. */
const LIMIT_MS = 30 * 60_000;
/** For what the child started to end properly. */
const PATIENCE_MS = 15_000;

/**
 * Runs Node with `args` in the root of the checkout and shows its output.
 * @returns whether it ended with exit code 0
 */
export async function runNode(args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const exited = new Promise<boolean>((resolve, reject) => {
    child.once('exit', (code) => resolve(code === 0));
    child.once('error', reject);
  });
  const takeBack = whenProcessEnds({
    dispose: () => end(child, exited),
    force: () => child.kill('SIGKILL'),
  });
  const limit = setTimeout(() => {
    console.error(`Stopped after ${LIMIT_MS / 60_000} minutes: node ${args.join(' ')}`);
    void end(child, exited);
  }, LIMIT_MS);
  try {
    return await exited;
  } finally {
    clearTimeout(limit);
    takeBack();
  }
}

async function end(child: ChildProcess, exited: Promise<boolean>): Promise<void> {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await exited;
  clearTimeout(late);
}

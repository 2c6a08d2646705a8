import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

const LINES_SHOWN_ON_FAILURE = 40;

/** What a person has to do or know: printed without a stack, and the command ends with exit code 1. */
export class PlainStop extends Error {}

/**
 * Runs a command with its output in a log file. An abort ends it with all that it started.
 * @param {string} command
 * @param {string[]} args
 * @param {{ log: string, cwd?: string, env?: Record<string, string | undefined>, signal?: AbortSignal }} options
 * @returns {Promise<void>} rejects with a PlainStop that holds the end of the log
 */
export async function runQuietly(command, args, { log, cwd, env, signal }) {
  signal?.throwIfAborted();
  mkdirSync(path.dirname(log), { recursive: true });
  const output = openSync(log, 'w');
  const ownGroup = process.platform !== 'win32';
  try {
    await new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        cwd,
        env,
        stdio: ['ignore', output, output],
        detached: ownGroup,
        shell: command.endsWith('.cmd'),
      });
      const stop = () => {
        if (child.pid !== undefined) process.kill(ownGroup ? -child.pid : child.pid, 'SIGTERM');
      };
      signal?.addEventListener('abort', stop, { once: true });
      child.once('error', (error) => reject(new PlainStop(`${command} could not run: ${error.message}`)));
      child.once('exit', (code, by) => {
        signal?.removeEventListener('abort', stop);
        if (signal?.aborted) reject(signal.reason);
        else if (code === 0) resolve(undefined);
        else
          reject(new PlainStop(`${command} ${args.join(' ')} ended with ${code ?? by}.\n${lastLines(log)}`));
      });
    });
  } finally {
    closeSync(output);
  }
}

function lastLines(log) {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  return [...lines.slice(-LINES_SHOWN_ON_FAILURE), `(all of it: ${log})`].join('\n');
}

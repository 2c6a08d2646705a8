import { fork, type ChildProcess } from 'node:child_process';
import type { FromWorker, ToWorker } from './protocol.ts';

/** How much of what a dying child wrote to its error output is kept, in characters. */
const MAX_ERROR_OUTPUT = 2_000;

/** How a child ended, for the log. */
export type ExitListener = (description: string) => void;

/** A running child process. Its end is reported once, after every message that it sent. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #errorOutput = '';

  /** @throws the error of the system when not even an attempt can be made: too large an environment, no memory */
  constructor(
    entryPath: string,
    env: NodeJS.ProcessEnv,
    listeners: { readonly onMessage: (message: FromWorker) => void; readonly onExit: ExitListener },
  ) {
    this.#child = fork(entryPath, [], {
      serialization: 'advanced', // the default one has no bigint
      execArgv: [],
      env: workerEnvironment(env),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(-MAX_ERROR_OUTPUT);
    });
    // The child is our own program.
    this.#child.on('message', (message) => listeners.onMessage(message as FromWorker));
    this.#ended = new Promise((resolve) => {
      const onEnd = (how: string): void => {
        this.#child.removeAllListeners('message');
        listeners.onExit(`${how} ${this.#errorOutput}`.trimEnd());
        resolve();
      };
      // `close` comes after the last message; a child that could not be started has an error and no exit.
      this.#child.once('close', (code, signal) => onEnd(`exit ${String(signal ?? code)}`));
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) onEnd(error.message);
      });
    });
  }

  /** `undefined` for one that could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Settles when the process is gone. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Sends a message; one to a process that is going away is lost, and its end tells. */
  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** Ends it at once, whatever it is doing. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/**
 * The child runs as plain Node, also where `process.execPath` is Electron, and without what would attach a debugger to it
 * or load code into it.
 */
function workerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('VSCODE_'));
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}

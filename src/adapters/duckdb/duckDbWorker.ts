import { AgnesFailure, asFailure } from '../../core/failure.ts';
import type { CancelTimer, Clock } from '../../ports/clock.ts';
import type { CallKind, FromWorker, WorkerCall, WorkerCalls } from './protocol.ts';
import { fromWireFailure } from './wireFailure.ts';
import { WorkerProcess } from './workerProcess.ts';

/** Calls that may wait; more than that is a fault of the caller. */
const MAX_WAITING_CALLS = 64;
/** How long the child stays with nothing to do. */
const DEFAULT_IDLE_MS = 60_000;
/**
 * How long one call may be at work, the start of the child and the wait for a held file (12 s) among it. The slowest honest
 * one known takes about 5 s: hundreds of foreign keys to one parent, on top of a cold start.
 */
const CALL_DEADLINE_MS = 60_000;
const DEADLINE_SLICE_MS = 5_000;
/** How long a child may take to interrupt its work, checkpoint and leave, before it is killed. DuckDB survives that. */
const END_GRACE_MS = 5_000;

/** What the child is started with. */
export interface DuckDbWorkerOptions {
  /** Program of the child: `dist/duckDbWorker.js`. */
  readonly entryPath: string;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  /** How long the child stays with nothing to do; a minute when not given. */
  readonly idleMs?: number;
}

/** Whether a call that a crash cut off is made once more. A store is not: losing the child ends the right to write. */
const REPEATABLE: Readonly<Record<CallKind, boolean>> = {
  readCatalog: true,
  readTable: true,
  readDetails: true,
  readDescriptions: true,
  readServerSnapshot: true,
  storeOutcomes: false,
  // A lock that a dead child had is free; whoever takes it again is told which child has it.
  takeLock: true,
  releaseLock: false,
  createSampleFile: true,
};

interface PendingCall {
  readonly id: number;
  readonly call: WorkerCall;
  readonly settle: (answer: FromWorker | AgnesFailure) => void;
  repeats: number;
  /** Child that works on it. */
  process: WorkerProcess | undefined;
  /** Why the child was told to end, when that was our doing. */
  endedFor: 'cancelled' | 'deadline' | undefined;
}

/** Keeps one child from ending for having nothing to do, and tells of its end. */
export interface WorkerPin {
  /** Aborts when the child is gone, or is told to go. */
  readonly lost: AbortSignal;
  release(): void;
}

/**
 * DuckDB in a child process: started on first need, ended when idle, shared by any number of files. One call is at work at
 * a time, in the order of asking. It lives in a process of its own because closing a file anywhere in a process drops all
 * of that process's locks on it, and because a native crash must not take the extension host along (engine facts).
 */
export class DuckDbWorker {
  readonly #options: DuckDbWorkerOptions;
  readonly #waiting: PendingCall[] = [];
  #atWork: PendingCall | undefined;
  #process: WorkerProcess | undefined;
  readonly #leaving = new Set<WorkerProcess>();
  /** Pins of the present child. */
  readonly #pins = new Set<AbortController>();
  #cancelIdleTimer: CancelTimer | undefined;
  #cancelDeadline: CancelTimer | undefined;
  #lastId = 0;
  #disposed = false;

  constructor(options: DuckDbWorkerOptions) {
    this.#options = options;
  }

  /** Process id of the child, while there is one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Pins the child with this process id; where it is not the present one, the pin is lost already. */
  pin(pid: number): WorkerPin {
    const pin = new AbortController();
    if (this.#process?.pid === pid) this.#pins.add(pin);
    else pin.abort();
    return {
      lost: pin.signal,
      release: () => {
        if (this.#pins.delete(pin)) this.#endWhenIdle();
      },
    };
  }

  /**
   * Makes one call. A call that waits is dropped when `signal` aborts; one at work is interrupted, and settles when the
   * child has answered: a store that was cancelled has either stored everything and says so, or nothing.
   *
   * @throws AgnesFailure `workerCrashed` when the child died, did not answer in time (a read is tried twice) or could not
   *   be started, `duckDbMissing`, `cancelled`, or what the child reported
   */
  async call<K extends CallKind>(
    kind: K,
    args: WorkerCalls[K]['args'],
    signal?: AbortSignal,
  ): Promise<WorkerCalls[K]['value']> {
    if (this.#disposed || signal?.aborted === true) throw new AgnesFailure('cancelled');
    if (this.#waiting.length >= MAX_WAITING_CALLS) {
      throw new AgnesFailure('unexpected', {
        detail: `more than ${MAX_WAITING_CALLS} calls wait for DuckDB`,
      });
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = await new Promise<FromWorker | AgnesFailure>((resolve) => {
      const cancel = (): void => this.#cancel(pending);
      const pending: PendingCall = {
        id,
        call: { kind, args } as WorkerCall,
        settle: (settled) => {
          signal?.removeEventListener('abort', cancel);
          resolve(settled);
        },
        repeats: REPEATABLE[kind] ? 1 : 0,
        process: undefined,
        endedFor: undefined,
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#waiting.push(pending);
      this.#next();
    });
    if (answer instanceof AgnesFailure) throw answer;
    if (answer.type === 'failure') throw fromWireFailure(answer.failure);
    // The child answers a call of this kind with a value of this kind.
    return answer.value;
  }

  /** Drops what waits, interrupts what is at work, and settles when the child is gone. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#cancelIdleTimer?.();
    for (const pending of this.#waiting.splice(0)) pending.settle(new AgnesFailure('cancelled'));
    if (this.#atWork !== undefined) this.#atWork.endedFor ??= 'cancelled';
    this.#endProcess();
    await Promise.all(Array.from(this.#leaving, (leaving) => leaving.ended));
  }

  #next(): void {
    if (this.#atWork !== undefined || this.#disposed) return;
    const pending = this.#waiting.shift();
    this.#cancelIdleTimer?.();
    if (pending === undefined) {
      this.#endWhenIdle();
      return;
    }
    this.#atWork = pending;
    try {
      this.#process ??= this.#startProcess();
      pending.process = this.#process;
      pending.process.send({ type: 'call', id: pending.id, call: pending.call });
    } catch (thrown) {
      // No memory for a process, an environment that is too large: nobody else would ever settle this call.
      this.#finish(pending, asFailure(thrown, 'workerCrashed'));
      return;
    }
    this.#countDown(pending, CALL_DEADLINE_MS);
  }

  /**
   * In slices, each of which counts once however late it comes: a window that stood still for minutes must not take its own
   * child for stuck, whose answer it has only not read yet.
   */
  #countDown(pending: PendingCall, leftMs: number): void {
    this.#cancelDeadline = this.#options.clock.after(DEADLINE_SLICE_MS, () => {
      if (leftMs > DEADLINE_SLICE_MS) {
        this.#countDown(pending, leftMs - DEADLINE_SLICE_MS);
        return;
      }
      pending.endedFor ??= 'deadline';
      this.#endProcess();
    });
  }

  /** Ends the child some time after its last call, unless something is at work by then or it is pinned. */
  #endWhenIdle(): void {
    this.#cancelIdleTimer?.();
    if (this.#atWork !== undefined || this.#disposed) return;
    this.#cancelIdleTimer = this.#options.clock.after(this.#options.idleMs ?? DEFAULT_IDLE_MS, () => {
      if (this.#pins.size === 0) this.#endProcess();
    });
  }

  #losePins(): void {
    const lost = [...this.#pins];
    this.#pins.clear();
    for (const pin of lost) pin.abort();
  }

  #startProcess(): WorkerProcess {
    const started: WorkerProcess = new WorkerProcess(this.#options.entryPath, this.#options.env, {
      onMessage: (message) => this.#onAnswer(message),
      onExit: (description) => this.#onExit(started, description),
    });
    return started;
  }

  #cancel(pending: PendingCall): void {
    const position = this.#waiting.indexOf(pending);
    if (position >= 0) {
      this.#waiting.splice(position, 1);
      pending.settle(new AgnesFailure('cancelled'));
    } else if (this.#atWork === pending) {
      pending.endedFor ??= 'cancelled';
      pending.process?.send({ type: 'cancel', id: pending.id });
      this.#cancelDeadline?.();
      this.#cancelDeadline = this.#options.clock.after(END_GRACE_MS, () => this.#endProcess());
    }
  }

  #onAnswer(message: FromWorker): void {
    const pending = this.#atWork;
    if (pending?.id !== message.id) return;
    const late = pending.endedFor === 'deadline' && message.type === 'failure';
    this.#finish(pending, late ? deadlineFailure() : message);
  }

  #onExit(process: WorkerProcess, description: string): void {
    this.#leaving.delete(process);
    if (this.#process === process) {
      this.#process = undefined;
      this.#losePins();
    }
    const pending = this.#atWork;
    if (pending?.process !== process) return;
    if (pending.endedFor === undefined && pending.repeats > 0) {
      pending.repeats -= 1;
      this.#cancelDeadline?.();
      this.#atWork = undefined;
      this.#waiting.unshift(pending);
      this.#next();
    } else {
      this.#finish(pending, exitFailure(pending, description));
    }
  }

  #finish(pending: PendingCall, answer: FromWorker | AgnesFailure): void {
    this.#cancelDeadline?.();
    this.#atWork = undefined;
    pending.settle(answer);
    this.#next();
  }

  /** Asks the child to leave and kills it if it does not. A call at work is answered, or ends with it. */
  #endProcess(): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    this.#losePins();
    this.#leaving.add(process);
    process.send({ type: 'end' });
    const cancelKill = this.#options.clock.after(END_GRACE_MS, () => process.kill());
    void process.ended.then(cancelKill);
  }
}

function exitFailure({ call, endedFor }: PendingCall, description: string): AgnesFailure {
  if (endedFor === 'deadline') return deadlineFailure();
  // A store that was cut off may have been committed: that is not "cancelled, nothing was written".
  const harmless = endedFor === 'cancelled' && REPEATABLE[call.kind];
  return new AgnesFailure(harmless ? 'cancelled' : 'workerCrashed', { detail: description });
}

function deadlineFailure(): AgnesFailure {
  return new AgnesFailure('workerCrashed', { detail: `no answer in ${CALL_DEADLINE_MS} ms` });
}

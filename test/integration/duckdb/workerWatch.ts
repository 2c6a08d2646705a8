import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** One worker process, as it reports itself. */
export interface WatchedProcess {
  /** Settles when it has said this word. */
  said(word: string): Promise<void>;
  /** Settles when it is gone. */
  readonly gone: Promise<unknown>;
}

/** Listens to workers that run `watchedWorker.ts`. */
export class WorkerWatch {
  readonly #server: Server;
  readonly #unseen: WatchedProcess[] = [];
  readonly #sockets = new Set<Socket>();
  #onConnect: () => void = () => undefined;
  readonly socketPath: string;

  private constructor(server: Server, socketPath: string) {
    this.#server = server;
    this.socketPath = socketPath;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      this.#unseen.push(watch(socket));
      this.#onConnect();
    });
  }

  static async listen(socketPath: string): Promise<WorkerWatch> {
    const server = createServer().listen(socketPath);
    await once(server, 'listening');
    return new WorkerWatch(server, socketPath);
  }

  /** The next worker process that was not returned yet. */
  async nextProcess(): Promise<WatchedProcess> {
    for (;;) {
      const next = this.#unseen.shift();
      if (next !== undefined) return next;
      await new Promise<void>((resolve) => {
        this.#onConnect = resolve;
      });
    }
  }

  /** How many processes have started since the last one that was returned. */
  get unseen(): number {
    return this.#unseen.length;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function watch(socket: Socket): WatchedProcess {
  let heard = '';
  let onData: () => void = () => undefined;
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    onData();
  });
  socket.on('error', () => undefined); // a killed process may reset it
  return {
    gone: once(socket, 'close'),
    said: async (word) => {
      while (!heard.split('\n').includes(word)) {
        await new Promise<void>((resolve) => {
          onData = resolve;
        });
      }
    },
  };
}

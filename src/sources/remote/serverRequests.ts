import type { Disposable } from '../../core/disposable.ts';
import { AgnesFailure, asFailure } from '../../core/failure.ts';
import { LinkedAbort } from '../../core/linkedAbort.ts';
import { untilAborted } from '../../engine/waiting.ts';
import type {
  AgnesServer,
  ServerRegistration,
  ServerRunAnswer,
  ServerStatus,
  ServerTable,
  ServerTableAnswer,
} from '../../ports/agnesServer.ts';

/**
 * The server for as long as one source is open: when that is disposed, requests are aborted and late answers reach nobody.
 * Every call rejects with an `AgnesFailure`, and with `cancelled` as soon as its signal is aborted.
 */
export class ServerRequests implements AgnesServer, Disposable {
  readonly #server: AgnesServer;
  readonly #disposed = new AbortController();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(server: AgnesServer) {
    this.#server = server;
  }

  catalog(signal: AbortSignal): Promise<readonly ServerTable[]> {
    return this.#ask(signal, (linked) => this.#server.catalog(linked));
  }

  status(signal: AbortSignal): Promise<ServerStatus> {
    return this.#ask(signal, (linked) => this.#server.status(linked));
  }

  registry(signal: AbortSignal): Promise<readonly ServerRegistration[]> {
    return this.#ask(signal, (linked) => this.#server.registry(linked));
  }

  refreshAll(signal: AbortSignal): Promise<ServerRunAnswer> {
    return this.#ask(signal, (linked) => this.#server.refreshAll(linked));
  }

  refreshTable(tableId: string, signal: AbortSignal): Promise<ServerTableAnswer> {
    return this.#ask(signal, (linked) => this.#server.refreshTable(tableId, linked));
  }

  async #ask<T>(signal: AbortSignal, ask: (linked: AbortSignal) => Promise<T>): Promise<T> {
    const linked = new LinkedAbort(this.#disposed.signal, signal);
    try {
      linked.signal.throwIfAborted();
      return await untilAborted(this.#tracked(ask(linked.signal)), linked.signal);
    } catch (error) {
      throw linked.signal.aborted ? new AgnesFailure('cancelled') : asFailure(error);
    } finally {
      linked.dispose();
    }
  }

  #tracked<T>(request: Promise<T>): Promise<T> {
    const over = (): void => void this.#pending.delete(request);
    this.#pending.add(request);
    request.then(over, over);
    return request;
  }

  /** Resolves when the requests that are under way are over; never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#pending]);
  }

  dispose(): void {
    this.#disposed.abort(new AgnesFailure('cancelled'));
  }
}

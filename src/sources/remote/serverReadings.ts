import type { TableDetails } from '../../core/cachedMetadata.ts';
import { truncateCodePoints } from '../../core/displayText.ts';
import { AgnesFailure } from '../../core/failure.ts';
import { LinkedAbort } from '../../core/linkedAbort.ts';
import type { EpochMicros } from '../../core/time.ts';
import { delay } from '../../engine/waiting.ts';
import type { AgnesServer, ServerStatus } from '../../ports/agnesServer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeptPolicy } from '../../ports/earlierCatalogs.ts';
import type { FreshnessPolicy } from '../metadataSource.ts';
import type { AdminRights } from './adminRights.ts';
import { detailsOf, joinAnswers, type ShownTables } from './joinAnswers.ts';

/** How long the registry, which is large and tells no numbers, is waited for when the rest is there. */
export const REGISTRY_PATIENCE_MS = 5_000;

/** As much of a description as a list has use for. */
const MAX_LISTED_CODE_POINTS = 300;

const NOTHING_TOLD: TableDetails = {
  knownColumns: null,
  description: null,
  folder: null,
  grain: null,
  gotchas: [],
  thingsToKnow: null,
};

/** What the server told, all of one moment or nearly so. */
export interface ServerReading {
  readonly tables: ShownTables;
  readonly rule: KeptPolicy;
  /** How long the server took, the registry apart. */
  readonly durationMs: number;
}

export interface ServerReadingsParts {
  readonly server: Pick<AgnesServer, 'catalog' | 'status'>;
  readonly rights: AdminRights;
  readonly clock: Clock;
  /** The registry told something that the reading which asked for it did not wait for. */
  readonly onLateRegistry: () => void;
}

/** Reads catalog, status and, for administrators, the registry; holds the latest of what they say together. */
export class ServerReadings {
  readonly #parts: ServerReadingsParts;
  #begun = 0;
  /** The number of the reading that is the latest. */
  #taken = 0;
  #latest: ServerReading | undefined;
  /** The server's rule by what was kept of an earlier time. */
  #earlierRule: KeptPolicy | undefined;

  constructor(parts: ServerReadingsParts) {
    this.#parts = parts;
  }

  /** `undefined` until the server has answered. */
  get latest(): ServerReading | undefined {
    return this.#latest;
  }

  /** Now by the server's clock, as far as it is known. */
  serverNow(): EpochMicros {
    return this.#parts.clock.now() + (this.rule?.clockOffset ?? 0n);
  }

  /** The server's own, as it was told last; `undefined` where it never was. */
  get rule(): KeptPolicy | undefined {
    return this.#latest?.rule ?? this.#earlierRule;
  }

  /** What is shown of an earlier time was judged by it; it counts until the server answers. */
  takeEarlierRule(rule: KeptPolicy | undefined): void {
    this.#earlierRule = rule ?? this.#earlierRule;
  }

  /** @param unanswered what counts until the server has answered */
  policy(unanswered: () => Pick<FreshnessPolicy, 'intervalSeconds' | 'thresholdSeconds'>): FreshnessPolicy {
    const { rule } = this;
    if (rule === undefined) return { ...unanswered(), clockOffset: 0n, decidedBy: 'settings' };
    return { ...rule, decidedBy: 'server' };
  }

  /** From the latest reading, without a request; `null` for a table that is not in it. */
  details(tableId: string): TableDetails | null {
    // Of what is shown from an earlier time no more is known, which is not to say that it is gone.
    if (this.#latest === undefined) return NOTHING_TOLD;
    const table = this.#latest.tables.get(tableId);
    return table === undefined ? null : detailsOf(table);
  }

  /** From the latest reading, without a request: descriptions by id, cut for a list. */
  descriptions(): ReadonlyMap<string, string> {
    const descriptions = new Map<string, string>();
    for (const [id, { description }] of this.#latest?.tables ?? []) {
      if (description !== null) descriptions.set(id, truncateCodePoints(description, MAX_LISTED_CODE_POINTS));
    }
    return descriptions;
  }

  /**
   * Reads all of it at once; when catalog or status fails, the others are given up. Rejects with an `AgnesFailure`.
   *
   * @param isAsked a person asked for it: whether they administer the server is asked for too, even where it was told
   */
  async load(signal?: AbortSignal, isAsked = false): Promise<ServerReading> {
    const { server, rights, clock } = this.#parts;
    this.#begun += 1;
    const number = this.#begun;
    const startedMs = clock.monotonicMs();
    const abort = new LinkedAbort(...(signal === undefined ? [] : [signal]));
    try {
      const registry = rights.read(abort.signal, isAsked);
      const [catalog, { status, clockOffset }] = await Promise.all([
        server.catalog(abort.signal),
        this.#timedStatus(abort.signal),
      ]);
      const durationMs = clock.monotonicMs() - startedMs;
      await this.#awaitRegistry(registry, abort.signal);
      const { intervalSeconds, thresholdSeconds } = status;
      const rule = { intervalSeconds, thresholdSeconds, clockOffset };
      const reading = { tables: joinAnswers(catalog, status.rows, rights.registry), rule, durationMs };
      if (number > this.#taken) {
        this.#taken = number;
        this.#latest = reading;
      }
      return reading;
    } catch (error) {
      abort.abort();
      throw error;
    } finally {
      abort.dispose();
    }
  }

  /** Waits for the registry, but not for long. What it tells later is told as a change. */
  async #awaitRegistry(registry: Promise<boolean>, signal: AbortSignal): Promise<void> {
    const { clock, onLateRegistry } = this.#parts;
    const patience = new LinkedAbort(signal);
    try {
      const elapsed = delay(REGISTRY_PATIENCE_MS, clock, patience.signal);
      const isLate = await Promise.race([registry.then(() => false), elapsed.then(() => true)]);
      if (!isLate) return;
    } catch {
      throw new AgnesFailure('cancelled'); // the wait was ended: the registry's own failures are not told
    } finally {
      patience.abort();
      patience.dispose();
    }
    void registry.then((hasTold) => {
      if (hasTold) onLateRegistry();
    });
  }

  /** The server looked at its clock somewhere between question and answer: most likely in the middle. */
  async #timedStatus(
    signal: AbortSignal,
  ): Promise<{ readonly status: ServerStatus; readonly clockOffset: bigint }> {
    const { server, clock } = this.#parts;
    const startedMs = clock.monotonicMs();
    const status = await server.status(signal);
    const halfMicros = BigInt(Math.round(((clock.monotonicMs() - startedMs) * 1_000) / 2));
    return { status, clockOffset: status.serverTime - (clock.now() - halfMicros) };
  }
}

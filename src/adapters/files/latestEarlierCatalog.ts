import type { EpochMicros } from '../../core/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EarlierCatalog, EarlierCatalogs, KeptSnapshot } from '../../ports/earlierCatalogs.ts';
import type { KeptCatalog } from './keptCatalog.ts';

/** A place that may hold a catalog of an earlier time. Never rejects. */
export interface EarlierPlace {
  /** The time of what is there; cheap. */
  takenAt(): Promise<EpochMicros | undefined>;
  read(signal?: AbortSignal): Promise<KeptSnapshot | undefined>;
}

/** The later of what was kept here and what the server has exported; where that one can't be read, the other. */
export class LatestEarlierCatalog implements EarlierCatalogs {
  readonly #kept: KeptCatalog;
  readonly #server: EarlierPlace;
  readonly #clock: Clock;

  constructor(kept: KeptCatalog, server: EarlierPlace, clock: Clock) {
    this.#kept = kept;
    this.#server = server;
    this.#clock = clock;
  }

  keep(catalog: KeptSnapshot): void {
    this.#kept.keep(catalog);
  }

  flush(): Promise<void> {
    return this.#kept.flush();
  }

  async latest(laterThan?: EpochMicros, signal?: AbortSignal): Promise<EarlierCatalog | undefined> {
    const places = [
      { origin: 'kept', place: this.#kept },
      { origin: 'serverSnapshot', place: this.#server },
    ] as const;
    const found = await Promise.all(
      places.map(async ({ origin, place }) => ({
        origin,
        place,
        takenAt: (await place.takenAt()) ?? NEVER,
      })),
    );
    const now = this.#clock.now();
    const latestFirst = found
      // A time ahead of the clock is of a clock that was wrong: nobody can say how old such a catalog is.
      .filter(({ takenAt }) => takenAt > (laterThan ?? NEVER) && takenAt <= now)
      .sort((a, b) => (a.takenAt > b.takenAt ? -1 : 1));
    for (const { origin, place } of latestFirst) {
      const catalog = await place.read(signal);
      if (catalog !== undefined) return { origin, catalog };
    }
    return undefined;
  }
}

const NEVER: EpochMicros = -(2n ** 63n);

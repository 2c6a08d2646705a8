import {
  resolveBigQueryConfiguration,
  type BigQueryConfiguration,
  type BigQuerySettings,
} from '../adapters/bigquery/bigQueryConfiguration.ts';
import type { BigQueryProvider } from '../adapters/bigquery/bigQueryProvider.ts';
import type { Disposable } from '../core/disposable.ts';
import { AgnesFailure } from '../core/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetadataProvider } from '../ports/metadataProvider.ts';

/** What one refresh asks: bound to the settings as they were when it began. */
export interface BoundProvider {
  /** `undefined`: registrations need a physical address of their own. */
  readonly project: string | undefined;
  readonly provider: MetadataProvider;
}

/** Makes BigQuery providers; Google's code loads on the first request. The same settings share one provider. */
export class LazyBigQueryProvider implements Disposable {
  readonly #settings: () => BigQuerySettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #clock: Clock;
  /** What was made of the settings last: the address of each row asks for it. */
  #resolved:
    { readonly settings: BigQuerySettings; readonly configuration: BigQueryConfiguration } | undefined;
  /** By their settings. A run may still use one whose settings changed, so they end together. */
  readonly #made = new Map<string, Promise<BigQueryProvider>>();

  /** @param settings gives another object whenever one of them is another */
  constructor(settings: () => BigQuerySettings, environment: NodeJS.ProcessEnv, clock: Clock) {
    this.#settings = settings;
    this.#environment = environment;
    this.#clock = clock;
  }

  /** Throws an `AgnesFailure` where a setting is not usable. */
  bind(): BoundProvider {
    const configuration = this.#resolve();
    return {
      project: configuration.project,
      provider: {
        fetchTable: async (address, signal) =>
          (await this.#provider(configuration)).fetchTable(address, signal),
        inspectTable: async (address, signal) =>
          (await this.#provider(configuration)).inspectTable(address, signal),
      },
    };
  }

  #resolve(): BigQueryConfiguration {
    const settings = this.#settings();
    if (this.#resolved?.settings !== settings) {
      const configuration = resolveBigQueryConfiguration(settings, this.#environment);
      this.#resolved = { settings, configuration };
    }
    return this.#resolved.configuration;
  }

  #provider(configuration: BigQueryConfiguration): Promise<BigQueryProvider> {
    const key = JSON.stringify(configuration);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.#make(configuration);
    this.#made.set(key, made);
    made.catch(() => this.#made.delete(key)); // tried anew at the next request
    return made;
  }

  async #make(configuration: BigQueryConfiguration): Promise<BigQueryProvider> {
    const { BigQueryProvider } = await import('../adapters/bigquery/bigQueryProvider.ts').catch(
      (cause: unknown) => {
        throw new AgnesFailure('unexpected', { detail: 'the BigQuery part could not be loaded', cause });
      },
    );
    return new BigQueryProvider({
      configuration,
      // Looked up at each request: VS Code may replace it when its proxy settings change.
      fetch: (url, init) => globalThis.fetch(url, init),
      clock: this.#clock,
      environment: this.#environment,
      platform: process.platform,
    });
  }

  dispose(): void {
    // A provider that could not be loaded has nothing to end; its failure was told to whoever asked.
    for (const made of this.#made.values()) {
      made.then((provider) => provider.dispose()).catch(() => undefined);
    }
    this.#made.clear();
  }
}

import {
  resolveBigQueryConfiguration,
  type BigQueryConfiguration,
  type BigQuerySettings,
} from '../adapters/bigquery/bigQueryConfiguration.ts';
import type { BigQueryProvider } from '../adapters/bigquery/bigQueryProvider.ts';
import type { TableAddress } from '../core/tableAddress.ts';
import type { Clock } from '../ports/clock.ts';
import type { MetadataProvider, ProviderAnswer } from '../ports/metadataProvider.ts';

/** Loads Google's code on the first request, and makes a new provider when the settings are others. */
export class LazyBigQueryProvider implements MetadataProvider {
  readonly #settings: () => BigQuerySettings;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #clock: Clock;
  #made: { readonly key: string; readonly provider: Promise<BigQueryProvider> } | undefined;

  constructor(settings: () => BigQuerySettings, environment: NodeJS.ProcessEnv, clock: Clock) {
    this.#settings = settings;
    this.#environment = environment;
    this.#clock = clock;
  }

  /** The settings as they stand. Throws an `AgnesFailure` where one is not usable. */
  get configuration(): BigQueryConfiguration {
    return resolveBigQueryConfiguration(this.#settings(), this.#environment);
  }

  async fetchTable(address: TableAddress, signal: AbortSignal): Promise<ProviderAnswer> {
    return (await this.#provider()).fetchTable(address, signal);
  }

  #provider(): Promise<BigQueryProvider> {
    const { configuration } = this;
    const key = JSON.stringify(configuration);
    if (this.#made?.key !== key) {
      this.dispose();
      this.#made = { key, provider: this.#make(configuration) };
    }
    return this.#made.provider;
  }

  async #make(configuration: BigQueryConfiguration): Promise<BigQueryProvider> {
    const { BigQueryProvider } = await import('../adapters/bigquery/bigQueryProvider.ts');
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
    const made = this.#made;
    this.#made = undefined;
    // A provider that could not be loaded has nothing to end; its failure was told to whoever asked.
    made?.provider.then((provider) => provider.dispose()).catch(() => undefined);
  }
}

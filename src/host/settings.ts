import * as vscode from 'vscode';
import type { DataPolicies } from '../core/dataFreshness.ts';
import { SETTINGS_SECTION, type SettingKey } from '../core/settingKeys.ts';
import { resolveRefreshPolicy, type RefreshPolicy } from '../core/refreshPolicy.ts';
import type { BigQuerySettings } from '../adapters/bigquery/bigQueryConfiguration.ts';
import type { Log } from '../ports/log.ts';
import { KeptDataPolicies } from './keptDataPolicies.ts';

/** The settings, read and checked in one place; the values are as fresh as the call. */
export class Settings implements vscode.Disposable {
  readonly #log: Log;
  readonly #environment: NodeJS.ProcessEnv;
  /** A warning is written once, not at each reading. */
  #warned = '';
  /** Kept until a setting changes: every row of the tree, and every table of a run, asks for it. */
  #policy: RefreshPolicy | undefined;
  /** Kept likewise. */
  #dataPolicies: DataPolicies | undefined;
  readonly #keptDataPolicies = new KeptDataPolicies();
  #dataWarned = '';
  /** Kept as well: it tells the address of a row. */
  #bigQuery: BigQuerySettings | undefined;
  readonly #subscription: vscode.Disposable;

  /** Made before whoever listens for changes, so that they find the new values. */
  constructor(log: Log, environment: NodeJS.ProcessEnv) {
    this.#log = log;
    this.#environment = environment;
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(SETTINGS_SECTION)) return;
      this.#policy = undefined;
      this.#dataPolicies = undefined;
      this.#bigQuery = undefined;
    });
  }

  get autoRefresh(): boolean {
    return this.#get('autoRefresh') !== false;
  }

  get policy(): RefreshPolicy {
    return (this.#policy ??= this.#resolvePolicy());
  }

  #resolvePolicy(): RefreshPolicy {
    const { policy, warnings } = resolveRefreshPolicy(
      {
        interval: this.#get('interval'),
        threshold: this.#get('threshold'),
        concurrency: this.#get('concurrency'),
        requestsPerSecond: this.#get('requestsPerSecond'),
      },
      this.#environment,
    );
    this.#warned = this.#warnOnce(warnings, this.#warned);
    return policy;
  }

  /** Policies for the age of tables' data. */
  get dataPolicies(): DataPolicies {
    return (this.#dataPolicies ??= this.#resolveDataPolicies());
  }

  #resolveDataPolicies(): DataPolicies {
    const { policies, warnings } = this.#keptDataPolicies.resolve(this.#get('dataFreshness'), this.bigQuery);
    this.#dataWarned = this.#warnOnce(warnings, this.#dataWarned);
    return policies;
  }

  /** @returns what is warned of now, for the next time */
  #warnOnce(warnings: readonly string[], before: string): string {
    const text = warnings.join('\n');
    if (text !== before) for (const warning of warnings) this.#log.warn(warning);
    return text;
  }

  /** Path, `sample`, or empty. */
  get database(): string {
    return this.#text('database');
  }

  /** Badge and status bar count the pinned tables alone. */
  get countsPinnedOnly(): boolean {
    return this.#get('countPinnedOnly') === true;
  }

  get administrator(): boolean {
    return this.#get('administrator') === true;
  }

  /** The address that is proposed; empty for none. */
  get serverUrl(): string {
    return this.#text('server.url');
  }

  /** Path of a file with the certificates that are trusted besides the usual ones; empty for none. */
  get serverCaFile(): string {
    return this.#text('server.caFile');
  }

  /** The background timer may ask the Agnes server for runs. */
  get serverStartsRuns(): boolean {
    return this.#get('server.startRuns') === true;
  }

  /** The same object until a setting changes. */
  get bigQuery(): BigQuerySettings {
    this.#bigQuery ??= {
      project: this.#text('bigquery.project'),
      billingProject: this.#text('bigquery.billingProject'),
      credentialsFile: this.#text('bigquery.credentialsFile'),
      apiEndpoint: this.#text('bigquery.apiEndpoint'),
    };
    return this.#bigQuery;
  }

  /** Calls back when any of these settings changed. */
  onDidChange(keys: readonly SettingKey[], listener: () => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (keys.some((key) => event.affectsConfiguration(`${SETTINGS_SECTION}.${key}`))) listener();
    });
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  #get(key: SettingKey): unknown {
    return vscode.workspace.getConfiguration(SETTINGS_SECTION).get(key);
  }

  #text(key: SettingKey): string {
    const value = this.#get(key);
    return typeof value === 'string' ? value.trim() : '';
  }
}

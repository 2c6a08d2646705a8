import { copyFile, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { resolveBigQueryConfiguration } from '../../../src/adapters/bigquery/bigQueryConfiguration.ts';
import { BigQueryProvider } from '../../../src/adapters/bigquery/bigQueryProvider.ts';
import type { LoadTokenClient } from '../../../src/adapters/bigquery/googleTokenClient.ts';
import type { DuckDbWorker } from '../../../src/adapters/duckdb/duckDbWorker.ts';
import type { EpochMicros } from '../../../src/core/time.ts';
import { BigQueryStandIn, type StandInTable } from '../../../src/sample/bigQueryStandIn.ts';
import type { TableName, TableResource } from '../../../src/sample/tableResource.ts';
import { writeAgnesFile, type FixtureRegistration } from '../../fixtures/agnesFile.ts';
import { startReader, type FileReaderProcess } from '../../fixtures/agnesFileProcesses.ts';
import { SkippingClock } from '../../fixtures/skippingClock.ts';
import { aToken } from '../bigquery/providerFixture.ts';
import { FaultNetwork, type Fault } from './faultNetwork.ts';
import { LocalWindow, PROJECT, startWorker } from './localWindow.ts';

const START: EpochMicros = 1_780_000_000_000_000n;
const DAY_MS = 86_400_000;
const OLD_ROWS = 7n;

/** What BigQuery says of a table that meets no fault. */
const RESOURCE: TableResource = {
  type: 'TABLE',
  numRows: '42',
  numBytes: '1024',
  schema: { fields: [{ name: 'id' }] },
};

/** A row as another process reads it; times in milliseconds from the start of the window's clock. */
export type SeenRow = readonly [
  rows: bigint | null,
  refreshedMs: number | null,
  errorMs: number | null,
  error: string | null,
];

/** The last good row, which every table begins with. */
export const UNTOUCHED: SeenRow = [OLD_ROWS, -DAY_MS, null, null];

/** A row of what BigQuery says now, asked for so long after the start. */
export function refreshed(ms = 0): SeenRow {
  return [42n, ms, null, null];
}

/** The last good row, with an error beside it. */
export function failed(error: string, ms = 0): SeenRow {
  return [OLD_ROWS, -DAY_MS, ms, error];
}

export interface FaultSetup {
  readonly fault?: Fault | undefined;
  /** What BigQuery has of the tables that are faulty. */
  readonly resource?: TableResource | undefined;
  readonly isFaulty?: (table: string) => boolean;
  /** Requests of one table that meet the fault; all, when not given. */
  readonly times?: number;
  readonly othersFirst?: number;
  /** BigQuery is an endpoint of the user's, not Google. */
  readonly isEndpoint?: boolean;
  readonly concurrency?: number;
  readonly loadTokenClient?: (clock: SkippingClock) => LoadTokenClient;
}

/** One window whose BigQuery has a fault, on a file of which every table has an old, good row. */
export class FaultyWindow {
  readonly standIn: BigQueryStandIn;
  readonly network: FaultNetwork;
  readonly window: LocalWindow;
  readonly clock: SkippingClock;

  constructor(parts: Pick<FaultyWindow, 'standIn' | 'network' | 'window' | 'clock'>) {
    this.standIn = parts.standIn;
    this.network = parts.network;
    this.window = parts.window;
    this.clock = parts.clock;
  }

  /** Requests for one table that BigQuery received. */
  readonly requestsFor = (table: string): number =>
    this.standIn.requests.filter((request) => request.table?.endsWith(`.${table}`) === true).length;

  async dispose(): Promise<void> {
    await this.window.dispose();
    await this.standIn.dispose();
  }
}

/** A real file, the real child, and a process with a plain DuckDB that looks at the file. */
export class FaultBench {
  readonly #folder: string;
  readonly #reader: FileReaderProcess;
  readonly #worker: DuckDbWorker;

  static async create(registrations: readonly FixtureRegistration[]): Promise<FaultBench> {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'agnes-faults-')));
    await writeAgnesFile(path.join(folder, 'before.duckdb'), {
      era: 'current',
      registrations,
      extraSql: [
        `INSERT INTO bq_metadata_cache (table_id, rows, known_columns, refreshed_at)
           SELECT id, ${OLD_ROWS}, '["id"]', make_timestamp(${START - BigInt(DAY_MS) * 1_000n}::BIGINT) FROM table_registry`,
      ],
    });
    return new FaultBench(folder);
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.#reader = startReader(this.#database);
    this.#worker = startWorker();
  }

  get #database(): string {
    return path.join(this.#folder, 'system.duckdb');
  }

  /** Opens a window on the file as it was at first. */
  async open(setup: FaultSetup): Promise<FaultyWindow> {
    const { fault, times = Infinity, isFaulty = () => true, resource = RESOURCE, loadTokenClient } = setup;
    await copyFile(path.join(this.#folder, 'before.duckdb'), this.#database);
    const clock = new SkippingClock(START);
    const next = nextOf(times);
    const standIn = await BigQueryStandIn.start({
      tables: ({ table }: TableName): StandInTable => {
        if (!isFaulty(table)) return { resource: RESOURCE };
        const met = fault === undefined || fault.kind === 'noSuchHost' ? undefined : fault;
        if (met === undefined) return { resource };
        return {
          resource,
          ...(times === Infinity ? { fault: met } : { firstFaults: Array(times).fill(met) }),
        };
      },
    });
    const network = new FaultNetwork({
      standIn,
      clock,
      nextFault: (table) => (isFaulty(table) && next(table) ? fault : undefined),
      othersFirst: setup.othersFirst ?? 0,
    });
    const configuration = resolveBigQueryConfiguration(
      { project: PROJECT, apiEndpoint: setup.isEndpoint === true ? standIn.url : undefined },
      {},
    );
    const provider = new BigQueryProvider({
      configuration,
      fetch: network.fetch,
      clock,
      environment: {},
      platform: process.platform,
      loadTokenClient: loadTokenClient?.(clock) ?? (() => Promise.resolve(aToken)),
    });
    const window = new LocalWindow({
      database: this.#database,
      endpoint: standIn.url,
      stateFolder: path.join(this.#folder, 'state'),
      worker: this.#worker,
      alter: (parts) => ({
        ...parts,
        clock,
        random: () => 0.5,
        prepare: () => ({
          limits: { concurrency: setup.concurrency ?? 4, requestsPerSecond: 80 },
          project: PROJECT,
          provider,
        }),
        owned: provider,
      }),
    });
    return new FaultyWindow({ standIn, network, window, clock });
  }

  /** All rows, by table. */
  async rows(): Promise<ReadonlyMap<string, SeenRow>> {
    const found = await this.#reader.read(
      `SELECT table_id, rows, epoch_us(refreshed_at), epoch_us(error_at), error_msg FROM bq_metadata_cache`,
    );
    return new Map(
      found.map(([table, rows, refreshedAt, errorAt, error]) => [
        textIn(table) ?? '',
        [integerIn(rows), sinceStart(refreshedAt), sinceStart(errorAt), textIn(error)],
      ]),
    );
  }

  /** Reads with a plain DuckDB in another process. */
  async query(sql: string): Promise<readonly (readonly unknown[])[]> {
    return this.#reader.read(sql);
  }

  async dispose(): Promise<void> {
    await this.#reader.end();
    await this.#worker.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function textIn(cell: unknown): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  throw new Error(`not a text: ${typeof cell}`);
}

function integerIn(cell: unknown): bigint | null {
  const text = textIn(cell);
  return text === null ? null : BigInt(text);
}

function sinceStart(cell: unknown): number | null {
  const micros = integerIn(cell);
  return micros === null ? null : Number(micros - START) / 1_000;
}

/** Whether one more request for a table is among its first ones. */
function nextOf(times: number): (table: string) => boolean {
  const requests = new Map<string, number>();
  return (table) => {
    const earlier = requests.get(table) ?? 0;
    requests.set(table, earlier + 1);
    return earlier < times;
  };
}

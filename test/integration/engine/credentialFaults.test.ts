import assert from 'node:assert/strict';
import {
  loadGoogleTokenClient,
  type LoadTokenClient,
} from '../../../src/adapters/bigquery/googleTokenClient.ts';
import { BigQueryStandIn } from '../../../src/sample/bigQueryStandIn.ts';
import { STAND_IN_FAULTS } from '../../../src/sample/standInFaults.ts';
import { summaryText } from '../../../src/host/runTexts.ts';
import { eligibleRegistrations } from '../../fixtures/agnesFile.ts';
import type { SkippingClock } from '../../fixtures/skippingClock.ts';
import { FaultBench, UNTOUCHED, type FaultyWindow } from './faultBench.ts';
import { sentenceOf, told } from './faultWords.ts';

const TABLES = 300;
const NEVER = new AbortController().signal;

/** Google's library asks whether there is a server: for 3 s of the machine's own clock, and once in a process. */
const PROBE = '';

/** Google's library reads these from the process itself. Together they leave it the metadata server alone. */
const NO_FILES = {
  GOOGLE_APPLICATION_CREDENTIALS: '',
  CLOUDSDK_CONFIG: '/nowhere',
  GOOGLE_CLOUD_PROJECT: 'some-project', // else it starts gcloud and asks that
};

describe('a machine without usable Google credentials', () => {
  let bench: FaultBench;
  let metadataServer: BigQueryStandIn;
  let open: FaultyWindow | undefined;
  let signIns: number;
  let restore: () => void;
  before(async () => {
    bench = await FaultBench.create(eligibleRegistrations(TABLES));
  });
  after(() => bench.dispose());
  beforeEach(async () => {
    signIns = 0;
    metadataServer = await BigQueryStandIn.start({ tables: new Map(), fault: STAND_IN_FAULTS.hang });
  });
  afterEach(async () => {
    restore();
    await open?.dispose();
    open = undefined;
    await metadataServer.dispose();
  });

  /** @param detection as Google's library reads it: `none`, `assume-present`, or nothing, and it probes */
  async function openWindow(detection: string): Promise<FaultyWindow> {
    restore = setVariables({
      ...NO_FILES,
      METADATA_SERVER_DETECTION: detection,
      GCE_METADATA_HOST: new URL(metadataServer.url).host,
    });
    open = await bench.open({ loadTokenClient: (clock) => signInWith(clock, detection) });
    return open;
  }

  /** Google's own library. The clock stands still until it has an answer, or waits for one that our deadline is to end. */
  function signInWith(clock: SkippingClock, detection: string): LoadTokenClient {
    const during = <T>(work: Promise<T>): Promise<T> => {
      const release = clock.hold();
      const before = metadataServer.counts.received;
      if (detection !== PROBE) {
        metadataServer.until(({ received }) => received > before).then(release, release);
      }
      return work.finally(release);
    };
    return async (content, fetch) => {
      signIns += 1;
      const client = await during(loadGoogleTokenClient(content, fetch));
      return { getRequestHeaders: () => during(client.getRequestHeaders()) };
    };
  }

  async function assertUntouched(): Promise<void> {
    const rows = Array.from((await bench.rows()).values());
    assert.equal(rows.length, TABLES);
    for (const row of rows) assert.deepEqual(row, UNTOUCHED);
  }

  describe('and without a metadata server', () => {
    it('says so of one table, and asks BigQuery for nothing', async () => {
      const { window, network } = await openWindow('none');
      assert.deepEqual(await told(window.source.refreshTable('table_0000', NEVER)), [
        { kind: 'ended', reason: 'credentialsMissing' },
        sentenceOf('credentialsMissing'),
      ]);
      assert.deepEqual([signIns, network.asked], [1, 0]);
      await assertUntouched();
    });

    it('says so once of all tables', async () => {
      const { window, network } = await openWindow('none');
      const { run } = await window.source.startRun({ trigger: 'command' });
      const { summary, causes } = await run.result;
      assert.equal(
        summaryText(summary, causes),
        `Refreshed 0 of 300 tables, 300 not attempted. ${sentenceOf('credentialsMissing')}`,
      );
      assert.deepEqual([signIns, network.asked], [1, 0]);
      await assertUntouched();
    });
  });

  it('says so once, also where nothing answers at the address of a metadata server', async () => {
    const emitWarning = process.emitWarning.bind(process);
    process.emitWarning = () => undefined; // the library's own words on it
    try {
      const { window, network } = await openWindow(PROBE);
      const { run } = await window.source.startRun({ trigger: 'command' });
      const { summary, causes } = await run.result;
      assert.equal(
        summaryText(summary, causes),
        `Refreshed 0 of 300 tables, 300 not attempted. ${sentenceOf('credentialsMissing')}`,
      );
      assert.deepEqual([signIns, network.asked], [1, 0]);
      await assertUntouched();
    } finally {
      process.emitWarning = emitWarning;
    }
  });

  describe('and with a metadata server that never answers', () => {
    it('gives one table up when its time is over', async () => {
      const { window, network } = await openWindow('assume-present');
      assert.deepEqual(await told(window.source.refreshTable('table_0000', NEVER)), [
        { kind: 'failed', status: 'error', reason: 'networkDown' },
        sentenceOf('networkDown'),
      ]);
      // Each sign-in is given up after 8 s; the fourth one by the table's 30 s.
      assert.deepEqual([signIns, network.asked], [4, 0]);
      await assertUntouched();
    });

    it('ends a run after half a minute in which nobody answered', async () => {
      const { window, network } = await openWindow('assume-present');
      const { run } = await window.source.startRun({ trigger: 'command' });
      const { summary, causes } = await run.result;
      assert.equal(
        summaryText(summary, causes),
        'Refreshed 0 of 300 tables, 4 failed (4 not reached), 296 not attempted. ' +
          sentenceOf('networkDown'),
      );
      assert.deepEqual([signIns, network.asked], [4, 0]);
      await assertUntouched();
    });
  });
});

/** @returns what puts them back as they were */
function setVariables(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
}

import assert from 'node:assert/strict';
import type { RunResult } from '../../../src/engine/watchedRun.ts';
import { STAND_IN_FAULTS } from '../../../src/sample/standInFaults.ts';
import { summaryText } from '../../../src/host/runTexts.ts';
import { eligibleRegistrations } from '../../fixtures/agnesFile.ts';
import { FaultBench, UNTOUCHED, type FaultSetup, type FaultyWindow } from './faultBench.ts';
import { FAULT_CASES } from './faultCases.ts';
import { sentenceOf } from './faultWords.ts';

const TABLES = 300;
const CONCURRENCY = 4;
/** Five rounds of what is under way together: each round is one failure. */
const UNREACHED_REQUESTS = 5 * CONCURRENCY;

describe('a fault that meets every table', () => {
  let bench: FaultBench;
  let open: FaultyWindow | undefined;
  before(async () => {
    bench = await FaultBench.create(eligibleRegistrations(TABLES));
  });
  after(() => bench.dispose());
  afterEach(async () => {
    await open?.dispose();
    open = undefined;
  });

  async function runWith(setup: FaultSetup): Promise<RunResult & { readonly faulty: FaultyWindow }> {
    const faulty = await bench.open(setup);
    open = faulty;
    const { run } = await faulty.window.source.startRun({ trigger: 'command' });
    return { ...(await run.result), faulty };
  }

  async function countUntouched(): Promise<number> {
    const rows = Array.from((await bench.rows()).values(), (row) => row.join());
    return rows.filter((row) => row === UNTOUCHED.join()).length;
  }

  /** What a person is told of a run, and what the log warns of, which is no word more for three hundred tables. */
  function assertOneMessage({ summary, causes, failure, faulty }: Awaited<ReturnType<typeof runWith>>): void {
    const { reason, message } = failure ?? assert.fail('nothing ended the run');
    const { succeeded, notAttempted } = summary;
    assert.equal(
      summaryText(summary, causes),
      `Refreshed ${succeeded} of ${TABLES} tables, ${notAttempted} not attempted. ${sentenceOf(reason)}`,
    );
    const warnings = faulty.window.log.lines.filter((line) => /^(?:warn|error) /.test(line));
    assert.deepEqual(warnings, [`warn run ${summary.runId} ended early: ${message}`]);
  }

  for (const { name, fault, isEndpoint, ending, requests } of FAULT_CASES) {
    if (fault === undefined || ending.kind !== 'ended') continue;
    it(`${name}: the run ends, ${ending.reason}, after few requests and with one message`, async () => {
      const came = await runWith({ fault, isEndpoint });
      assert.equal(came.failure?.reason, ending.reason);
      assert.deepEqual([came.summary.notAttempted, came.summary.failed], [TABLES, 0]);
      assertOneMessage(came);
      assert.equal(await countUntouched(), TABLES);
      const asked = requests === 1 ? CONCURRENCY : UNREACHED_REQUESTS;
      const { network, standIn } = came.faulty;
      assert.equal(network.asked, asked);
      assert.equal(standIn.counts.received, fault.kind === 'noSuchHost' ? 0 : asked);
    });
  }

  for (const name of ['hang', 'hangInBody'] as const) {
    it(`${name}: the run ends after the fifth ten seconds in which nobody answered`, async () => {
      const { summary, causes, faulty } = await runWith({ fault: STAND_IN_FAULTS[name] });
      assert.equal(
        summaryText(summary, causes),
        'Refreshed 0 of 300 tables, 4 failed (4 without an answer in time), 296 not attempted. ' +
          sentenceOf('networkDown'),
      );
      assert.equal(await countUntouched(), TABLES);
      // Three attempts in the 30 s of four tables, two at four more.
      assert.equal(faulty.standIn.counts.received, UNREACHED_REQUESTS);
      const endedMs = 50_100;
      assert.equal(Math.trunc(summary.durationMs), endedMs);
    });
  }

  for (const [what, fault, requests] of [
    ['credentials are refused', STAND_IN_FAULTS.unauthorized, 1],
    ['quota is used up', STAND_IN_FAULTS.quotaExceeded, 1],
    ['network is gone', { kind: 'noSuchHost' }, 5],
  ] as const) {
    it(`keeps what was fetched before, when the ${what} in the middle of a run`, async () => {
      const isFaulty = (table: string): boolean => table >= 'table_0010';
      const came = await runWith({ fault, isFaulty, concurrency: 1 });
      assert.deepEqual([came.summary.succeeded, came.summary.notAttempted], [10, TABLES - 10]);
      assertOneMessage(came);
      assert.equal(came.faulty.network.asked, 10 + requests);
      assert.equal(await countUntouched(), TABLES - 10);
    });
  }

  it('is no end of a run where each table meets it once: all are stored', async () => {
    const { summary, failure, faulty } = await runWith({ fault: STAND_IN_FAULTS.reset, times: 1 });
    assert.deepEqual([failure, summary.succeeded], [undefined, TABLES]);
    assert.equal(faulty.standIn.counts.received, 2 * TABLES);
    assert.equal(await countUntouched(), 0);
  });
});

import assert from 'node:assert/strict';
import { summaryText } from '../../../src/host/runTexts.ts';
import { eligibleRegistrations, type FixtureRegistration } from '../../fixtures/agnesFile.ts';
import {
  FaultBench,
  refreshed,
  UNTOUCHED,
  type FaultSetup,
  type FaultyWindow,
  type SeenRow,
} from './faultBench.ts';
import { FAULT_CASES, HUGE, OTHER_PROJECT, type FaultCase } from './faultCases.ts';
import { countedAs, endingOf, sentenceOf, told } from './faultWords.ts';

const NEVER = new AbortController().signal;
const TABLES: readonly FixtureRegistration[] = eligibleRegistrations(6).map((registration) =>
  registration.id === 'table_0005'
    ? { ...registration, bqFqn: `${OTHER_PROJECT}.dataset.table_0005` }
    : registration,
);

describe('faults of BigQuery, to the row and to the reader', () => {
  let bench: FaultBench;
  let open: FaultyWindow | undefined;
  before(async () => {
    bench = await FaultBench.create(TABLES);
  });
  after(() => bench.dispose());
  afterEach(async () => {
    await open?.dispose();
    open = undefined;
  });

  async function openWindow(meets: FaultCase, more: FaultSetup = {}): Promise<FaultyWindow> {
    const { fault, resource, isEndpoint, table } = meets;
    open = await bench.open({ fault, resource, isEndpoint, isFaulty: (name) => name === table, ...more });
    return open;
  }

  describe('a refresh of one table', () => {
    for (const meets of FAULT_CASES) {
      const { name, table, ending, row } = meets;
      it(`that meets ${name}: ${briefly(meets)}`, async () => {
        const faulty = await openWindow(meets);
        const [came, sentence] = await told(faulty.window.source.refreshTable(table, NEVER));
        assert.deepEqual(came, ending);
        assert.equal(sentence, ending.kind === 'ok' ? undefined : sentenceOf(ending.reason));
        assertRows(await bench.rows(), { [table]: row }, UNTOUCHED);
        assertRequests(faulty, meets, 0);
      });
    }
  });

  describe('a refresh of one table whose first request alone', () => {
    for (const meets of FAULT_CASES) {
      const { name, table, againMs } = meets;
      if (againMs === undefined) continue;
      it(`meets ${name}: stored, asked again after ${againMs} ms`, async () => {
        const { window, network } = await openWindow(meets, { times: 1 });
        assert.deepEqual(await told(window.source.refreshTable(table, NEVER)), [{ kind: 'ok' }, undefined]);
        assertRows(await bench.rows(), { [table]: refreshed(againMs) }, UNTOUCHED);
        assert.equal(network.asked, 2);
      });
    }
  });

  describe('a refresh of all tables, of which one', () => {
    for (const meets of FAULT_CASES) {
      const { name, table, ending, row } = meets;
      it(`meets ${name}: the others are fresh`, async () => {
        const others = TABLES.length - 1;
        const faulty = await openWindow(meets, { othersFirst: others });
        const { run } = await faulty.window.source.startRun({ trigger: 'command' });
        const { summary, causes, outcomes, failure } = await run.result;
        for (const outcome of outcomes) {
          assert.deepEqual(endingOf(outcome), outcome.tableId === table ? ending : { kind: 'ok' });
        }
        assert.equal(failure?.reason, ending.kind === 'ended' ? ending.reason : undefined);
        assert.equal(summaryText(summary, causes), expectedSummary(meets));
        assert.deepEqual((await faulty.window.source.runs()).at(-1)?.summary, summary);
        assertRows(await bench.rows(), { [table]: row }, refreshed());
        assertRequests(faulty, meets, others);
      });
    }
  });

  describe('a refresh of all tables, of which each one', () => {
    for (const meets of FAULT_CASES) {
      const { name, ending, requests } = meets;
      if (ending.kind !== 'failed' || !['serviceUnavailable', 'rateLimited'].includes(ending.reason))
        continue;
      it(`meets ${name}: each is tried for its 30 s, and none is touched`, async () => {
        const { window, standIn } = await openWindow(meets, { isFaulty: () => true });
        const { run } = await window.source.startRun({ trigger: 'command' });
        const { summary, causes, failure } = await run.result;
        assert.equal(failure, undefined);
        assert.equal(
          summaryText(summary, causes),
          `Refreshed 0 of 6 tables, 6 failed (6 ${countedAs(ending.reason)}).`,
        );
        assertRows(await bench.rows(), {}, UNTOUCHED);
        assert.equal(standIn.counts.received, TABLES.length * requests);
      });
    }
  });

  it('a schema as large as BigQuery lets it be is stored whole', async () => {
    const meets = FAULT_CASES.find(({ name }) => name === HUGE) ?? assert.fail();
    const { window } = await openWindow(meets);
    await window.source.refreshTable(meets.table, NEVER);
    const [row] = await bench.query(
      `SELECT known_columns FROM bq_metadata_cache WHERE table_id = '${meets.table}'`,
    );
    const expected = meets.resource?.schema?.fields?.map(({ name }) => name) ?? assert.fail();
    // Not deepEqual: its message on twelve megabytes takes minutes.
    assert.ok(JSON.stringify(JSON.parse(String(row?.[0]))) === JSON.stringify(expected));
  });
});

function briefly({ ending, row }: FaultCase): string {
  if (ending.kind === 'ok') return 'ok';
  const kept = row === UNTOUCHED ? 'row untouched' : 'last good row with an error';
  return `${ending.kind} ${ending.reason}, ${kept}`;
}

function expectedSummary({ ending }: FaultCase): string {
  switch (ending.kind) {
    case 'ok':
      return 'Refreshed 6 of 6 tables.';
    case 'failed':
      return `Refreshed 5 of 6 tables, 1 failed (1 ${countedAs(ending.reason)}).`;
    case 'ended':
      return `Refreshed 5 of 6 tables, 1 not attempted. ${sentenceOf(ending.reason)}`;
  }
}

/** Each request arrived once, unless there was nowhere to send it. */
function assertRequests(
  { network, standIn, requestsFor }: FaultyWindow,
  { fault, table, requests }: FaultCase,
  others: number,
): void {
  const arrived = fault?.kind === 'noSuchHost' ? 0 : requests;
  assert.deepEqual(
    [network.asked, standIn.counts.received, requestsFor(table)],
    [others + requests, others + arrived, arrived],
  );
}

function assertRows(
  rows: ReadonlyMap<string, SeenRow>,
  named: Readonly<Record<string, SeenRow>>,
  others: SeenRow,
): void {
  const expected = TABLES.map(({ id }): [string, SeenRow] => [id ?? '', named[id ?? ''] ?? others]);
  assert.deepEqual([...rows].sort(byName), expected);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

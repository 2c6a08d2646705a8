import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  MAX_DATA_POLICIES,
  MAX_GLOB_LENGTH,
  judgeDataAge,
  resolveDataPolicies,
  type DataPolicies,
  type DataPolicy,
  type FindAddress,
} from '../../../src/core/dataFreshness.ts';
import { resolveAddress } from '../../../src/core/tableAddress.ts';
import { registration } from '../../fixtures/engineFakes.ts';

const SECOND = 1_000_000n;
const HOUR = 3_600n * SECOND;
const NOW = 1_780_000_000_000_000n;

const inProject: FindAddress = (one) => {
  const resolution = resolveAddress(one, 'my-project');
  return resolution.kind === 'address' ? resolution.address : undefined;
};
const nowhere: FindAddress = () => undefined;

describe('policies for the age of data', () => {
  it('are found by id, name, and address with and without the project', () => {
    const table = registration('t1', { name: 'Orders', bucket: 'sales', sourceTable: 'orders_v2' });
    for (const key of [
      't1',
      'Orders',
      'sales.orders_v2',
      'my-project.sales.orders_v2',
      'sales.*',
      '*Ord?rs',
    ]) {
      assert.equal(warnAfter(resolved({ [key]: { warnAfter: '12h' } }), table, inProject), 43_200n, key);
    }
    for (const key of ['t', 'orders', 'sales.t1', 'other-project.*', 'sales']) {
      assert.equal(resolved({ [key]: { warnAfter: '12h' } }).of(table, inProject), undefined, key);
    }
  });

  it('are found by dataset and table also where the project is not known', () => {
    const policies = resolved({ 'sales.t1': { warnAfter: '1h' } });
    assert.equal(warnAfter(policies, registration('t1'), nowhere), 3_600n);
    assert.equal(policies.of(registration('t1', { bucket: null }), nowhere), undefined);
  });

  it('are found by the physical address, and not by a bucket that is only a label', () => {
    const table = registration('t1', { bucket: 'label', bqFqn: 'other-project.finance.ledger' });
    assert.equal(warnAfter(resolved({ 'finance.ledger': { warnAfter: '1h' } }), table, inProject), 3_600n);
    assert.equal(resolved({ 'label.*': { warnAfter: '1h' } }).of(table, inProject), undefined);
  });

  it('the last that matches counts, globs and names alike, and null is none', () => {
    const [archive, orders, ledger] = ['archive_1', 'orders', 'ledger'].map((id) => registration(id));
    assert.ok(archive && orders && ledger);
    const policies = resolved({
      orders: { warnAfter: '1h' },
      'sales.*': { warnAfter: '2h' },
      'archive_*': null,
      ledger: { errorAfter: '3h' },
    });
    assert.equal(warnAfter(policies, orders, inProject), 7_200n);
    assert.equal(policies.of(archive, inProject), undefined);
    assert.deepEqual(policies.of(ledger, inProject), {
      warnAfterSeconds: null,
      errorAfterSeconds: 10_800n,
    });
    const again = resolved({ 'archive_*': null, 'sales.*': { warnAfter: '2h' }, ledger: null });
    assert.equal(warnAfter(again, archive, inProject), 7_200n);
    assert.equal(again.of(ledger, inProject), undefined);
  });

  it('are looked up once for a table, and anew when it is registered otherwise', () => {
    let asked = 0;
    const policies = resolved({ 'sales.*': { warnAfter: '1h' } });
    const find: FindAddress = (one) => {
      asked += 1;
      return inProject(one);
    };
    for (let reading = 0; reading < 3; reading += 1) policies.of(registration('t1'), find);
    assert.equal(asked, 1);
    assert.equal(policies.of(registration('t1', { bucket: 'other' }), find), undefined);
    assert.equal(asked, 2);
  });

  it('are looked up anew by other addresses', () => {
    const policies = resolved({ 'my-project.sales.t1': { warnAfter: '1h' } });
    assert.equal(policies.of(registration('t1'), nowhere), undefined);
    assert.equal(warnAfter(policies, registration('t1'), inProject), 3_600n);
  });

  const bad: readonly (readonly [name: string, value: unknown, sentence: RegExp])[] = [
    ['a number', 12, /neither null nor an object/],
    ['a list', [], /neither null nor an object/],
    ['nothing in it', {}, /neither warnAfter nor errorAfter/],
    ['dbt’s other spelling', { warn_after: '1h' }, /neither warnAfter nor errorAfter/],
    ['a unit that there is not', { warnAfter: '12w' }, /not a duration/],
    ['one limit right and one wrong', { warnAfter: '12h', errorAfter: 2 }, /not a duration/],
    ['no time at all', { errorAfter: '0h' }, /not a duration/],
  ];
  for (const [name, value, sentence] of bad) {
    it(`with ${name} are ignored, with a sentence in the log, and the others count`, () => {
      const { policies, warnings } = resolveDataPolicies({ t1: value, t2: { warnAfter: '1h' } });
      assert.equal(policies.of(registration('t1'), inProject), undefined);
      assert.equal(warnAfter(policies, registration('t2'), inProject), 3_600n);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', sentence);
      assert.match(
        warnings[0] ?? '',
        /^The entry "t1" of agnesFreshness\.dataFreshness .*; it is ignored\.$/,
      );
    });
  }

  it('are none where the setting is none, and a sentence where it is something else', () => {
    for (const nothing of [undefined, null, {}]) assert.deepEqual(resolveDataPolicies(nothing).warnings, []);
    for (const other of ['12h', 12, [], true]) assert.equal(resolveDataPolicies(other).warnings.length, 1);
  });

  it('are bounded in number and length, and so are the sentences about them', () => {
    const many = Object.fromEntries(
      Array.from({ length: MAX_DATA_POLICIES + 1 }, (_, i) => [`t_${i}`, { warnAfter: '1h' }]),
    );
    const { policies, warnings } = resolveDataPolicies(many);
    assert.equal(warnings.length, 1);
    assert.ok(policies.of(registration(`t_${MAX_DATA_POLICIES - 1}`), inProject));
    assert.equal(policies.of(registration(`t_${MAX_DATA_POLICIES}`), inProject), undefined);
    const long = resolveDataPolicies({ ['x\n'.repeat(MAX_GLOB_LENGTH)]: { warnAfter: '1h' } });
    assert.equal(long.warnings.length, 1);
    assert.ok((long.warnings[0]?.length ?? 0) < 400);
    assert.ok(!long.warnings[0]?.includes('\n'));
  });

  it('come of anything that a person may write, without an error', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (setting, id) => {
        resolveDataPolicies(setting).policies.of(registration(id, { name: id }), nowhere);
        resolveDataPolicies({ [id]: setting }).policies.of(registration(id), nowhere);
      }),
    );
  });
});

describe('age of data', () => {
  const both: DataPolicy = { warnAfterSeconds: 3_600n, errorAfterSeconds: 7_200n };
  const judge = (
    policy: DataPolicy,
    ageMicros: bigint,
    refreshedAt: bigint | null = NOW,
    now = NOW,
  ): string => {
    const lastModified = { at: NOW - ageMicros, observedAt: NOW };
    const age = judgeDataAge(policy, lastModified, refreshedAt, now);
    return age === undefined ? 'none' : `${age.verdict} ${age.limitSeconds}`;
  };

  it('passes up to and including a limit, and names the limit that decided', () => {
    assert.equal(judge(both, HOUR), 'pass 3600');
    assert.equal(judge(both, HOUR + 1n), 'warn 3600');
    assert.equal(judge(both, 2n * HOUR), 'warn 3600');
    assert.equal(judge(both, 2n * HOUR + 1n), 'error 7200');
    assert.equal(judge(both, -HOUR), 'pass 3600');
  });

  it('takes either limit alone, and an error limit below the other as what it is', () => {
    assert.equal(judge({ warnAfterSeconds: 3_600n, errorAfterSeconds: null }, 99n * HOUR), 'warn 3600');
    assert.equal(judge({ warnAfterSeconds: null, errorAfterSeconds: 7_200n }, HOUR), 'pass 7200');
    assert.equal(judge({ warnAfterSeconds: 7_200n, errorAfterSeconds: 3_600n }, HOUR + 1n), 'error 3600');
  });

  it('grows while nobody has refreshed the table since, and is not known once somebody has', () => {
    const later = NOW + 5n * HOUR;
    assert.equal(judge(both, 0n, NOW, later), 'error 7200');
    assert.equal(judge(both, 0n, null, later), 'error 7200');
    assert.equal(judge(both, 0n, NOW - 1n, later), 'error 7200');
    for (const age of [0n, HOUR + 1n, 99n * HOUR]) {
      assert.equal(judge(both, age, NOW + 1n, later), 'none', String(age));
    }
  });
});

function resolved(setting: object): DataPolicies {
  const { policies, warnings } = resolveDataPolicies(setting);
  assert.deepEqual(warnings, []);
  return policies;
}

function warnAfter(
  policies: DataPolicies,
  table: ReturnType<typeof registration>,
  find: FindAddress,
): bigint | null | undefined {
  return policies.of(table, find)?.warnAfterSeconds;
}

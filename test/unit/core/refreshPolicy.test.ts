import assert from 'node:assert/strict';
import { parsePythonInteger } from '../../../src/core/pythonInteger.ts';
import {
  CONCURRENCY_VARIABLE,
  INTERVAL_VARIABLE,
  parseDuration,
  resolveRefreshPolicy,
} from '../../../src/core/refreshPolicy.ts';
import { differenceOf } from '../../fixtures/deliberateDifferences.ts';
import { readVectors } from '../../fixtures/vectors.ts';

interface ConfigVector {
  readonly value: string | null;
  readonly interval: number | bigint;
  readonly threshold: number | bigint;
  readonly concurrency: number | bigint;
}

describe('interval, threshold and concurrency', () => {
  for (const vector of readVectors<ConfigVector>('config')) {
    it(`${vector.id} ${JSON.stringify(vector.value).slice(0, 40)}`, () => {
      const value = vector.value ?? undefined;
      const environment = { [INTERVAL_VARIABLE]: value, [CONCURRENCY_VARIABLE]: value };
      const { policy } = resolveRefreshPolicy({}, environment);
      assert.equal(policy.intervalSeconds, BigInt(vector.interval));
      assert.equal(policy.thresholdSeconds, BigInt(vector.threshold));
      assert.equal(
        policy.concurrency,
        differenceOf(vector.id) === undefined ? Number(vector.concurrency) : 64,
      );
    });
  }

  it('takes the setting before the environment, and the environment before the default', () => {
    const environment = { [INTERVAL_VARIABLE]: '600', [CONCURRENCY_VARIABLE]: '7' };
    const set = resolveRefreshPolicy({ interval: '90m', threshold: '1d', concurrency: 2 }, environment);
    assert.deepEqual(set.policy, {
      intervalSeconds: 5_400n,
      thresholdSeconds: 86_400n,
      concurrency: 2,
      requestsPerSecond: 80,
    });
    const unset = resolveRefreshPolicy({ interval: '', threshold: '', concurrency: null }, environment);
    assert.deepEqual(unset.policy, {
      intervalSeconds: 600n,
      thresholdSeconds: 1_200n,
      concurrency: 7,
      requestsPerSecond: 80,
    });
    assert.deepEqual(unset.warnings, []);
  });

  it('warns of each value that it can’t use, and goes on without it', () => {
    const { policy, warnings } = resolveRefreshPolicy(
      { interval: 'soon', threshold: '0h', concurrency: 65 },
      { [INTERVAL_VARIABLE]: 'x', [CONCURRENCY_VARIABLE]: '1000' },
    );
    assert.deepEqual(policy, {
      intervalSeconds: 14_400n,
      thresholdSeconds: 28_800n,
      concurrency: 64,
      requestsPerSecond: 80,
    });
    assert.equal(warnings.length, 5);
  });

  it('takes auto from the setting alone: the variable is Agnes’s, and Agnes knows numbers only', () => {
    const environment = { [CONCURRENCY_VARIABLE]: 'auto' };
    const set = resolveRefreshPolicy({ concurrency: 'auto' }, environment);
    assert.equal(set.policy.concurrency, 'auto');
    const unset = resolveRefreshPolicy({}, environment);
    assert.equal(unset.policy.concurrency, 4);
    assert.equal(unset.warnings.length, 1);
  });

  it('takes no rate that would stop every request, or that BigQuery refuses', () => {
    const rateOf = (requestsPerSecond: unknown): number =>
      resolveRefreshPolicy({ requestsPerSecond }, {}).policy.requestsPerSecond;
    assert.deepEqual([1, 37, 100].map(rateOf), [1, 37, 100]);
    for (const bad of [0, 101, 2.5, '50', null, undefined, Number.NaN]) assert.equal(rateOf(bad), 80);
    assert.equal(resolveRefreshPolicy({ requestsPerSecond: 0 }, {}).warnings.length, 1);
  });

  it('reads durations with their unit', () => {
    assert.equal(parseDuration(' 4h '), 14_400n);
    assert.equal(parseDuration('30S'), 30n);
    for (const bad of ['4', '0m', '-1h', '1.5h', '4 hours', '366d', ''])
      assert.equal(parseDuration(bad), undefined, bad);
  });

  it('strips the ASCII separators only from text that is not ASCII alone, as Python does', () => {
    assert.equal(parsePythonInteger('\u001c5'), undefined);
    assert.equal(parsePythonInteger('\u001c٥'), 5n);
  });
});

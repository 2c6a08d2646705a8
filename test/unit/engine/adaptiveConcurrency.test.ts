import assert from 'node:assert/strict';
import { AdaptiveConcurrency } from '../../../src/engine/asking/adaptiveConcurrency.ts';

describe('adaptive concurrency', () => {
  it('takes a number from the start and never goes above it', () => {
    const concurrency = new AdaptiveConcurrency(16);
    answer(concurrency, 1_000);
    assert.equal(concurrency.limit, 16);
  });

  it('cuts once for all the refusals of one moment', () => {
    const concurrency = new AdaptiveConcurrency(10);
    for (const nowMs of [0, 1, 250, 499]) concurrency.recordRateLimited(nowMs);
    assert.equal(concurrency.limit, 6);
    concurrency.recordRateLimited(500);
    assert.equal(concurrency.limit, 3);
  });

  it('never forbids the last request', () => {
    const concurrency = new AdaptiveConcurrency(64);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 500) concurrency.recordRateLimited(nowMs);
    assert.equal(concurrency.limit, 1);
  });

  it('grows back to the number, by one for as many answers as there may be requests', () => {
    const concurrency = new AdaptiveConcurrency(6);
    concurrency.recordRateLimited(0);
    assert.equal(concurrency.limit, 3);
    answer(concurrency, 2);
    assert.equal(concurrency.limit, 3);
    answer(concurrency, 1);
    assert.equal(concurrency.limit, 4);
    answer(concurrency, 4 + 5);
    assert.equal(concurrency.limit, 6);
    answer(concurrency, 100);
    assert.equal(concurrency.limit, 6);
  });

  it('finds out by itself how many BigQuery bears with auto, from 4 to 32', () => {
    const concurrency = new AdaptiveConcurrency('auto');
    assert.equal(concurrency.limit, 4);
    answer(concurrency, 4 + 5 + 6);
    assert.equal(concurrency.limit, 7);
    answer(concurrency, 5_000);
    assert.equal(concurrency.limit, 32);
    concurrency.recordRateLimited(0);
    assert.equal(concurrency.limit, 19);
    answer(concurrency, 19);
    assert.equal(concurrency.limit, 20);
  });

  it('does not grow by answers to single tables: they never were as many as they may be', () => {
    const concurrency = new AdaptiveConcurrency('auto');
    for (let i = 0; i < 1_000; i += 1) concurrency.recordAnswer(1);
    assert.equal(concurrency.limit, 4);
  });
});

/** Answers while every place is taken. */
function answer(concurrency: AdaptiveConcurrency, times: number): void {
  for (let i = 0; i < times; i += 1) concurrency.recordAnswer(concurrency.limit);
}

import assert from 'node:assert/strict';
import { TokenBucket } from '../../../src/engine/asking/tokenBucket.ts';

describe('token bucket', () => {
  it('begins with a tenth of a second’s tokens, then gives one after the other', () => {
    const bucket = new TokenBucket(80, 0);
    assert.equal(takeAll(bucket, 0), 8);
    assert.equal(bucket.waitMs(0), 13); // 12.5
    assert.equal(takeAll(bucket, 12), 0);
    assert.equal(takeAll(bucket, 13), 1);
    assert.equal(takeAll(bucket, 25), 1);
  });

  it('saves up no more than its burst, however long nobody came', () => {
    const bucket = new TokenBucket(80, 0);
    assert.equal(takeAll(bucket, 3_600_000), 8);
  });

  it('lets one request through at the lowest rate too', () => {
    const bucket = new TokenBucket(1, 0);
    assert.equal(takeAll(bucket, 0), 1);
    assert.equal(bucket.waitMs(0), 1_000);
    assert.equal(takeAll(bucket, 999), 0);
    assert.equal(takeAll(bucket, 1_000), 1);
  });

  it('keeps its level when the rate changes: a new refresh is not a new burst', () => {
    const bucket = new TokenBucket(80, 0);
    assert.equal(takeAll(bucket, 0), 8);
    bucket.setRate(100, 0);
    assert.equal(takeAll(bucket, 0), 0);
    assert.equal(takeAll(bucket, 1_000), 10);
    bucket.setRate(10, 2_000);
    assert.equal(takeAll(bucket, 2_000), 1);
  });

  it('gives nothing while it is held back, and an earlier moment does not shorten that', () => {
    const bucket = new TokenBucket(80, 0);
    bucket.holdUntil(5_000);
    bucket.holdUntil(1_000);
    assert.equal(takeAll(bucket, 4_999), 0);
    assert.equal(bucket.waitMs(4_999), 1);
    assert.equal(takeAll(bucket, 5_000), 8);
  });

  it('never says that there is nothing to wait for, which would be a hot loop', () => {
    const bucket = new TokenBucket(80, 0.3);
    takeAll(bucket, 0.3);
    for (const now of [0.4, 7.1, 12.799_999_999]) {
      const wait = bucket.waitMs(now);
      assert.ok(Number.isInteger(wait) && wait >= 1, `${wait}`);
    }
  });
});

function takeAll(bucket: TokenBucket, nowMs: number): number {
  let taken = 0;
  while (bucket.tryTake(nowMs)) taken += 1;
  return taken;
}

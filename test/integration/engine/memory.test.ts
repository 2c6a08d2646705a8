import assert from 'node:assert/strict';
import { measureRefresh } from '../../../bench/measureRefresh.ts';

const TABLES = 10_000;
/** Five times as many as can be set, so that it takes 20 s. Being slower takes no more memory. */
const REQUESTS_PER_SECOND = 500;
/** What a refresh may take above having read everything: a requirement. */
const MAX_GROWTH_MB = 300;

describe('a refresh of 10,000 tables with 200 columns each', () => {
  it('takes less than 300 MB, window and child together, and ends the child when that has nothing more to do', async function () {
    if (process.platform !== 'linux') this.skip(); // only Linux tells the memory of another process, in /proc
    this.timeout(120_000);
    // Resolves when the child is gone.
    const { succeeded, idleMb, peakMb } = await measureRefresh(TABLES, REQUESTS_PER_SECOND);
    assert.equal(succeeded, TABLES);
    assert.ok(peakMb - idleMb < MAX_GROWTH_MB, `${peakMb} MB at most, ${idleMb} MB before`);
  });
});

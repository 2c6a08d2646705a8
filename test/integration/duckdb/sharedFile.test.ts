import assert from 'node:assert/strict';
import { link, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isNetworkFilesystem, isUncPath } from '../../../src/adapters/duckdb/networkFilesystems.ts';
import { inspectSharedFile } from '../../../src/adapters/duckdb/sharedFile.ts';
import { eligibleRegistrations, writeAgnesFile } from '../../fixtures/agnesFile.ts';
import { Bench, assertReason, resultsOf, success } from './harness.ts';

const NFS = 0x6969n;
const EXT4 = 0xef53n;

describe('the shared file from outside', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
    await writeAgnesFile(bench.path(), { era: 'current', registrations: eligibleRegistrations(1) });
  });
  afterEach(() => bench.dispose());

  it('is known by its realpath', async () => {
    await symlink(bench.path(), bench.path('link'));
    assert.deepEqual(await inspectSharedFile(bench.path('link')), {
      realPath: join(await realpath(bench.folder), 'system.duckdb'),
      writeObstacle: undefined,
    });
    const store = bench.store(bench.path('link'));
    assert.deepEqual(await resultsOf(store.storeOutcomes([success('table_0000')])), ['stored']);
  });

  it('is read only when it has a second hard link', async () => {
    await link(bench.path(), bench.path('second'));
    const store = bench.store();
    const { rows, writeObstacle } = await store.readCatalog();
    assert.deepEqual([rows.length, writeObstacle?.reason], [1, 'fileHardLinked']);
    await assertReason(store.storeOutcomes([success('table_0000')]), 'fileHardLinked');
  });

  it('is read only on a network mount', async () => {
    const on = async (filesystem: bigint): Promise<string | undefined> =>
      (
        await inspectSharedFile(bench.path(), {
          platform: 'linux',
          filesystemType: () => Promise.resolve(filesystem),
        })
      ).writeObstacle?.reason;
    assert.equal(await on(NFS), 'fileOnNetworkMount');
    assert.equal(await on(EXT4), undefined);
  });

  it('knows CIFS also where the number comes back negative, and FUSE', () => {
    assert.ok(isNetworkFilesystem(0xff534d42n));
    assert.ok(isNetworkFilesystem(0xff534d42n - 2n ** 32n));
    assert.ok(isNetworkFilesystem(0x65735546n));
    assert.ok(!isNetworkFilesystem(0x01021994n)); // tmpfs
  });

  it('knows a Windows share from a drive', () => {
    assert.ok(isUncPath('\\\\server\\share\\system.duckdb'));
    assert.ok(isUncPath('\\\\?\\UNC\\server\\share\\system.duckdb'));
    assert.ok(!isUncPath('\\\\?\\C:\\data\\system.duckdb'));
    assert.ok(!isUncPath('C:\\data\\system.duckdb'));
  });
});

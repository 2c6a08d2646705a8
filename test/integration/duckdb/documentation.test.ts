import assert from 'node:assert/strict';
import { MAX_GOTCHAS } from '../../../src/core/gotchas.ts';
import {
  INELIGIBLE_REGISTRATIONS,
  withPlainDuckDb,
  writeAgnesFile,
  type AgnesFileContents,
} from '../../fixtures/agnesFile.ts';
import { Bench } from './harness.ts';

const NOTHING = {
  knownColumns: null,
  description: null,
  folder: null,
  grain: null,
  gotchas: [],
  thingsToKnow: null,
};

describe('what is written about tables', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.create();
  });
  afterEach(() => bench.dispose());

  const write = (contents: AgnesFileContents): Promise<void> => writeAgnesFile(bench.path(), contents);

  for (const upgraded of [false, true]) {
    it(`is read with the columns of one table: current, ${upgraded ? 'upgraded' : 'fresh'}`, async () => {
      await write({
        era: 'current',
        upgraded,
        registrations: [
          {
            id: 'a',
            folder: 'Finance',
            description: 'Orders',
            grain: 'One order',
            gotchas: '[{"key": true, "body": "Net of tax"}, {"key": false, "body": "Late"}]',
            thingsToKnow: '# Read me',
          },
          { id: 'b' },
          { id: 'c', folder: ' ', description: '', grain: '', gotchas: '', thingsToKnow: '' },
        ],
        cached: [
          { tableId: 'a', knownColumns: '["id", null]' },
          { tableId: 'c', knownColumns: '[]' },
        ],
      });
      const store = bench.store();
      assert.deepEqual(await store.readDetails('a'), {
        knownColumns: ['id', 'None'],
        description: 'Orders',
        folder: 'Finance',
        grain: 'One order',
        gotchas: [
          { text: 'Net of tax', isKey: true },
          { text: 'Late', isKey: false },
        ],
        thingsToKnow: '# Read me',
      });
      assert.deepEqual(await store.readDetails('b'), NOTHING);
      assert.deepEqual(await store.readDetails('c'), { ...NOTHING, knownColumns: [] });
      assert.equal(await store.readDetails('d'), null);
    });

    it(`is as much as the file has a column for: 0.52, ${upgraded ? 'upgraded' : 'fresh'}`, async () => {
      await write({ era: '0.52', upgraded, registrations: [{ id: 'a', folder: 'F', description: 'd' }] });
      const store = bench.store();
      assert.deepEqual(await store.readDetails('a'), { ...NOTHING, folder: 'F', description: 'd' });
      assert.deepEqual(await store.readDescriptions(), new Map([['a', 'd']]));
    });
  }

  it('is none where the gotchas can’t be read, or are longer than any are', async () => {
    await write({
      era: 'current',
      registrations: [
        { id: 'a', description: 'd', gotchas: '[{"key": true, "body": "cut o' },
        { id: 'b', gotchas: '{"key": true, "body": "no list"}' },
        { id: 'c', gotchas: '["Net", {"body": 5}, {"key": true, "body": "kept"}]' },
        { id: 'd' },
      ],
      extraSql: [
        `UPDATE table_registry SET gotchas = '[{"key": true, "body": "' || repeat('x', 17000000) || '"}]' WHERE id = 'd'`,
      ],
    });
    const store = bench.store();
    assert.deepEqual(await store.readDetails('a'), { ...NOTHING, description: 'd' });
    assert.deepEqual((await store.readDetails('b'))?.gotchas, []);
    assert.deepEqual((await store.readDetails('c'))?.gotchas, [{ text: 'kept', isKey: true }]);
    assert.deepEqual((await store.readDetails('d'))?.gotchas, []);
  });

  it('is cut where it is long, by whole characters', async () => {
    const long = '😀'.repeat(70_000);
    const gotchas = Array.from({ length: 60 }, () => ({ key: false, body: '😀'.repeat(5_000) }));
    await write({
      era: 'current',
      registrations: [
        { id: 'a', description: long, grain: long, thingsToKnow: long, gotchas: JSON.stringify(gotchas) },
      ],
    });
    const details = await bench.store().readDetails('a');
    const kept = '😀'.repeat(65_536);
    assert.equal(details?.description, kept);
    assert.equal(details.grain, kept);
    assert.equal(details.thingsToKnow, kept);
    assert.equal(details.gotchas.length, MAX_GOTCHAS);
    assert.equal(details.gotchas[0]?.text, '😀'.repeat(4_096));
  });

  it('begins, for a list, with what describes each table that is refreshed and has a description', async () => {
    await write({
      era: 'current',
      registrations: [
        { id: 'a', description: 'Orders\nof all shops' },
        { id: 'b', description: '' },
        { id: 'c', description: '  ' },
        { id: 'd' },
        { id: 'e', description: `${'😀'.repeat(300)}b` },
        ...INELIGIBLE_REGISTRATIONS.map((row) => ({ ...row, description: 'not refreshed' })),
      ],
    });
    assert.deepEqual(
      await bench.store().readDescriptions(),
      new Map([
        ['a', 'Orders\nof all shops'],
        ['e', '😀'.repeat(300)],
      ]),
    );
  });

  it('is of the first row where a file has an id twice, and none where a registry describes nothing', async () => {
    await withPlainDuckDb(bench.path(), async (connection) => {
      await connection.run(
        'CREATE TABLE table_registry (id VARCHAR, query_mode VARCHAR, source_type VARCHAR, description VARCHAR)',
      );
      await connection.run(`INSERT INTO table_registry VALUES ('a', 'remote', 'bigquery', 'first'),
        ('a', 'remote', 'bigquery', 'second'), (NULL, 'remote', 'bigquery', 'nobody’s')`);
    });
    assert.deepEqual(await bench.store().readDescriptions(), new Map([['a', 'first']]));
    await withPlainDuckDb(bench.path('bare'), async (connection) => {
      await connection.run(
        "CREATE TABLE table_registry AS SELECT 'a' AS id, 'remote' AS query_mode, 'bigquery' AS source_type",
      );
    });
    assert.deepEqual(await bench.store(bench.path('bare')).readDescriptions(), new Map());
  });
});

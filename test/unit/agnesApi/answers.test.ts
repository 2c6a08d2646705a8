import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { GenericSchema, InferOutput } from 'valibot';
import {
  toRegistrations,
  toStatus,
  toTableAnswer,
  toTables,
} from '../../../src/adapters/agnesApi/answerMapping.ts';
import {
  catalogAnswer,
  exchangeAnswer,
  registryAnswer,
  runAnswer,
  statusAnswer,
  tableAnswer,
} from '../../../src/adapters/agnesApi/answerSchemas.ts';
import { readAnswer, readJson } from '../../../src/adapters/agnesApi/readAnswer.ts';
import type { Gotcha } from '../../../src/core/cachedMetadata.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { decodeGotchas } from '../../../src/core/gotchas.ts';
import type {
  ServerRegistration,
  ServerStatus,
  ServerStatusRow,
  ServerTable,
} from '../../../src/ports/agnesServer.ts';
import { failsWith } from './answeringClient.ts';

const HUGE = 9_007_199_254_740_993n;
/** 2026-05-12T10:00:00.123456Z */
const AT = 1_778_580_000_123_456n;

/** As JSON on its way, where a `bigint` is a plain number. */
function sent(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'bigint' ? `big:${field}` : field,
  );
  return readJson(text.replaceAll(/"big:(-?\d+)"/g, '$1'));
}

function read<TSchema extends GenericSchema>(schema: TSchema, value: unknown): InferOutput<TSchema> {
  return readAnswer(schema, sent(value), 'GET /x');
}

/** What is wrong with it, without the endpoint. */
function wrong(schema: GenericSchema, value: unknown): string {
  try {
    read(schema, value);
  } catch (thrown) {
    assert.ok(thrown instanceof AgnesFailure && thrown.reason === 'serverAnswerInvalid');
    const { detail = '' } = thrown;
    assert.ok(detail.startsWith('GET /x: '), detail);
    return detail.slice('GET /x: '.length);
  }
  return 'nothing';
}

/** A table of 0.52; what later servers add is in `catalogRow`. */
const oldCatalogRow = {
  id: 'orders',
  name: 'Orders',
  description: 'All orders',
  source_type: 'bigquery',
  query_mode: 'remote',
  sql_flavor: 'bigquery',
  where_examples: ["event_date > '2026-01-01'"],
  fetch_via: 'agnes query',
  rough_size_hint: 'small',
  rows: 5,
  size_bytes: 6,
  partition_by: 'event_date',
  clustered_by: ['country_code'],
  entity_type: 'BASE TABLE',
  metadata_freshness: 'fresh',
};
const catalogRow = { ...oldCatalogRow, server_only: false, of_a_later_server: { any: [1] } };

function tables(...rows: readonly object[]): readonly ServerTable[] {
  return toTables(read(catalogAnswer, { tables: rows, server_time: 'not read', later: 1 }));
}

const statusRow = {
  table_id: 'orders',
  refreshed_at: '2026-05-12T10:00:00.123456',
  rows: 5,
  size_bytes: 6,
  partition_by: 'event_date',
  clustered_by: ['country_code'],
  entity_type: 'BASE TABLE',
  known_columns: ['event_date', 'country_code'],
  error_at: null,
  error_msg: null,
  freshness: 'fresh',
};
const statusHead = {
  scheduler_interval_seconds: 14_400,
  fresh_threshold_seconds: 28_800,
  server_time: '2026-05-12T11:00:00+00:00',
};

function readStatus(...rows: readonly object[]): {
  readonly status: ServerStatus;
  readonly unreadableTimes: number;
} {
  return toStatus(read(statusAnswer, { ...statusHead, tables: rows }));
}

function statusOf(row: object): ServerStatusRow {
  const [only] = readStatus({ ...statusRow, ...row }).status.rows;
  assert.ok(only !== undefined);
  return only;
}

const oldRegistryRow = {
  id: 'orders',
  name: 'Orders',
  source_type: 'bigquery',
  query_mode: 'remote',
  bucket: 'sales',
  source_table: 'orders_v2',
  folder: 'Sales',
  primary_key: ['id'],
};

function registrations(row: object): readonly ServerRegistration[] {
  return toRegistrations(read(registryAnswer, { tables: [row], count: 1 }));
}

const run = {
  run_id: '3fa9c1d2',
  started_at: '2026-08-22T10:00:00.123456+00:00',
  total: 12,
  succeeded: 10,
  no_data: 1,
  failed: 1,
  duration_ms: 98_123,
};

describe('the catalog of a server', () => {
  const table: ServerTable = {
    id: 'orders',
    name: 'Orders',
    description: 'All orders',
    sourceType: 'bigquery',
    queryMode: 'remote',
    partitionBy: 'event_date',
    clusteredBy: ['country_code'],
    hasWhereExamples: true,
    freshness: 'fresh',
  };

  it('is read from servers of either time, without what they have beyond it', () => {
    assert.deepEqual(tables(oldCatalogRow), [table]);
    assert.deepEqual(tables(catalogRow), [table]);
  });

  it('keeps the order of the server', () => {
    const ids = ['b', 'a', '10', '9', '__proto__'];
    const rows = ids.map((id) => ({ ...catalogRow, id }));
    assert.deepEqual(
      tables(...rows).map(({ id }) => id),
      ids,
    );
  });

  it('takes empty, null and absent for not known', () => {
    const nothing: ServerTable = {
      id: 'orders',
      name: 'orders',
      description: null,
      sourceType: null,
      queryMode: null,
      partitionBy: null,
      clusteredBy: [],
      hasWhereExamples: false,
      freshness: 'never_fetched',
    };
    const names = ['name', 'description', 'source_type', 'query_mode', 'partition_by'];
    for (const none of ['', null, undefined]) {
      const lists = none === '' ? [] : none;
      const row = Object.fromEntries(names.map((name) => [name, none]));
      const withLists = { ...row, clustered_by: lists, where_examples: lists };
      assert.deepEqual(tables({ id: 'orders', metadata_freshness: 'never_fetched', ...withLists }), [
        nothing,
      ]);
    }
  });

  it('keeps a text of white space, and every other', () => {
    assert.equal(tables({ ...catalogRow, name: ' ' })[0]?.name, ' ');
    assert.equal(tables({ ...catalogRow, id: '', name: '' })[0]?.name, '');
  });

  it('knows each freshness', () => {
    for (const word of ['fresh', 'stale', 'error', 'never_fetched', 'not_applicable']) {
      assert.equal(tables({ ...catalogRow, metadata_freshness: word })[0]?.freshness, word);
    }
  });

  describe('with a freshness that is not known here', () => {
    for (const word of [undefined, null, '', 'ageing', 7, ['fresh']]) {
      it(`${JSON.stringify(word)} hides no table`, () => {
        const freshnessOf = (row: object): string | undefined =>
          tables(catalogRow, { ...catalogRow, ...row, metadata_freshness: word })[1]?.freshness;
        assert.equal(freshnessOf({}), 'stale');
        // what is not told may be remote and in BigQuery
        assert.equal(freshnessOf({ source_type: null }), 'stale');
        assert.equal(freshnessOf({ query_mode: '' }), 'stale');
        assert.equal(freshnessOf({ source_type: null, query_mode: null }), 'stale');
        assert.equal(freshnessOf({ query_mode: 'local' }), 'not_applicable');
        assert.equal(freshnessOf({ query_mode: 'materialized' }), 'not_applicable');
        assert.equal(freshnessOf({ source_type: 'keboola' }), 'not_applicable');
        assert.equal(freshnessOf({ source_type: 'databricks', query_mode: null }), 'not_applicable');
      });
    }
  });

  it('is empty where the server has no table for this user', () => {
    assert.deepEqual(tables(), []);
  });
});

describe('the status of a server', () => {
  it('is the rule, the clock and a row for each table', () => {
    assert.deepEqual(readStatus(statusRow, { ...statusRow, table_id: 'visits', later: 1 }), {
      unreadableTimes: 0,
      status: {
        intervalSeconds: 14_400n,
        thresholdSeconds: 28_800n,
        serverTime: AT - 123_456n + 3_600_000_000n,
        rows: ['orders', 'visits'].map((tableId) => ({
          tableId,
          refreshedAt: AT,
          errorAt: null,
          errorMessage: null,
          rows: 5n,
          sizeBytes: 6n,
          partitionBy: 'event_date',
          clusteredBy: ['country_code'],
          entityType: 'BASE TABLE',
          knownColumns: ['event_date', 'country_code'],
        })),
      },
    });
  });

  it('has exact numbers over the whole range of the columns', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (count) => {
        const { rows, sizeBytes } = statusOf({ rows: count, size_bytes: count });
        assert.deepEqual([rows, sizeBytes], [count, count]);
      }),
    );
    assert.equal(statusOf({ rows: HUGE }).rows, HUGE);
  });

  it('tells zero from not known', () => {
    const zero = statusOf({ rows: 0, size_bytes: 0 });
    assert.deepEqual([zero.rows, zero.sizeBytes], [0n, 0n]);
    const unknown = statusOf({ rows: null, size_bytes: null });
    assert.deepEqual([unknown.rows, unknown.sizeBytes], [null, null]);
  });

  it('takes intervals of any length', () => {
    const seconds = 2n ** 70n;
    const { status } = toStatus(
      read(statusAnswer, {
        ...statusHead,
        scheduler_interval_seconds: seconds,
        fresh_threshold_seconds: 2n * seconds,
        tables: [],
      }),
    );
    assert.deepEqual([status.intervalSeconds, status.thresholdSeconds], [seconds, 2n * seconds]);
  });

  it('takes a time without an offset for UTC, and honours one with it', () => {
    const times: readonly (readonly [string, bigint])[] = [
      ['2026-05-12T10:00:00.123456', AT],
      ['2026-05-12T10:00:00', AT - 123_456n],
      ['2026-05-12 10:00:00.123456', AT],
      ['2026-05-12T10:00:00.123456+00:00', AT],
      ['2026-05-12T10:00:00.123456Z', AT],
      ['2026-05-12T12:00:00.123456+02:00', AT],
      ['2026-05-12T05:30:00.123456-04:30', AT],
    ];
    for (const [text, time] of times) {
      const { refreshedAt, errorAt } = statusOf({ refreshed_at: text, error_at: text });
      assert.deepEqual([refreshedAt, errorAt], [time, time], text);
      const { status } = toStatus(read(statusAnswer, { ...statusHead, server_time: text, tables: [] }));
      assert.equal(status.serverTime, time, text);
    }
  });

  it('takes a time of a table that can’t be read for not known, and counts it', () => {
    for (const text of ['soon', '', '2026-02-30T10:00:00', '0000-01-01T00:00:00', '1778580000']) {
      const { status, unreadableTimes } = readStatus(
        { ...statusRow, refreshed_at: text, error_at: text },
        { ...statusRow, table_id: 'visits', error_at: text },
        { ...statusRow, table_id: 'leads', refreshed_at: null },
      );
      assert.equal(unreadableTimes, 3, text);
      assert.deepEqual(
        status.rows.map((row) => [row.refreshedAt, row.errorAt]),
        [
          [null, null],
          [AT, null],
          [null, null],
        ],
      );
    }
  });

  it('takes empty texts and absent lists for not known', () => {
    const none = statusOf({
      error_msg: '',
      partition_by: '',
      entity_type: '',
      clustered_by: null,
      known_columns: null,
    });
    assert.deepEqual(
      [none.errorMessage, none.partitionBy, none.entityType, none.clusteredBy, none.knownColumns],
      [null, null, null, [], []],
    );
  });
});

describe('the registry of a server', () => {
  const registration: ServerRegistration = {
    id: 'orders',
    sourceType: 'bigquery',
    queryMode: 'remote',
    bucket: 'sales',
    sourceTable: 'orders_v2',
    bqFqn: null,
    folder: 'Sales',
    grain: null,
    gotchasText: null,
    thingsToKnow: null,
  };
  const documentation = (row: object): readonly (string | null)[] =>
    registrations({ ...oldRegistryRow, ...row }).flatMap((one) => [
      one.grain,
      one.gotchasText,
      one.thingsToKnow,
    ]);
  const gotchasOf = (gotchas: unknown): readonly Gotcha[] =>
    decodeGotchas(documentation({ gotchas })[1] ?? null);

  it('is read from servers of either time', () => {
    assert.deepEqual(registrations(oldRegistryRow), [registration]);
    const row = { ...oldRegistryRow, bq_fqn: 'acme.sales.orders_v2', server_only: true, gotchas: [] };
    assert.deepEqual(registrations(row), [{ ...registration, bqFqn: 'acme.sales.orders_v2' }]);
  });

  it('takes empty and null for not known', () => {
    const places = ['source_type', 'query_mode', 'bucket', 'source_table', 'bq_fqn', 'folder'];
    const names = [...places, 'grain', 'gotchas', 'things_to_know'];
    for (const none of ['', null, undefined]) {
      const row = Object.fromEntries(names.map((name) => [name, none]));
      assert.deepEqual(registrations({ ...row, id: 'orders' }), [
        {
          id: 'orders',
          sourceType: null,
          queryMode: null,
          bucket: null,
          sourceTable: null,
          bqFqn: null,
          folder: null,
          grain: null,
          gotchasText: null,
          thingsToKnow: null,
        },
      ]);
    }
  });

  it('has what people wrote of the table', () => {
    const row = { grain: 'One order.', things_to_know: 'Loaded hourly.\nSince 2019.' };
    assert.deepEqual(documentation(row), ['One order.', null, 'Loaded hourly.\nSince 2019.']);
    assert.deepEqual(documentation({ grain: ' ', things_to_know: '\n' }), [null, null, null]);
  });

  it('has gotchas from a list, and from the text of one', () => {
    const list = [
      { key: true, body: 'Some are cancelled.', later: 1 },
      { key: false, body: 'No taxes.' },
    ];
    const gotchas = [
      { text: 'Some are cancelled.', isKey: true },
      { text: 'No taxes.', isKey: false },
    ];
    assert.deepEqual(gotchasOf(list), gotchas);
    assert.deepEqual(gotchasOf(JSON.stringify(list)), gotchas);
  });

  it('takes documentation that can’t be read for none, and hides no table for it', () => {
    for (const odd of [
      7,
      true,
      {},
      ['x'],
      [[]],
      [null],
      [{ key: true }],
      [{ body: 7 }],
      'no JSON',
      '{}',
      HUGE,
    ]) {
      assert.deepEqual(gotchasOf(odd), [], typeof odd);
    }
    for (const odd of [7, true, {}, ['x']]) {
      assert.deepEqual(documentation({ grain: odd, things_to_know: odd }), [null, null, null]);
    }
  });

  it('has as much of it as is shown, in code points', () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ key: true, body: `${i} ${'🚀'.repeat(5_000)}` }));
    for (const gotchas of [many, JSON.stringify(many)]) {
      const read = gotchasOf(gotchas);
      assert.equal(read.length, 50);
      assert.ok(read.every(({ text }) => Array.from(text).length === 4_096));
    }
    const long = '🚀'.repeat(70_000);
    const [grain, , thingsToKnow] = documentation({ grain: long, things_to_know: long });
    assert.deepEqual([grain, thingsToKnow], ['🚀'.repeat(65_536), '🚀'.repeat(65_536)]);
    assert.equal(tables({ ...catalogRow, description: long })[0]?.description, '🚀'.repeat(65_536));
  });
});

describe('the outcome of one table', () => {
  const timing = { fetch_ms: 120, total_ms: 130 };
  const known = { fetchMs: 120, totalMs: 130 };

  it('is ok, no data or an error', () => {
    const ok = {
      table_id: 'orders',
      status: 'ok',
      rows: HUGE,
      size_bytes: 6,
      entity_type: 'VIEW',
      ...timing,
    };
    assert.deepEqual(toTableAnswer(read(tableAnswer, ok)), {
      ...known,
      status: 'ok',
      rows: HUGE,
      sizeBytes: 6n,
      entityType: 'VIEW',
    });
    assert.deepEqual(toTableAnswer(read(tableAnswer, { status: 'no_data', ...timing })), {
      ...known,
      status: 'no_data',
    });
    assert.deepEqual(
      toTableAnswer(read(tableAnswer, { status: 'error', error: 'Forbidden: 403', ...timing })),
      {
        ...known,
        status: 'error',
        message: 'Forbidden: 403',
      },
    );
  });

  it('has no timing from a server of 0.52, and none for what was not fetched', () => {
    const none = { fetchMs: null, totalMs: null };
    assert.deepEqual(toTableAnswer(read(tableAnswer, { status: 'no_data' })), { ...none, status: 'no_data' });
    const invalid = { status: 'error', error: 'invalid identifier', fetch_ms: null, total_ms: 0 };
    assert.deepEqual(toTableAnswer(read(tableAnswer, invalid)), {
      fetchMs: null,
      totalMs: 0,
      status: 'error',
      message: 'invalid identifier',
    });
    assert.deepEqual(toTableAnswer(read(tableAnswer, { status: 'ok' })), {
      ...none,
      status: 'ok',
      rows: null,
      sizeBytes: null,
      entityType: null,
    });
  });

  it('has as much of the error as Agnes stores: 512 code points', () => {
    for (const [text, kept] of [
      ['x'.repeat(512), 'x'.repeat(512)],
      ['x'.repeat(513), 'x'.repeat(512)],
      ['🚀'.repeat(600), '🚀'.repeat(512)],
      ['', ''],
    ]) {
      const outcome = toTableAnswer(read(tableAnswer, { status: 'error', error: text }));
      assert.ok(outcome.status === 'error');
      assert.equal(outcome.message, kept);
    }
  });
});

describe('an answer in another shape', () => {
  const row = (more: object): object => ({ tables: [{ ...catalogRow, ...more }] });
  const status = (more: object): object => ({ ...statusHead, tables: [statusRow], ...more });
  const statusWith = (more: object): object => status({ tables: [statusRow, { ...statusRow, ...more }] });
  const whole = 'expected whole number of 0 or more, received';

  const cases: readonly (readonly [GenericSchema, unknown, string])[] = [
    [catalogAnswer, null, 'expected object, received null'],
    [catalogAnswer, [], 'tables: expected array, received undefined'],
    [catalogAnswer, 'hush', 'expected object, received string'],
    [catalogAnswer, {}, 'tables: expected array, received undefined'],
    [catalogAnswer, { tables: {} }, 'tables: expected array, received object'],
    [catalogAnswer, { tables: ['hush'] }, 'tables.0: expected object, received string'],
    [catalogAnswer, { tables: [{}] }, 'tables.0.id: expected string, received undefined'],
    [
      catalogAnswer,
      { tables: [catalogRow, { name: 'x' }] },
      'tables.1.id: expected string, received undefined',
    ],
    [catalogAnswer, row({ id: 7 }), 'tables.0.id: expected string, received number'],
    [catalogAnswer, row({ id: null }), 'tables.0.id: expected string, received null'],
    [catalogAnswer, row({ name: ['hush'] }), 'tables.0.name: expected string, received array'],
    [
      catalogAnswer,
      row({ clustered_by: 'hush' }),
      'tables.0.clustered_by: expected list of strings, received string',
    ],
    [
      catalogAnswer,
      row({ clustered_by: ['a', null] }),
      'tables.0.clustered_by: expected list of strings, received array',
    ],
    [
      catalogAnswer,
      row({ where_examples: [{ hush: 1 }] }),
      'tables.0.where_examples: expected list of strings, received array',
    ],
    [statusAnswer, { ...statusHead }, 'tables: expected array, received undefined'],
    [statusAnswer, status({ server_time: undefined }), 'server_time: expected string, received undefined'],
    [statusAnswer, status({ server_time: null }), 'server_time: expected string, received null'],
    [statusAnswer, status({ server_time: 'hush' }), 'server_time: expected time, received string'],
    [
      statusAnswer,
      status({ server_time: '0000-01-01T00:00:00' }),
      'server_time: expected time, received string',
    ],
    [statusAnswer, status({ scheduler_interval_seconds: -1 }), `scheduler_interval_seconds: ${whole} number`],
    [
      statusAnswer,
      status({ scheduler_interval_seconds: undefined }),
      'scheduler_interval_seconds: expected (number | bigint), received undefined',
    ],
    [
      statusAnswer,
      status({ fresh_threshold_seconds: '28800' }),
      'fresh_threshold_seconds: expected (number | bigint), received string',
    ],
    [
      statusAnswer,
      statusWith({ table_id: undefined }),
      'tables.1.table_id: expected string, received undefined',
    ],
    [statusAnswer, statusWith({ rows: -1 }), `tables.1.rows: ${whole} number`],
    [statusAnswer, statusWith({ rows: -HUGE }), `tables.1.rows: ${whole} bigint`],
    [statusAnswer, statusWith({ rows: 1.5 }), `tables.1.rows: ${whole} number`],
    [statusAnswer, statusWith({ rows: 1e300 }), `tables.1.rows: ${whole} number`],
    [statusAnswer, statusWith({ rows: true }), 'tables.1.rows: expected (number | bigint), received boolean'],
    [
      statusAnswer,
      statusWith({ rows: undefined }),
      'tables.1.rows: expected ((number | bigint) | null), received undefined',
    ],
    [
      statusAnswer,
      statusWith({ size_bytes: 'hush' }),
      'tables.1.size_bytes: expected (number | bigint), received string',
    ],
    [
      statusAnswer,
      statusWith({ refreshed_at: 1_778_580_000 }),
      'tables.1.refreshed_at: expected string, received number',
    ],
    [
      statusAnswer,
      statusWith({ error_at: undefined }),
      'tables.1.error_at: expected (string | null), received undefined',
    ],
    [
      statusAnswer,
      statusWith({ known_columns: { hush: 1 } }),
      'tables.1.known_columns: expected list of strings, received object',
    ],
    [
      registryAnswer,
      { tables: [{ ...oldRegistryRow, bucket: 7 }] },
      'tables.0.bucket: expected string, received number',
    ],
    [runAnswer, { ...run, run_id: undefined }, 'run_id: expected string, received undefined'],
    [runAnswer, { ...run, total: -1 }, `total: ${whole} number`],
    [runAnswer, { ...run, duration_ms: 1.5 }, `duration_ms: ${whole} number`],
    [runAnswer, { ...run, failed: HUGE }, 'failed: expected number, received bigint'],
    [runAnswer, { ...run, no_data: null }, 'no_data: expected number, received null'],
    [runAnswer, { ...run, started_at: 'hush' }, 'started_at: expected time, received string'],
    [tableAnswer, {}, 'status: expected ("ok" | "no_data" | "error"), received undefined'],
    [tableAnswer, { status: 'hush' }, 'status: expected ("ok" | "no_data" | "error"), received string'],
    [tableAnswer, { status: 'error' }, 'error: expected something, received undefined'],
    [tableAnswer, { status: 'error', error: null }, 'error: expected string, received null'],
    [tableAnswer, { status: 'ok', rows: -1 }, `rows: ${whole} number`],
    [tableAnswer, { status: 'ok', fetch_ms: -1 }, `fetch_ms: ${whole} number`],
    [tableAnswer, { status: 'no_data', total_ms: '7' }, 'total_ms: expected number, received string'],
    [exchangeAnswer, { token: 'hush hush' }, 'token: expected token, received string'],
    [exchangeAnswer, { token: 'x', email: 7 }, 'email: expected string, received number'],
    [exchangeAnswer, { token: 'x', expires_at: 7 }, 'expires_at: expected string, received number'],
  ];
  for (const [schema, value, expected] of cases) {
    it(`is refused by field and kind: ${expected}`, () => assert.equal(wrong(schema, value), expected));
  }

  it('is told without its values, whatever it is', () => {
    const schemas = [catalogAnswer, statusAnswer, registryAnswer, runAnswer, tableAnswer, exchangeAnswer];
    const keys = ['tables', 'id', 'table_id', 'status', 'server_time', 'rows', 'run_id', 'token', 'detail'];
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constant('hush'),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(fc.constantFrom(...schemas), value, (schema, some) => {
        assert.doesNotMatch(wrong(schema, some), /hush/);
      }),
    );
  });

  it('names the endpoint', () => {
    assert.throws(
      () => readAnswer(catalogAnswer, {}, 'GET /api/v2/catalog'),
      failsWith('serverAnswerInvalid', 'GET /api/v2/catalog: tables: expected array, received undefined'),
    );
  });

  it('can’t reach the prototype of anything', () => {
    const value = readJson('{"__proto__":{"tables":[]},"more":12345678901234567890}');
    assert.throws(() => readAnswer(catalogAnswer, value, 'GET /x'), failsWith('serverAnswerInvalid'));
    const row = readJson(`{"tables":[{"id":"x","metadata_freshness":"stale","__proto__":{"name":"y"}}]}`);
    assert.equal(toTables(readAnswer(catalogAnswer, row, 'GET /x'))[0]?.name, 'x');
  });
});

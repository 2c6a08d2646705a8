import assert from 'node:assert/strict';
import { NOTHING_CACHED } from '../../../../src/core/cachedMetadata.ts';
import { AgnesFailure } from '../../../../src/core/failure.ts';
import { registration } from '../../../fixtures/engineFakes.ts';
import { serverRegistration, serverTable } from '../../../fixtures/fakeAgnesServer.ts';
import { settle } from '../../../fixtures/fakeClock.ts';
import { capabilities, HOUR, loadedScene, NEVER, remoteScene } from './remoteScene.ts';

const MINUTE_MS = 60_000;

describe('reading a server', () => {
  it('asks for catalog, status and registry together, and shows what they say', async () => {
    const { server, source, clock, earlier } = remoteScene('a', 'b');
    for (const call of ['catalog', 'status', 'registry'] as const) server.latencyMs[call] = 500;
    const loading = source.load();
    await settle();
    assert.deepEqual(server.asked.toSorted(), ['catalog', 'registry', 'status']);
    await clock.advance(500);
    const snapshot = await loading;
    assert.deepEqual([snapshot.origin, snapshot.refreshObstacle], ['live', undefined]);
    assert.equal(snapshot.readAt, clock.now());
    assert.deepEqual(
      snapshot.rows.map((row) => [row.registration.id, row.registration.bucket]),
      [
        ['a', 'sales'],
        ['b', 'sales'],
      ],
    );
    const policy = { intervalSeconds: 14_400n, thresholdSeconds: 28_800n, clockOffset: 0n };
    const kept = { readAt: clock.now(), rows: snapshot.rows, writeObstacle: undefined, policy };
    assert.deepEqual(earlier.kept, [kept]);
  });

  for (const [failing, other] of [
    ['catalog', 'status'],
    ['status', 'catalog'],
  ] as const) {
    it(`fails with the ${failing}, and gives the rest up`, async () => {
      const { server, source, earlier } = remoteScene('a');
      server.failures[failing] = new AgnesFailure('signInExpired');
      server.hangs.add(other).add('registry');
      await assert.rejects(source.load(), { reason: 'signInExpired' });
      assert.deepEqual(server.aborted.toSorted(), [other, 'registry'].toSorted());
      assert.deepEqual(earlier.kept, []);
    });
  }

  it('ends with the caller’s signal', async () => {
    const { server, source } = remoteScene('a');
    server.hangs.add('catalog');
    const abort = new AbortController();
    const loading = assert.rejects(source.load({ signal: abort.signal }), { reason: 'cancelled' });
    await settle();
    abort.abort();
    await loading;
    assert.deepEqual(server.aborted, ['catalog']);
  });

  it('shows what was kept, as of then', async () => {
    const { source, earlier, clock } = remoteScene();
    assert.equal(await source.lastKnown(), undefined);
    const rows = [{ registration: registration('a'), cached: NOTHING_CACHED }];
    const readAt = clock.now() - HOUR;
    earlier.found = { origin: 'kept', catalog: { readAt, rows, writeObstacle: undefined } };
    assert.deepEqual(await source.lastKnown(), { origin: 'kept', readAt, rows, refreshObstacle: undefined });
  });

  it('tells details without a request, from what was read last', async () => {
    const { server, source } = remoteScene('a');
    const undocumented = { grain: null, gotchas: [], thingsToKnow: null };
    const nothing = { knownColumns: null, description: null, folder: null, ...undocumented };
    assert.deepEqual(await source.details('a'), nothing);
    server.tables = [serverTable('a', { description: 'All orders.' })];
    server.registrations = [
      serverRegistration('a', {
        ...{ folder: 'Shop', grain: 'One order.', thingsToKnow: 'Loaded hourly.' },
        gotchasText: '[{"key":true,"body":"Some are cancelled."},{"key":false,"body":"No taxes."}]',
      }),
    ];
    server.setRow('a', { knownColumns: ['id', 'day'] });
    await source.load();
    const { length } = server.asked;
    assert.deepEqual(await source.details('a'), {
      ...{ knownColumns: ['id', 'day'], description: 'All orders.', folder: 'Shop' },
      ...{ grain: 'One order.', thingsToKnow: 'Loaded hourly.' },
      gotchas: [
        { text: 'Some are cancelled.', isKey: true },
        { text: 'No taxes.', isKey: false },
      ],
    });
    assert.equal(await source.details('gone'), null);
    assert.equal(server.asked.length, length);
  });

  it('tells the beginnings of descriptions without a request, from what was read last', async () => {
    const { server, source } = remoteScene('a', 'b', 'c');
    assert.deepEqual([...(await source.descriptions())], []);
    const long = '🚀'.repeat(400);
    server.tables = [
      serverTable('a', { description: 'All orders.' }),
      serverTable('b'),
      serverTable('c', { description: long }),
    ];
    server.failures.registry = new AgnesFailure('adminOnly'); // everybody has them
    await source.load();
    const { length } = server.asked;
    assert.deepEqual(
      [...(await source.descriptions())],
      [
        ['a', 'All orders.'],
        ['c', '🚀'.repeat(300)],
      ],
    );
    assert.equal(server.asked.length, length);
  });

  it('tells folder and documentation as long as the user administers the server', async () => {
    const { server, source } = remoteScene('a');
    const documented = {
      folder: 'Shop',
      grain: 'One order.',
      gotchasText: '[{"key":true,"body":"Join by id."}]',
    };
    server.registrations = [serverRegistration('a', documented)];
    const [row] = (await source.load()).rows;
    assert.equal(row?.registration.folder, 'Shop');
    server.answers.set('a', new AgnesFailure('adminOnly'));
    await assert.rejects(source.refreshTable('a', NEVER), { reason: 'adminOnly' });
    const [afterwards] = (await source.load()).rows;
    assert.equal(afterwards?.registration.folder, null);
    const details = await source.details('a');
    assert.deepEqual([details?.folder, details?.grain, details?.gotchas], [null, null, []]);
  });

  it('knows the address of what is registered with one, and of nothing else', async () => {
    const { server, source } = remoteScene();
    server.tables = ['a', 'b', 'c'].map((id) => serverTable(id));
    server.registrations = [
      serverRegistration('a', { bqFqn: 'acme-prod.web.events' }),
      serverRegistration('b', { bucket: 'sales', sourceTable: 'orders' }),
      serverRegistration('c', { bqFqn: 'acme-prod.web' }),
    ];
    const { rows } = await source.load();
    assert.deepEqual(
      rows.map(({ registration: one }) => source.addressOf(one)),
      [{ project: 'acme-prod', dataset: 'web', table: 'events' }, undefined, undefined],
    );
  });

  it('can’t ask BigQuery for what is not cached', async () => {
    const { server, source } = await loadedScene('a');
    const { length } = server.asked;
    await assert.rejects(source.inspect(), { reason: 'unexpected' });
    assert.deepEqual([source.capabilities.columnTypes, server.asked.length], [false, length]);
  });

  it('does not go back to an older reading that comes late', async () => {
    const { server, source, clock } = remoteScene('a');
    server.latencyMs.catalog = 1_000;
    const slow = source.load();
    await clock.advance(600);
    server.latencyMs.catalog = 0;
    server.tables = [serverTable('b')];
    await source.load();
    await clock.advance(1_000);
    assert.equal((await slow).rows.length, 1);
    assert.equal(await source.details('a'), null);
    assert.ok(await source.details('b'));
  });

  describe('the rule that ages are judged by', () => {
    it('is the default until the server has answered, and then the server’s', async () => {
      const { server, source } = remoteScene('a');
      assert.deepEqual(source.policy(), {
        ...{ intervalSeconds: 1n, thresholdSeconds: 2n, clockOffset: 0n, decidedBy: 'settings' },
      });
      server.intervalSeconds = 600n;
      server.thresholdSeconds = 1_200n;
      await source.load();
      assert.deepEqual(source.policy(), {
        ...{ intervalSeconds: 600n, thresholdSeconds: 1_200n, clockOffset: 0n, decidedBy: 'server' },
      });
    });

    it('is the server’s of then for what is shown of an earlier time, until the server has answered', async () => {
      const { server, source, earlier, clock } = remoteScene('a');
      const policy = { intervalSeconds: 600n, thresholdSeconds: 1_200n, clockOffset: -HOUR };
      const kept = { readAt: clock.now() - HOUR, rows: [], writeObstacle: undefined };
      earlier.found = { origin: 'kept', catalog: kept };
      await source.lastKnown();
      assert.equal(source.policy().decidedBy, 'settings'); // a file of before has none
      earlier.found = { origin: 'kept', catalog: { ...kept, policy } };
      await source.lastKnown();
      assert.deepEqual(source.policy(), { ...policy, decidedBy: 'server' });
      await source.load();
      earlier.found = { origin: 'kept', catalog: { ...kept, policy } };
      await source.lastKnown();
      const { intervalSeconds, thresholdSeconds } = server;
      assert.deepEqual(source.policy(), {
        ...{ intervalSeconds, thresholdSeconds, clockOffset: 0n, decidedBy: 'server' },
      });
    });

    it('goes by the server’s clock, which it looked at in the middle of the request', async () => {
      const { server, source, clock } = remoteScene('a');
      server.ahead = -3n * HOUR;
      server.latencyMs.status = 8_000;
      const loading = source.load();
      await clock.advance(8_000);
      await loading;
      assert.equal(source.policy().clockOffset, -3n * HOUR);
    });

    it('is not put off by this machine’s clock that is set while the server answers', async () => {
      const { server, source, clock } = remoteScene('a');
      server.latencyMs.status = 8_000;
      const loading = source.load();
      await clock.advance(5_000); // it has looked
      clock.jump(3_600_000);
      await clock.advance(3_000);
      await loading;
      assert.equal(source.policy().clockOffset, -HOUR);
    });
  });
});

describe('the right to refresh', () => {
  it('is there for who may read the registry', async () => {
    const { source, switches } = await loadedScene('a');
    assert.deepEqual(
      source.capabilities,
      capabilities({ refresh: true, registry: true, backgroundRefresh: true }),
    );
    switches.startsRuns = false;
    assert.equal(source.capabilities.backgroundRefresh, false);
  });

  it('tells of tables that a run takes and this user does not see', async () => {
    const { source, server } = remoteScene('a');
    const told = {
      origin: 'https://agnes.example.com',
      version: '0.84.8',
      account: { email: 'analyst@example.com', expiresAt: undefined },
    };
    await source.load();
    assert.deepEqual(source.server, { ...told, tablesOfRun: undefined });
    const other = remoteScene('a');
    other.server.registrations = [
      ...server.registrations,
      serverRegistration('hidden'),
      serverRegistration('local', { queryMode: 'local' }),
      serverRegistration('keboola', { sourceType: 'keboola' }),
    ];
    await other.source.load();
    assert.deepEqual(other.source.server, { ...told, tablesOfRun: 2 });
  });

  it('is not there where the server refuses the registry, which is not asked for again', async () => {
    const { server, source, clock } = remoteScene('a');
    server.failures.registry = new AgnesFailure('adminOnly');
    const snapshot = await source.load();
    assert.equal(snapshot.refreshObstacle?.reason, 'adminOnly');
    assert.equal(snapshot.rows.length, 1);
    assert.deepEqual(
      source.capabilities,
      capabilities({ refresh: false, registry: false, backgroundRefresh: false }),
    );
    assert.equal(source.server.tablesOfRun, undefined);
    await clock.advance(24 * 60 * MINUTE_MS);
    assert.equal((await source.load()).refreshObstacle?.reason, 'adminOnly');
    assert.equal(server.count('registry'), 1);
  });

  it('is asked for again by a person, whom somebody may have made administrator', async () => {
    const { server, source } = remoteScene('a');
    server.failures.registry = new AgnesFailure('adminOnly');
    await source.load();
    delete server.failures.registry;
    assert.equal((await source.load()).refreshObstacle?.reason, 'adminOnly');
    await source.load({ asked: true, quick: true }); // what is tried again anyway is no person
    assert.equal(server.count('registry'), 1);
    const { rows, refreshObstacle } = await source.load({ asked: true });
    assert.deepEqual([refreshObstacle, rows[0]?.registration.bucket], [undefined, 'sales']);
    assert.deepEqual(
      source.capabilities,
      capabilities({ refresh: true, registry: true, backgroundRefresh: true }),
    );
    server.registrations = [serverRegistration('a', { bucket: 'moved' })];
    assert.equal((await source.load({ asked: true })).rows[0]?.registration.bucket, 'moved');
  });

  it('is not known where the registry fails otherwise: refreshing may be tried, but not by the timer', async () => {
    const { server, source } = remoteScene('a');
    server.failures.registry = new AgnesFailure('serverNotAgnes');
    const snapshot = await source.load();
    assert.deepEqual([snapshot.rows.length, snapshot.refreshObstacle], [1, undefined]);
    assert.deepEqual(
      source.capabilities,
      capabilities({ refresh: true, registry: false, backgroundRefresh: false }),
    );
  });

  it('is asked for again after a failure, with the next reading but at most once a minute', async () => {
    const { server, source, clock } = remoteScene('a');
    server.failures.registry = new AgnesFailure('serverUnavailable');
    await source.load();
    await clock.advance(MINUTE_MS - 1);
    await source.load();
    assert.equal(server.count('registry'), 1);
    await clock.advance(1);
    delete server.failures.registry;
    await source.load();
    assert.equal(server.count('registry'), 2);
    assert.equal(source.capabilities.dataset, true);
  });

  it('is asked for again at most every ten minutes once it was told', async () => {
    const { server, source, clock } = await loadedScene('a');
    await clock.advance(10 * MINUTE_MS - 1);
    await source.load();
    assert.equal(server.count('registry'), 1);
    await clock.advance(1);
    await source.load();
    assert.equal(server.count('registry'), 2);
  });

  it('and the addresses stay while the registry fails for a while', async () => {
    const { server, source, clock } = await loadedScene('a');
    server.failures.registry = new AgnesFailure('serverUnavailable');
    await clock.advance(10 * MINUTE_MS);
    const { rows } = await source.load();
    assert.deepEqual([server.count('registry'), rows[0]?.registration.bucket], [2, 'sales']);
    assert.deepEqual(
      source.capabilities,
      capabilities({ refresh: true, registry: true, backgroundRefresh: true }),
    );
  });

  it('is lost with the registry’s word, and what only administrators see goes with it', async () => {
    const { server, source, clock } = await loadedScene('a');
    server.failures.registry = new AgnesFailure('adminOnly');
    await clock.advance(10 * MINUTE_MS);
    const { rows, refreshObstacle } = await source.load();
    assert.deepEqual([refreshObstacle?.reason, rows[0]?.registration.bucket], ['adminOnly', null]);
    assert.deepEqual(
      source.capabilities,
      capabilities({ refresh: false, registry: false, backgroundRefresh: false }),
    );
  });

  it('is lost with a refresh that is refused, also while the registry is still read', async () => {
    const { server, source, clock } = await loadedScene('a');
    await clock.advance(10 * MINUTE_MS);
    server.latencyMs.registry = 5_000;
    const loading = source.load();
    await settle();
    server.answers.set('a', new AgnesFailure('adminOnly'));
    await assert.rejects(source.refreshTable('a', NEVER), { reason: 'adminOnly' });
    await clock.advance(5_000);
    const { rows, refreshObstacle } = await loading;
    assert.deepEqual([refreshObstacle?.reason, rows[0]?.registration.bucket], ['adminOnly', null]);
    assert.equal(source.capabilities.refresh, false);
  });

  it('is asked for with the next reading where this one was given up', async () => {
    const { server, source } = remoteScene('a');
    server.failures.catalog = new AgnesFailure('serverUnavailable');
    server.hangs.add('registry');
    await assert.rejects(source.load(), { reason: 'serverUnavailable' });
    delete server.failures.catalog;
    server.hangs.clear();
    await source.load();
    assert.equal(server.count('registry'), 2);
    assert.equal(source.capabilities.dataset, true);
  });
});

describe('a registry that is slow', () => {
  it('is waited for five seconds when the rest is there', async () => {
    const { server, source, clock, changes } = remoteScene('a');
    server.latencyMs.registry = 6_900;
    server.latencyMs.status = 2_000;
    const loading = source.load();
    await clock.advance(6_900);
    assert.equal((await loading).rows[0]?.registration.bucket, 'sales');
    // The next reading goes by the rest, which is read each time.
    await clock.advance(199_999);
    assert.equal(changes(), 0);
    await clock.advance(1);
    assert.equal(changes(), 1);
  });

  it('does not hold the tables longer, and is a change when it comes', async () => {
    const { server, source, clock, changes } = remoteScene('a');
    server.latencyMs.registry = 20_000;
    const loading = source.load();
    await clock.advance(5_000);
    const { rows, refreshObstacle } = await loading;
    assert.deepEqual([rows[0]?.registration.bucket, refreshObstacle], [null, undefined]);
    assert.deepEqual([source.capabilities.dataset, changes()], [false, 0]);
    await clock.advance(15_000);
    assert.deepEqual([source.capabilities.dataset, changes()], [true, 1]);
    assert.equal((await source.load()).rows[0]?.registration.bucket, 'sales');
    assert.deepEqual([server.count('registry'), changes()], [1, 1]);
  });

  it('is a change also where it is refused late, but not where it only fails', async () => {
    for (const [reason, told] of [
      ['adminOnly', 1],
      ['serverError', 0],
    ] as const) {
      const { server, source, clock, changes } = remoteScene('a');
      server.failures.registry = new AgnesFailure(reason);
      server.latencyMs.registry = 20_000;
      const loading = source.load();
      await clock.advance(20_000);
      await loading;
      assert.equal(changes(), told, reason);
      assert.equal(source.capabilities.refresh, told === 0);
    }
  });

  it('is shared by the readings that begin meanwhile', async () => {
    const { server, source, clock } = remoteScene('a');
    server.latencyMs.registry = 20_000;
    const first = source.load();
    await clock.advance(5_000);
    await first;
    const second = source.load();
    await clock.advance(5_000);
    await second;
    assert.equal(server.count('registry'), 1);
  });

  it('is given up after a minute, and asked for again later', async () => {
    const { server, source, clock, log } = remoteScene('a');
    server.hangs.add('registry');
    const loading = source.load();
    await clock.advance(59_999);
    await loading;
    assert.deepEqual(server.aborted, []);
    await clock.advance(1);
    assert.deepEqual(server.aborted, ['registry']);
    assert.ok(log.lines.some((line) => line.startsWith('warn') && line.includes('60 seconds')));
    server.hangs.clear();
    await clock.advance(MINUTE_MS);
    await source.load();
    assert.equal(source.capabilities.dataset, true);
  });

  it('is given up with the source', async () => {
    const { server, source, clock, changes } = remoteScene('a');
    server.hangs.add('registry');
    const loading = source.load();
    await clock.advance(5_000);
    await loading;
    source.dispose();
    await settle();
    assert.deepEqual([server.aborted, clock.pending, changes()], [['registry'], 0, 0]);
  });

  it('is given up by who waits for it', async () => {
    const { server, source, clock } = remoteScene('a');
    server.hangs.add('registry');
    const abort = new AbortController();
    const loading = assert.rejects(source.load({ signal: abort.signal }), { reason: 'cancelled' });
    await settle();
    abort.abort();
    await loading;
    await settle();
    assert.deepEqual([server.aborted, clock.pending], [['registry'], 0]);
  });
});

describe('a server that is read no more', () => {
  it('has its requests aborted, and its late answers dropped', async () => {
    const { server, source, earlier, log, disposals } = remoteScene('a');
    server.hangs.add('status');
    server.latencyMs.catalog = 100;
    const loading = assert.rejects(source.load(), { reason: 'cancelled' });
    await settle();
    source.dispose();
    await loading;
    await source.settled();
    assert.deepEqual(server.aborted.toSorted(), ['catalog', 'status']);
    assert.deepEqual([earlier.kept, log.lines], [[], []]);
    assert.equal(earlier.flushes, 2); // when it is closed, and with what came until it was over
    assert.equal(disposals(), 1);
  });

  it('drops the answers of a server that does not heed the abort', async () => {
    const { server, source, earlier } = remoteScene('a');
    const late = Promise.withResolvers<never[]>();
    server.catalog = () => late.promise;
    server.status = () => late.promise.then(() => assert.fail());
    const loading = assert.rejects(source.load(), { reason: 'cancelled' });
    source.dispose();
    await loading;
    let isSettled = false;
    const settled = source.settled().then(() => (isSettled = true));
    await settle();
    assert.equal(isSettled, false); // they are still under way
    late.resolve([]);
    await settled;
    assert.deepEqual(earlier.kept, []);
  });

  it('is asked for nothing', async () => {
    const { server, source, clock } = await loadedScene('a');
    source.dispose();
    const { length } = server.asked;
    const cancelled = { reason: 'cancelled' };
    await assert.rejects(source.load(), cancelled);
    await assert.rejects(source.startRun({ trigger: 'command' }), cancelled);
    await assert.rejects(source.startRun({ trigger: 'command', selection: () => true }), cancelled);
    await assert.rejects(
      source.startDueRun(() => Promise.resolve(true)),
      cancelled,
    );
    await assert.rejects(source.refreshTable('a', NEVER), cancelled);
    await clock.advance(24 * 60 * MINUTE_MS);
    assert.deepEqual([server.asked.length, clock.pending], [length, 0]);
  });
});

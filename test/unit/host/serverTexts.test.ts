import assert from 'node:assert/strict';
import { NOTHING_CACHED } from '../../../src/core/cachedMetadata.ts';
import { AgnesFailure } from '../../../src/core/failure.ts';
import { MICROS_PER_SECOND } from '../../../src/core/time.ts';
import { nextRunText } from '../../../src/host/nextRun.ts';
import { scopeNote } from '../../../src/host/runTexts.ts';
import { expiryText, isExpiringSoon } from '../../../src/host/server/expiryTexts.ts';
import { nameOfChoice, parseChoice } from '../../../src/host/sourceChoice.ts';
import { statusText } from '../../../src/host/statusText.ts';
import { DEFAULT_ARRANGEMENT } from '../../../src/host/tree/arrangement.ts';
import { arrangeTables } from '../../../src/host/tree/arrangeTables.ts';
import { viewMessage } from '../../../src/host/viewTexts.ts';
import type { ServerInfo } from '../../../src/sources/metadataSource.ts';
import { TableModel } from '../../../src/sources/tableModel.ts';
import { registration } from '../../fixtures/engineFakes.ts';
import { FakeClock } from '../../fixtures/fakeClock.ts';
import { FakeSource } from '../../fixtures/fakeSource.ts';

const ORIGIN = 'https://agnes.example.com';
const DAY = 86_400n * MICROS_PER_SECOND;
const SERVER: ServerInfo = {
  origin: ORIGIN,
  version: '0.84.8',
  account: { email: 'ana@example.com', expiresAt: undefined },
  tablesOfRun: undefined,
};
const NEXT = { kind: 'server', intervalSeconds: 14_400n } as const;

describe('what is said of an Agnes server', () => {
  it('names its rule, its clock and who is signed in', async () => {
    const { model, source } = await open();
    source.decidedBy = 'server';
    source.clockOffset = -600n * MICROS_PER_SECOND;
    const tooltip = statusText(model, model.now(), NEXT)?.tooltip ?? [];
    assert.ok(
      tooltip.includes('By the server’s rule: refreshed every 4 h, stale after 8 h'),
      tooltip.join('\n'),
    );
    assert.ok(tooltip.includes('By the server’s clock, 10 min behind this one'));
    assert.ok(tooltip.includes('Signed in as ana@example.com'));
    assert.ok(tooltip.includes('Agnes 0.84.8'));
    assert.ok(tooltip.includes('The Agnes server refreshes every 4 h'));
    source.clockOffset = 60n * MICROS_PER_SECOND;
    assert.ok(
      statusText(model, model.now(), NEXT)?.tooltip.includes(
        'By the server’s clock, 1 min ahead of this one',
      ),
    );
    source.clockOffset = 59n * MICROS_PER_SECOND;
    assert.ok(!statusText(model, model.now(), NEXT)?.tooltip.some((line) => line.includes('clock')));
  });

  it('judges and tells ages by the server’s clock, not by the laptop’s', async () => {
    const { model, source, clock } = await open();
    assert.equal(model.now(), clock.now());
    source.clockOffset = 9n * 3_600n * MICROS_PER_SECOND;
    assert.equal(model.now() - clock.now(), source.clockOffset);
    model.judgeNow();
    assert.equal(model.table('t0')?.freshness, 'stale');
  });

  it('says who can refresh where this user can’t', async () => {
    const { model, source } = await open();
    source.refreshObstacle = new AgnesFailure('adminOnly');
    await model.load();
    assert.match(viewMessage(model) ?? '', /^Only administrators of the Agnes server can refresh tables/);
  });

  it('says that a run of all is of more tables than are shown', async () => {
    const { model, source } = await open();
    assert.equal(viewMessage(model), undefined);
    source.server = { ...SERVER, tablesOfRun: 1_200 };
    const sentence = 'Your sign-in shows 1 of 1,200 tables. Refresh All refreshes all 1,200.';
    assert.equal(viewMessage(model), sentence);
    assert.ok(statusText(model, model.now(), NEXT)?.tooltip.includes(sentence));
  });

  it('says so beside the progress of such a run, which counts what is shown', async () => {
    const { model, source } = await open();
    const onServer = { place: { kind: 'server' } } as const;
    assert.equal(scopeNote(onServer, model), '');
    source.server = { ...SERVER, tablesOfRun: 1_200 };
    assert.equal(scopeNote(onServer, model), ' (1 of 1,200 shown)');
    assert.equal(scopeNote({ place: { kind: 'here' } }, model), '');
  });

  it('asks to sign in, in the status bar too', async () => {
    const { model, source } = await open();
    source.failure = new AgnesFailure('signInExpired');
    await model.load();
    assert.equal(statusText(model, model.now(), NEXT)?.text, '$(warning) Agnes: sign in');
    source.failure = new AgnesFailure('serverUnreachable');
    await model.load();
    assert.equal(statusText(model, model.now(), NEXT)?.text, '$(warning) Agnes: can’t read the server');
  });

  it('says before it happens that a sign-in ends', () => {
    const now = 1_000n * DAY;
    const ending = (inDays: bigint): { email: undefined; expiresAt: bigint } => ({
      email: undefined,
      expiresAt: now + inDays * DAY,
    });
    assert.match(expiryText(ending(3n), now, 'agnes') ?? '', /^Your sign-in to agnes expires in 3 d, on /);
    assert.equal(expiryText(ending(0n), now, 'agnes'), 'Your sign-in to agnes has expired.');
    assert.equal(expiryText({ email: undefined, expiresAt: undefined }, now, 'agnes'), undefined);
    assert.deepEqual(
      [6n, 8n].map((days) => isExpiringSoon(ending(days), now)),
      [true, false],
    );
  });

  it('says that the server refreshes by itself', () => {
    assert.equal(nextRunText(NEXT, 0n), 'the Agnes server refreshes every 4 h');
  });
});

describe('groups of the tree', () => {
  it('are states, worst first, where datasets are not known', async () => {
    const { model, source } = await open();
    source.capabilities = { ...source.capabilities, dataset: false };
    source.rows = [
      { registration: registration('t0'), cached: { ...NOTHING_CACHED, refreshedAt: model.now() } },
      { registration: registration('t1'), cached: null },
      { registration: registration('t2'), cached: { ...NOTHING_CACHED, errorAt: model.now() } },
    ];
    await model.load();
    const { capabilities } = source;
    const { roots } = arrangeTables(model.tables, {
      arrangement: DEFAULT_ARRANGEMENT,
      pinned: new Set(),
      capabilities,
    });
    assert.deepEqual(
      roots.map((group) => (typeof group === 'string' ? [group] : [group.name, ...group.children])),
      [
        ['error', 't2'],
        ['never_fetched', 't1'],
        ['fresh', 't0'],
      ],
    );
  });
});

describe('the choice of a source', () => {
  it('is read back as it was kept', () => {
    const choices = [
      { kind: 'sample' },
      { kind: 'file', path: '/data/state/system.duckdb' },
      { kind: 'server', origin: ORIGIN, signIn: 'own' },
      { kind: 'server', origin: 'http://127.0.0.1:8000', signIn: 'cli' },
    ];
    for (const choice of choices) assert.deepEqual(parseChoice(JSON.parse(JSON.stringify(choice))), choice);
  });

  it('is none where something else wrote it', () => {
    const foreign = [
      null,
      'sample',
      {},
      { kind: 'file' },
      { kind: 'server' },
      { kind: 'server', origin: 'http://agnes.example.com' },
      { kind: 'server', origin: 'https://user:secret@agnes.example.com' },
      { kind: 'server', origin: 'javascript:alert(1)' },
    ];
    for (const value of foreign) assert.equal(parseChoice(value), undefined, JSON.stringify(value));
  });

  it('is named by its host', () => {
    assert.equal(nameOfChoice({ kind: 'server', origin: ORIGIN, signIn: 'own' }), 'agnes.example.com');
  });
});

async function open(): Promise<{ model: TableModel; source: FakeSource; clock: FakeClock }> {
  const clock = new FakeClock();
  const cached = { ...NOTHING_CACHED, refreshedAt: clock.now() };
  const source = new FakeSource(clock, [{ registration: registration('t0'), cached }]);
  source.server = SERVER;
  const model = new TableModel(clock);
  model.setSource(source);
  await model.load();
  return { model, source, clock };
}

import assert from 'node:assert/strict';
import { ArrangedTables } from '../../../../src/host/tree/arrangedTables.ts';
import { JoinedRun } from '../../../../src/engine/flight/joinedRun.ts';
import { NO_FILTER, type Arrangement } from '../../../../src/host/tree/arrangement.ts';
import { KeptArrangement } from '../../../../src/host/tree/keptArrangement.ts';
import { Pins } from '../../../../src/host/tree/pins.ts';
import type { TreeNode } from '../../../../src/host/tree/treeNodes.ts';
import type { CatalogRow } from '../../../../src/ports/tableStore.ts';
import { TableModel } from '../../../../src/sources/tableModel.ts';
import { registration } from '../../../fixtures/engineFakes.ts';
import { announcement } from '../../../fixtures/flightFakes.ts';
import { FakeClock } from '../../../fixtures/fakeClock.ts';
import { FakeSource } from '../../../fixtures/fakeSource.ts';
import { CACHED, HOUR } from '../../../fixtures/tableViews.ts';

/** As long as changes of tables are collected, and a little more. */
const COLLECTED_MS = 60;

describe('tables of the view, while things happen', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = new Scene();
    await scene.open();
  });
  afterEach(() => scene.dispose());

  it('draw one row anew where only its look changes', async () => {
    scene.start('a');
    await scene.clock.advance(COLLECTED_MS);
    assert.deepEqual(scene.takeDrawn(), ['a']);
  });

  it('draw one row and the groups that count it where its state changes', async () => {
    await scene.clock.advance(5_000);
    scene.settle('a');
    await scene.clock.advance(COLLECTED_MS);
    assert.deepEqual(scene.takeDrawn(), ['dataset:sales', 'a']);
  });

  it('draw nothing but rows while places wait for their turn, and then each place once', async () => {
    await scene.change({ sort: 'age' });
    await scene.clock.advance(5_000);
    scene.takeDrawn();
    scene.settle('a');
    await scene.clock.advance(COLLECTED_MS);
    assert.deepEqual(scene.takeDrawn(), ['dataset:sales', 'a']);
    for (const id of ['b', 'c', 'd']) {
      scene.settle(id);
      await scene.clock.advance(COLLECTED_MS);
      assert.deepEqual(scene.takeDrawn(), [id]);
    }
    await scene.clock.advance(1_000);
    assert.deepEqual(scene.takeDrawn(), ['dataset:other', 'dataset:sales']);
    await scene.clock.advance(5_000);
    assert.deepEqual(scene.takeDrawn(), []);
  });

  it('are arranged every five seconds at most while a run is on, and soon when it is over', async () => {
    await scene.change({ sort: 'age' });
    await scene.clock.advance(10_000);
    scene.source.currentRun = new JoinedRun(announcement({ done: 0, total: 4 }));
    scene.settle('a');
    await scene.clock.advance(COLLECTED_MS);
    assert.deepEqual(scene.takeDrawn(), ['dataset:sales', 'a']);
    scene.settle('b');
    await scene.clock.advance(4_900);
    assert.deepEqual(scene.takeDrawn(), ['b']);
    await scene.clock.advance(200);
    assert.deepEqual(scene.takeDrawn(), ['dataset:sales']);
    scene.settle('c');
    await scene.clock.advance(COLLECTED_MS);
    assert.deepEqual(scene.takeDrawn(), ['c']);
    scene.source.currentRun = undefined;
    scene.model.judgeNow();
    await scene.clock.advance(1_000);
    assert.deepEqual(scene.takeDrawn(), ['dataset:sales']);
  });

  it('are drawn anew in all where a selected row moves to another group', async () => {
    await scene.change({ grouping: 'freshness' });
    for (const id of ['a', 'b', 'c']) {
      await scene.clock.advance(5_000);
      scene.takeDrawn();
      scene.settle(id);
      await scene.clock.advance(COLLECTED_MS);
      // The first one makes the group that it moves to.
      if (id === 'a') assert.deepEqual(scene.takeDrawn(), ['everything']);
      if (id === 'b') assert.deepEqual(scene.takeDrawn(), ['freshness:stale', 'freshness:fresh', 'b']);
      if (id === 'c') assert.deepEqual(scene.takeDrawn(), ['everything']);
      const next = scene.tables.table('c') ?? assert.fail('no row');
      if (id === 'b') scene.tables.keepSelected(() => [next]);
    }
  });

  it('arrange less often where arranging takes long', async () => {
    scene.clock.slow(200);
    await scene.change({ sort: 'age' });
    scene.takeDrawn();
    scene.settle('a');
    await scene.clock.advance(3_600);
    assert.deepEqual(scene.takeDrawn(), ['a']);
    await scene.clock.advance(200);
    assert.deepEqual(scene.takeDrawn(), ['dataset:sales']);
  });

  it('are drawn anew in all when the source reads other rows, and then as they are', async () => {
    scene.source.rows = [row('new')];
    await scene.model.load();
    assert.deepEqual(scene.takeDrawn().at(0), 'everything');
    assert.equal(scene.tables.table('a'), undefined);
    assert.ok(scene.tables.table('new'));
  });

  it('keep their rows as they are over another reading of the same', async () => {
    const before = scene.tables.table('a');
    await scene.model.load();
    assert.equal(scene.tables.table('a'), before);
  });

  it('are arranged at once when a person asks for it', async () => {
    await scene.change({ filter: { ...NO_FILTER, text: 'd' } });
    assert.deepEqual(scene.takeDrawn(), ['everything']);
    assert.deepEqual([scene.tables.shownCount, scene.tables.isFiltered], [1, true]);
    await scene.pins.pin('fake', ['d'], () => true);
    assert.deepEqual([scene.takeDrawn(), scene.tables.isPinned('d')], [['everything'], true]);
  });

  it('are grouped otherwise as soon as the source turns out not to know datasets', () => {
    scene.source.capabilities = { ...scene.source.capabilities, dataset: false };
    scene.model.judgeNow();
    assert.deepEqual(scene.takeDrawn(), ['everything']);
    assert.deepEqual(
      scene.tables.roots.map((node) => (node.kind === 'group' ? node.key : node.tableId)),
      ['freshness:stale'],
    );
  });

  it('come back when a change lets them through the filter', async () => {
    await scene.change({ filter: { ...NO_FILTER, states: ['fresh'] } });
    assert.equal(scene.tables.shownCount, 0);
    await scene.clock.advance(5_000);
    scene.settle('a');
    await scene.clock.advance(COLLECTED_MS);
    assert.equal(scene.tables.shownCount, 1);
    assert.ok(scene.tables.table('a'));
  });
});

/** A clock that lets arranging take time. */
class SlowClock extends FakeClock {
  #slowMs = 0;
  #readings = 0;

  slow(ms: number): void {
    this.#slowMs = ms;
  }

  /** Each reading is later than the one before by what arranging is to take. */
  override monotonicMs(): number {
    this.#readings += 1;
    return super.monotonicMs() + this.#readings * this.#slowMs;
  }
}

class Scene {
  readonly clock = new SlowClock();
  readonly source = new FakeSource(this.clock, [row('a'), row('b'), row('c'), row('d', 'other')]);
  readonly model = new TableModel(this.clock);
  readonly pins = new Pins(noState());
  readonly #arrangement = new KeptArrangement(noState());
  readonly tables: ArrangedTables;
  #drawn: string[] = [];

  constructor() {
    const { model, clock, pins } = this;
    this.tables = new ArrangedTables({ model, clock, pins, arrangement: this.#arrangement });
    this.tables.onDidChange((nodes) => {
      this.#drawn.push(...(nodes === undefined ? ['everything'] : nodes.map(nameOf)));
    });
  }

  async open(): Promise<void> {
    this.model.setSource(this.source);
    await this.model.load();
    await this.clock.advance(COLLECTED_MS);
    this.takeDrawn();
  }

  /** What was drawn since somebody asked last. */
  takeDrawn(): string[] {
    const drawn = this.#drawn;
    this.#drawn = [];
    return drawn;
  }

  change(part: Partial<Arrangement>): Promise<void> {
    return this.#arrangement.change(part);
  }

  start(tableId: string): void {
    this.source.tableEvents.fire({ kind: 'tableStarted', tableId });
  }

  settle(tableId: string): void {
    this.source.tableEvents.fire({
      kind: 'tableSettled',
      outcome: {
        tableId,
        status: 'ok',
        metadata: {
          rows: 10n,
          sizeBytes: 2_048n,
          partitionBy: null,
          clusteredBy: null,
          entityType: 'BASE TABLE',
          lastModified: null,
        },
        observedAt: this.clock.now(),
        fetchMs: 1,
        totalMs: 1,
        stored: 'stored',
      },
    });
  }

  dispose(): void {
    this.tables.dispose();
    this.model.dispose();
  }
}

function row(id: string, bucket = 'sales'): CatalogRow {
  const clock = new FakeClock();
  return {
    registration: registration(id, { bucket }),
    cached: { ...CACHED, refreshedAt: clock.now() - 9n * HOUR },
  };
}

function nameOf(node: TreeNode): string {
  return node.kind === 'group' ? node.key : node.tableId;
}

function noState(): ConstructorParameters<typeof Pins>[0] {
  return { get: () => undefined, update: () => Promise.resolve() };
}

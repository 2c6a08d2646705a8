import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_ARRANGEMENT, type Arrangement } from '../../../../src/host/tree/arrangement.ts';
import { arrangeTables } from '../../../../src/host/tree/arrangeTables.ts';
import { TreeNodes, type NodeChanges, type TreeNode } from '../../../../src/host/tree/treeNodes.ts';
import type { TableView } from '../../../../src/sources/tableView.ts';
import { tableView } from '../../../fixtures/tableViews.ts';

describe('rows of the tree', () => {
  it('are the same objects from one arrangement to the next', () => {
    const tree = new Tree();
    const views = [tableView('a'), tableView('b'), tableView('c', { of: { bucket: 'other' } })];
    assert.equal(tree.show(views), 'all');
    const before = everyNode(tree.nodes);
    assert.deepEqual(tree.show(views), []);
    assert.deepEqual(everyNode(tree.nodes), before);
    everyNode(tree.nodes).forEach((node, index) => assert.equal(node, before[index]));
  });

  it('are drawn anew with their group alone where only its count changed', () => {
    const tree = new Tree();
    tree.show([tableView('a'), tableView('b', { of: { bucket: 'other' } })]);
    const stale = tableView('a', { freshness: 'stale' });
    assert.deepEqual(keys(tree.show([stale, tableView('b', { of: { bucket: 'other' } })])), [
      'dataset:sales',
    ]);
  });

  it('are drawn anew with their group where one came or went', () => {
    const tree = new Tree();
    const other = tableView('z', { of: { bucket: 'other' } });
    tree.show([tableView('a'), other]);
    assert.deepEqual(keys(tree.show([tableView('a'), tableView('b'), other])), ['dataset:sales']);
    assert.deepEqual(keys(tree.show([tableView('b'), other])), ['dataset:sales']);
    assert.equal(tree.show([other]), 'all');
  });

  it('move from group to group as rows of both, and in one go where they are selected', () => {
    const tree = new Tree({ grouping: 'freshness' });
    tree.show([tableView('a'), tableView('b'), tableView('c', { freshness: 'stale' })]);
    const node = tree.nodes.table('a') ?? assert.fail('no row');
    const others = [tableView('b'), tableView('c', { freshness: 'stale' })];
    const both = ['freshness:fresh', 'freshness:stale'];
    assert.deepEqual(keys(tree.show([tableView('a', { freshness: 'stale' }), ...others])), both);
    assert.equal(tree.nodes.table('a'), node);
    assert.equal(tree.nodes.parent(node)?.key, 'freshness:stale');
    const b = tree.nodes.table('b') ?? assert.fail('no row');
    tree.show([tableView('a'), ...others], [b]);
    assert.deepEqual(keys(tree.show([tableView('a', { freshness: 'stale' }), ...others], [b])), both);
    assert.equal(tree.show([tableView('a'), ...others], [b, node]), 'all');
  });

  it('move between the parts of one group, and inside that group where they are selected', () => {
    const tree = new Tree({ sort: 'rows' });
    const views = Array.from({ length: 700 }, (_, i) => tableView(`t${i}`, { cached: { rows: BigInt(i) } }));
    const other = tableView('z', { of: { bucket: 'other' } });
    tree.show([...views, other]);
    const parts = ['dataset:sales\npart:0', 'dataset:sales\npart:1'];
    const last = views[0] ?? assert.fail('no table');
    views[0] = tableView('t0', { cached: { rows: 10_000n } });
    assert.deepEqual(keys(tree.show([...views, other])), parts);
    views[0] = last;
    const selected = [tree.nodes.table('t0') ?? assert.fail('no row')];
    assert.deepEqual(keys(tree.show([...views, other], selected)), ['dataset:sales', ...parts]);
  });

  it('know their groups, up to the top', () => {
    const tree = new Tree();
    tree.show(Array.from({ length: 501 }, (_, i) => tableView(`t${i}`)));
    const node = tree.nodes.table('t500') ?? assert.fail('no row');
    const part = tree.nodes.parent(node) ?? assert.fail('no group');
    assert.deepEqual([part.key, tree.nodes.parent(part)?.key], ['dataset:sales\npart:1', 'dataset:sales']);
    assert.equal(tree.nodes.table('gone'), undefined);
  });

  it('show the latest arrangement to whoever draws anew only what it is told of', () => {
    const views = fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 12 }).map((n) => `t${n}`),
        bucket: fc.constantFrom('a', 'b', 'c'),
        freshness: fc.constantFrom('fresh' as const, 'stale' as const, 'error' as const),
        rows: fc.bigInt(0n, 5n),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.array(views, { maxLength: 8 }),
        fc.constantFrom('dataset' as const, 'freshness' as const, 'flat' as const),
        fc.array(fc.constantFrom('t1', 't2', 't3')),
        (steps, grouping, pinned) => {
          const tree = new Tree({ grouping, sort: 'rows' }, new Set(pinned));
          const drawn = new Drawn(tree.nodes);
          for (const step of steps) {
            const unique = new Map(
              step.map(({ id, bucket, freshness, rows }) => [
                id,
                tableView(id, { of: { bucket }, freshness, cached: { rows } }),
              ]),
            );
            drawn.draw(tree.show([...unique.values()]));
            assert.deepEqual(drawn.rows, rowsOf(tree.nodes.roots));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** What a person sees: rows are read anew only where they are told to be. */
class Drawn {
  readonly #nodes: TreeNodes;
  #children = new Map<TreeNode | undefined, readonly TreeNode[]>();
  readonly #texts = new Map<TreeNode, string>();

  constructor(nodes: TreeNodes) {
    this.#nodes = nodes;
  }

  draw(changes: NodeChanges): void {
    if (changes === 'all') this.#read(undefined);
    else for (const node of changes) this.#read(node);
  }

  get rows(): string[] {
    const below = (node: TreeNode | undefined): string[] =>
      (this.#children.get(node) ?? []).flatMap((child) => [this.#texts.get(child) ?? '', ...below(child)]);
    return below(undefined);
  }

  #read(node: TreeNode | undefined): void {
    if (node !== undefined) this.#texts.set(node, textOf(node));
    const children = node === undefined ? this.#nodes.roots : node.kind === 'group' ? node.children : [];
    this.#children.set(node, [...children]);
    for (const child of children) this.#read(child);
  }
}

class Tree {
  readonly nodes = new TreeNodes();
  readonly #arrangement: Arrangement;
  readonly #pinned: ReadonlySet<string>;

  constructor(arrangement: Partial<Arrangement> = {}, pinned: ReadonlySet<string> = new Set()) {
    this.#arrangement = { ...DEFAULT_ARRANGEMENT, ...arrangement };
    this.#pinned = pinned;
  }

  show(views: readonly TableView[], selected: readonly TreeNode[] = []): NodeChanges {
    const capabilities = { dataset: true, folder: true };
    const options = { arrangement: this.#arrangement, pinned: this.#pinned, capabilities };
    return this.nodes.update(arrangeTables(views, options).roots, selected);
  }
}

function textOf(node: TreeNode): string {
  if (node.kind === 'table') return node.tableId;
  const { name, counts } = node.group;
  return `${name} ${counts.error} ${counts.stale} ${counts.total}`;
}

function rowsOf(nodes: readonly TreeNode[]): string[] {
  return nodes.flatMap((node) => [textOf(node), ...(node.kind === 'group' ? rowsOf(node.children) : [])]);
}

function everyNode(nodes: TreeNodes): TreeNode[] {
  const below = (list: readonly TreeNode[]): TreeNode[] =>
    list.flatMap((node) => [node, ...(node.kind === 'group' ? below(node.children) : [])]);
  return below(nodes.roots);
}

function keys(changes: NodeChanges): string[] | 'all' {
  return changes === 'all' ? 'all' : changes.map(({ key }) => key).sort();
}

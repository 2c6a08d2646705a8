import type { ArrangedChild, ArrangedGroup } from './arrangeTables.ts';

/** A row of the tree. There is one object for a group or table as long as it is shown, so that VS Code can be told of it. */
export type TreeNode = GroupNode | TableNode;
export interface GroupNode {
  readonly kind: 'group';
  readonly key: string;
  /** As it was arranged last. */
  readonly group: ArrangedGroup;
  readonly children: readonly TreeNode[];
}
export interface TableNode {
  readonly kind: 'table';
  readonly tableId: string;
}

/** What is to be drawn anew after an arrangement, with all that stands below it. */
export type NodeChanges = 'all' | readonly GroupNode[];

/** A group while it is put together: nobody outside writes to one. */
interface WritableGroup extends GroupNode {
  group: ArrangedGroup;
  children: readonly TreeNode[];
}

/** The rows of the tree. Takes one arrangement after the other and says which rows have others below them than before. */
export class TreeNodes {
  #roots: readonly TreeNode[] = [];
  #tables = new Map<string, TableNode>();
  #groups = new Map<string, WritableGroup>();
  #parents = new Map<TreeNode, GroupNode>();

  get roots(): readonly TreeNode[] {
    return this.#roots;
  }

  /** The row of a table, if it is shown. */
  table(id: string): TableNode | undefined {
    return this.#tables.get(id);
  }

  /** The group that a row stands in; `undefined` on the top level. */
  parent(node: TreeNode): GroupNode | undefined {
    return this.#parents.get(node);
  }

  /**
   * Takes a new arrangement.
   *
   * @param selected rows that have to keep selection and focus
   * @returns what has to be drawn anew; nothing where everything stands as it stood
   */
  update(roots: readonly ArrangedChild[], selected: readonly TreeNode[] = []): NodeChanges {
    const building = new Building(this.#tables, this.#groups);
    const rootNodes = roots.map((child) => building.node(child, undefined));
    const parentsBefore = this.#parents;
    const { changed, parents } = building;
    let all = !sameNodes(this.#roots, rootNodes);
    // Other rows that moved need no more than their groups, which have other rows below them by that.
    for (const node of all ? [] : selected) {
      const before = parentsBefore.get(node);
      const now = parents.get(node);
      if (before === undefined || now === undefined || before === now) continue;
      // A row keeps selection and focus only when it goes and comes in one go: that of what holds both.
      const common = commonParent(before, now, parents);
      if (common === undefined) all = true;
      else changed.add(common);
    }
    this.#roots = rootNodes;
    this.#tables = building.tables;
    this.#groups = building.groups;
    this.#parents = parents;
    return all ? 'all' : [...changed];
  }
}

/** One pass over an arrangement. */
class Building {
  readonly tables = new Map<string, TableNode>();
  readonly groups = new Map<string, WritableGroup>();
  readonly parents = new Map<TreeNode, GroupNode>();
  readonly changed = new Set<GroupNode>();
  readonly #oldTables: ReadonlyMap<string, TableNode>;
  readonly #oldGroups: ReadonlyMap<string, WritableGroup>;

  constructor(oldTables: ReadonlyMap<string, TableNode>, oldGroups: ReadonlyMap<string, WritableGroup>) {
    this.#oldTables = oldTables;
    this.#oldGroups = oldGroups;
  }

  node(child: ArrangedChild, parent: GroupNode | undefined): TreeNode {
    const node = typeof child === 'string' ? this.#tableNode(child) : this.#groupNode(child);
    if (parent !== undefined) this.parents.set(node, parent);
    return node;
  }

  #tableNode(tableId: string): TableNode {
    const node = this.#oldTables.get(tableId) ?? { kind: 'table', tableId };
    this.tables.set(tableId, node);
    return node;
  }

  #groupNode(group: ArrangedGroup): GroupNode {
    const old = this.#oldGroups.get(group.key);
    const node: WritableGroup = old ?? { kind: 'group', key: group.key, group, children: [] };
    this.groups.set(group.key, node);
    const children = group.children.map((child) => this.node(child, node));
    if (old !== undefined && (!sameNodes(old.children, children) || !sameLook(old.group, group))) {
      this.changed.add(node);
    }
    node.group = group;
    node.children = children;
    return node;
  }
}

function sameNodes(before: readonly TreeNode[], after: readonly TreeNode[]): boolean {
  return before.length === after.length && before.every((node, index) => node === after[index]);
}

/** Whether the group's own row reads the same. */
function sameLook(a: ArrangedGroup, b: ArrangedGroup): boolean {
  return (
    a.name === b.name &&
    a.because === b.because &&
    a.counts.total === b.counts.total &&
    a.counts.error === b.counts.error &&
    a.counts.stale === b.counts.stale &&
    a.counts.never_fetched === b.counts.never_fetched
  );
}

function commonParent(
  a: GroupNode,
  b: GroupNode,
  parents: ReadonlyMap<TreeNode, GroupNode>,
): GroupNode | undefined {
  const above = new Set<GroupNode>();
  for (let at: GroupNode | undefined = a; at !== undefined; at = parents.get(at)) above.add(at);
  for (let at: GroupNode | undefined = b; at !== undefined; at = parents.get(at)) {
    if (above.has(at)) return at;
  }
  return undefined;
}

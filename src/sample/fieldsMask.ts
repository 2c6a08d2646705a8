/** A parsed `fields` mask: what to keep, and of it what; an empty tree keeps everything below. */
export type FieldsMask = ReadonlyMap<string, FieldsMask>;

type MutableMask = Map<string, MutableMask>;

/**
 * Parses Google's partial-response syntax: `a,b(c,d/e)`.
 *
 * @returns `undefined` for a malformed mask
 */
export function parseFieldsMask(text: string): FieldsMask | undefined {
  const tokens = text.match(/[\w*]+|[(),/]|./g) ?? [];
  const mask: MutableMask = new Map();
  const end = parseList(tokens, 0, mask);
  return end === tokens.length ? mask : undefined;
}

/** Reads `item (, item)*` from `at`; gives the place after it, or -1. */
function parseList(tokens: readonly string[], at: number, into: MutableMask): number {
  for (let place = at; ; place += 1) {
    place = parseItem(tokens, place, into);
    if (place < 0 || tokens[place] !== ',') return place;
  }
}

/** Reads `name`, `name/item` or `name(list)`. */
function parseItem(tokens: readonly string[], at: number, into: MutableMask): number {
  const name = tokens[at];
  if (name === undefined || !/^[\w*]+$/.test(name)) return -1;
  const below: MutableMask = into.get(name) ?? new Map<string, MutableMask>();
  into.set(name, below);
  if (tokens[at + 1] === '/') return parseItem(tokens, at + 2, below);
  if (tokens[at + 1] !== '(') return at + 1;
  const end = parseList(tokens, at + 2, below);
  return end >= 0 && tokens[end] === ')' ? end + 1 : -1;
}

/** Keeps what the mask names; objects that are left empty go, and lists are masked item by item. */
export function applyFieldsMask(value: unknown, mask: FieldsMask): unknown {
  if (mask.size === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => applyFieldsMask(item, mask));
  const kept: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const below = mask.get(name) ?? mask.get('*');
    if (below === undefined) continue;
    const masked = applyFieldsMask(item, below);
    if (!isEmptyObject(masked) || isEmptyObject(item)) kept[name] = masked;
  }
  return kept;
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

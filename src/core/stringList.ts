/**
 * A list of names as Agnes stores it: JSON text (contract, 2.3). `null` stays SQL NULL and `[]` stays `[]`; they differ.
 */
export function encodeStringList(list: readonly string[] | null): string | null {
  return list === null ? null : JSON.stringify(list);
}

/**
 * Reads a stored list as Agnes does: an array's elements through Python's `str`, anything else `null`.
 *
 * @param stored the cell's text
 */
export function decodeStringList(stored: string | null): readonly string[] | null {
  if (stored === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(stored, keepNumberText);
  } catch {
    return null;
  }
  return Array.isArray(value) ? value.map(pythonStr) : null;
}

/** A number as it was written: `1.0` and `1` are two texts in Python, one number here. */
class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function keepNumberText(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new NumberText(context?.source ?? String(value)) : value;
}

function pythonStr(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

function pythonRepr(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  if (value instanceof NumberText) return pythonNumber(value.text);
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`)
      .join(', ')}}`;
  }
  return 'None';
}

function pythonNumber(source: string): string {
  if (/^-?\d+$/.test(source)) return String(BigInt(source));
  const value = Number(source);
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
}

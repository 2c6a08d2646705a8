import { createHash } from 'node:crypto';
import { SHARDS } from '../../../src/adapters/files/historyFiles.ts';
import type { HistoryPoint, TableFacts } from '../../../src/core/tableFacts.ts';

/** Facts of a table that was refreshed at that time. */
export function factsAt(at: bigint, more: Partial<TableFacts> = {}): TableFacts {
  return {
    lastModified: { at: at - 1n, observedAt: at },
    seen: {
      at,
      rows: 9_007_199_254_740_993n,
      entityType: 'BASE TABLE',
      partitionBy: null,
      registeredAs: { bucket: 'sales', sourceTable: null, bqFqn: null },
    },
    change: null,
    failure: null,
    ...more,
  };
}

export function pointAt(at: bigint, rows: bigint | null = at): HistoryPoint {
  return { at, rows, sizeBytes: null };
}

/** Ids whose history is in the same file, the first of all. */
export function idsOfOneFile(prefix: string, count: number): string[] {
  const ids: string[] = [];
  for (let i = 0; ids.length < count; i += 1) if (isInFirstFile(`${prefix}${i}`)) ids.push(`${prefix}${i}`);
  return ids;
}

function isInFirstFile(id: string): boolean {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % SHARDS === 0;
}

/** One of them with a name that takes much room. */
export const BULKY: string = idsOfOneFile('x'.repeat(50_000), 1)[0] ?? '';

import assert from 'node:assert/strict';
import { NOTHING_CACHED } from '../../../src/core/cachedMetadata.ts';
import type { FailureReason } from '../../../src/core/failure.ts';
import type { TableSelection } from '../../../src/engine/refreshRun.ts';
import { leftAfterJoining } from '../../../src/host/commands/afterJoining.ts';
import type { CatalogRow } from '../../../src/ports/tableStore.ts';
import { registration } from '../../fixtures/engineFakes.ts';

const STARTED = 1_000n;

function row(id: string, times: { refreshedAt?: bigint; errorAt?: bigint } | null): CatalogRow {
  return { registration: registration(id), cached: times && { ...NOTHING_CACHED, ...times } };
}

/** What the joined run looked at stands behind it, whatever it found. */
const TABLES: readonly CatalogRow[] = [
  row('refreshed', { refreshedAt: STARTED }),
  row('failed', { refreshedAt: 1n, errorAt: STARTED + 5n }),
  row('old', { refreshedAt: STARTED - 1n }),
  row('oldError', { errorAt: 3n }),
  row('never', null),
];

const only =
  (...ids: readonly string[]): TableSelection =>
  ({ registration: { id } }) =>
    ids.includes(id);

function left(
  selection: TableSelection | undefined,
  { endedBy = null, coversAll = false }: { endedBy?: FailureReason | null; coversAll?: boolean } = {},
): readonly string[] | 'nothing' | 'everything' {
  const options = { trigger: 'command', ...(selection && { selection }) } as const;
  const next = leftAfterJoining({ endedBy }, { coversAll, startedAt: STARTED }, options, TABLES);
  if (next === undefined) return 'nothing';
  assert.equal(next.trigger, 'command');
  const { selection: chosen } = next;
  if (chosen === undefined || chosen === selection) return 'everything';
  return TABLES.filter(chosen).map((table) => table.registration.id);
}

describe('what is left to refresh after somebody else’s run', () => {
  it('is what was asked for and not looked at since that run began', () => {
    assert.deepEqual(left(only('refreshed', 'failed', 'old', 'never')), ['old', 'never']);
    assert.deepEqual(left(only('oldError')), ['oldError']);
  });

  it('is nothing where that run took all of it', () => {
    assert.equal(left(only('refreshed', 'failed')), 'nothing');
    assert.equal(left(only('not registered')), 'nothing');
  });

  it('is everything for who wanted every table, as long as any is left', () => {
    assert.equal(left(undefined), 'everything');
  });

  it('is nothing after a run of every table, a cancelled one and a failed one', () => {
    for (const how of [{ coversAll: true }, { endedBy: 'cancelled' }, { endedBy: 'networkDown' }] as const) {
      assert.equal(left(only('old'), how), 'nothing');
      assert.equal(left(undefined, how), 'nothing');
    }
  });

  it('is everything that was asked for where the window that was at it is gone', () => {
    assert.equal(left(only('old', 'refreshed'), { endedBy: 'flightVanished' }), 'everything');
    assert.equal(left(undefined, { endedBy: 'flightVanished', coversAll: true }), 'everything');
  });
});

import assert from 'node:assert/strict';

import { AgnesFailure, type FailureReason } from '../../../src/core/failure.ts';
import type { TableInspection } from '../../../src/core/cachedMetadata.ts';
import type { TableRegistration } from '../../../src/core/tableRegistration.ts';
import type { ProviderAnswer } from '../../../src/ports/metadataProvider.ts';
import { inspectTable } from '../../../src/sources/inspectTable.ts';
import {
  callerFault,
  fakeParts,
  INSPECTION,
  METADATA,
  registration,
  transient,
  type FakeParts,
} from '../../fixtures/engineFakes.ts';
import { settle } from '../../fixtures/fakeClock.ts';

const OK: ProviderAnswer = { kind: 'ok', metadata: METADATA };
const NEVER = new AbortController().signal;

describe('inspection of a table', () => {
  function scene(
    answers: readonly (ProviderAnswer | Error | 'hang')[] = [OK],
    table: Partial<TableRegistration> = {},
  ): FakeParts {
    const parts = fakeParts([registration('t', table)]);
    parts.provider.answers.set('t', answers);
    return parts;
  }

  /** Asks for the one table that is registered. */
  function inspect(parts: FakeParts, signal = NEVER): Promise<TableInspection> {
    const [table = assert.fail('no table')] = parts.store.registrations;
    return inspectTable(table, parts, signal);
  }

  /** Lets all the time pass that it waits for. */
  async function ended(parts: FakeParts, asking: Promise<TableInspection>): Promise<TableInspection> {
    asking.catch(() => undefined);
    await parts.clock.advance(60_000);
    return asking;
  }

  async function reasonOf(parts: FakeParts): Promise<FailureReason> {
    const outcome = ended(parts, inspect(parts));
    const failure: unknown = await outcome.then(
      () => assert.fail('an answer'),
      (thrown: unknown) => thrown,
    );
    assert.ok(failure instanceof AgnesFailure);
    return failure.reason;
  }

  it('asks once at the address of the registration', async () => {
    const parts = scene();
    assert.equal(await inspect(parts), INSPECTION);
    assert.deepEqual(parts.provider.asked, ['my-project.sales.t']);
  });

  it('asks at the physical address where there is one, without a project of the settings', async () => {
    const parts = scene([OK], { bqFqn: 'other-project.raw.t', bucket: 'A label' });
    const { prepare } = parts;
    parts.prepare = () => ({ ...prepare(), project: undefined });
    await inspect(parts);
    assert.deepEqual(parts.provider.asked, ['other-project.raw.t']);
  });

  it('has the columns of a table with an access policy too', async () => {
    assert.equal(await inspect(scene([OK], { hasAccessPolicy: true })), INSPECTION);
  });

  describe('asks again once', () => {
    for (const reason of ['networkDown', 'rateLimited', 'serviceUnavailable', 'tableTimeout'] as const) {
      it(`after ${reason}`, async () => {
        const parts = scene([transient(reason), OK]);
        assert.equal(await ended(parts, inspect(parts)), INSPECTION);
        assert.equal(parts.provider.asked.length, 2);
      });

      it(`after ${reason}, and not twice`, async () => {
        const parts = scene([transient(reason), transient(reason), OK]);
        assert.equal(await reasonOf(parts), reason);
        assert.equal(parts.provider.asked.length, 2);
        assert.equal(parts.clock.pending, 0);
      });
    }

    it('not before a moment has passed', async () => {
      const parts = scene([transient('serviceUnavailable'), OK]);
      const asking = inspect(parts);
      await parts.clock.advance(199);
      assert.equal(parts.provider.asked.length, 1);
      await parts.clock.advance(201);
      assert.equal(parts.provider.asked.length, 2);
      await asking;
    });

    it('not before a longer moment has passed where BigQuery asks for fewer requests', async () => {
      const parts = scene([transient('rateLimited'), OK]);
      const asking = inspect(parts);
      await parts.clock.advance(999);
      assert.equal(parts.provider.asked.length, 1);
      await parts.clock.advance(1_001);
      assert.equal(parts.provider.asked.length, 2);
      await asking;
    });

    it('not before BigQuery wants it', async () => {
      const parts = scene([transient('rateLimited', 5_000), OK]);
      const asking = inspect(parts);
      await parts.clock.advance(4_999);
      assert.equal(parts.provider.asked.length, 1);
      await parts.clock.advance(1);
      assert.equal(await asking, INSPECTION);
    });

    it('not at all where BigQuery wants it later than somebody waits', async () => {
      const parts = scene([transient('rateLimited', 5_001), OK]);
      assert.equal(await reasonOf(parts), 'rateLimited');
      assert.equal(parts.provider.asked.length, 1);
    });
  });

  describe('rejects without asking again', () => {
    const cases: readonly (readonly [string, ProviderAnswer | Error, FailureReason])[] = [
      ['no such table', { kind: 'noData', message: 'BigQuery has no table' }, 'tableNotFound'],
      ['no access', { kind: 'tableError', reason: 'accessDenied', message: 'no' }, 'accessDenied'],
      ['refused', { kind: 'tableError', reason: 'requestInvalid', message: 'no' }, 'requestInvalid'],
      ['unreadable', { kind: 'tableError', reason: 'answerInvalid', message: 'no' }, 'answerInvalid'],
      ['a fault of the caller', callerFault('quotaExceeded'), 'quotaExceeded'],
      ['a failure', new AgnesFailure('unexpected'), 'unexpected'],
      ['a defect', new TypeError('oops'), 'unexpected'],
    ];
    for (const [name, answer, reason] of cases) {
      it(`${name}: ${reason}`, async () => {
        const parts = scene([answer, OK]);
        assert.equal(await reasonOf(parts), reason);
        assert.equal(parts.provider.asked.length, 1);
      });
    }
  });

  describe('rejects without asking', () => {
    for (const [table, reason] of [
      [{ queryMode: 'local' }, 'notRefreshable'],
      [{ sourceType: 'keboola' }, 'notRefreshable'],
      [{ bucket: 'A label' }, 'invalidIdentifier'],
    ] as const) {
      it(`${JSON.stringify(table)}: ${reason}`, async () => {
        const parts = scene([OK], table);
        assert.equal(await reasonOf(parts), reason);
        assert.equal(parts.provider.asked.length, 0);
      });
    }

    it('what needs a project that is not set', async () => {
      const parts = scene();
      const { prepare } = parts;
      parts.prepare = () => ({ ...prepare(), project: undefined });
      assert.equal(await reasonOf(parts), 'notConfigured');
    });

    it('where a setting is not usable', async () => {
      const parts = scene();
      parts.prepare = () => {
        throw new AgnesFailure('settingInvalid');
      };
      assert.equal(await reasonOf(parts), 'settingInvalid');
    });
  });

  describe('ends with its signal', () => {
    const cancelled = (thrown: unknown): boolean =>
      thrown instanceof AgnesFailure && thrown.reason === 'cancelled';

    it('while BigQuery is asked', async () => {
      const parts = scene(['hang']);
      const abortion = new AbortController();
      const asking = inspect(parts, abortion.signal);
      await settle();
      assert.equal(parts.provider.underWay, 1);
      abortion.abort();
      await assert.rejects(asking, cancelled);
      assert.equal(parts.provider.underWay, 0);
    });

    it('while it waits to ask again', async () => {
      const parts = scene([transient('serviceUnavailable'), OK]);
      const abortion = new AbortController();
      const asking = inspect(parts, abortion.signal);
      await settle();
      assert.equal(parts.clock.pending, 1);
      abortion.abort();
      await assert.rejects(asking, cancelled);
      assert.deepEqual([parts.provider.asked.length, parts.clock.pending], [1, 0]);
    });
  });
});

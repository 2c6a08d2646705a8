import assert from 'node:assert/strict';
import { isConfiguredProjectId, isProjectId, isQuotedIdentifier } from '../../../src/core/identifiers.ts';
import { resolveAddress } from '../../../src/core/tableAddress.ts';
import { differenceOf } from '../../fixtures/deliberateDifferences.ts';
import { readVectors } from '../../fixtures/vectors.ts';

interface IdentifierVector {
  readonly input: unknown;
  readonly quoted_ok: boolean;
}

describe('identifier rule', () => {
  for (const vector of readVectors<IdentifierVector>('identifiers')) {
    const difference = differenceOf(vector.id);
    it(`${vector.id} ${JSON.stringify(vector.input).slice(0, 40)}`, () => {
      assert.equal(isQuotedIdentifier(vector.input), difference === undefined ? vector.quoted_ok : false);
    });
  }

  it('knows project ids', () => {
    assert.equal(isProjectId('my-project-1'), true);
    for (const bad of ['short', 'My-project', '1project', 'project-', 'a'.repeat(31), 'my-project\n']) {
      assert.equal(isProjectId(bad), false, bad);
    }
    assert.equal(isConfiguredProjectId('example.com:my-project'), true);
    assert.equal(isConfiguredProjectId('example.com/my-project'), false);
  });
});

describe('address of a registration', () => {
  const row = { id: 'orders', bucket: 'sales', sourceTable: null, bqFqn: null };

  it('is project, bucket and source table, or the id where there is none', () => {
    assert.deepEqual(resolveAddress(row, 'my-project'), {
      kind: 'address',
      address: { project: 'my-project', dataset: 'sales', table: 'orders' },
    });
    const { address } = expectAddress(resolveAddress({ ...row, sourceTable: 'o2' }, 'my-project'));
    assert.equal(address.table, 'o2');
  });

  it('is a valid bq_fqn before anything else, without a configured project', () => {
    const { address } = expectAddress(
      resolveAddress({ ...row, bucket: 'A label', bqFqn: 'other-proj.real.t' }, undefined),
    );
    assert.deepEqual(address, { project: 'other-proj', dataset: 'real', table: 't' });
  });

  it('falls back from a malformed bq_fqn', () => {
    for (const bqFqn of ['', 'a.b', 'other-proj.a.b.c', 'Other.a.b', 'other-proj..t', 'other-proj.a.t;--']) {
      const { address } = expectAddress(resolveAddress({ ...row, bqFqn }, 'my-project'));
      assert.equal(address.dataset, 'sales', bqFqn);
    }
  });

  it('tells a row that names no table from a project that is not set', () => {
    assert.equal(resolveAddress({ ...row, bucket: 'Sales & more' }, undefined).kind, 'invalid');
    assert.equal(resolveAddress({ ...row, sourceTable: ' ' }, 'my-project').kind, 'invalid');
    assert.equal(resolveAddress(row, undefined).kind, 'noProject');
  });
});

function expectAddress(
  resolution: ReturnType<typeof resolveAddress>,
): Extract<typeof resolution, { kind: 'address' }> {
  return resolution.kind === 'address' ? resolution : assert.fail(resolution.kind);
}

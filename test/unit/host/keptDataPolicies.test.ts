import assert from 'node:assert/strict';
import { KeptDataPolicies } from '../../../src/host/keptDataPolicies.ts';

describe('policies for the age of data that are kept', () => {
  const setting = { 'sales.*': { warnAfter: '12h' } };
  const bigQuery = { project: 'my-project', billingProject: '', credentialsFile: '', apiEndpoint: '' };

  it('are the same object while their setting and BigQuery’s are what they were', () => {
    const kept = new KeptDataPolicies();
    const { policies } = kept.resolve(setting, bigQuery);
    assert.equal(kept.resolve(structuredClone(setting), { ...bigQuery }).policies, policies);
  });

  it('are made anew with another setting, and with another project', () => {
    const kept = new KeptDataPolicies();
    const made = [
      kept.resolve(setting, bigQuery),
      kept.resolve({ 'sales.*': { warnAfter: '13h' } }, bigQuery),
      kept.resolve(setting, bigQuery),
      kept.resolve(setting, { ...bigQuery, project: 'other-project' }),
      kept.resolve(undefined, bigQuery),
      kept.resolve(setting, bigQuery),
    ];
    assert.equal(new Set(made).size, made.length);
  });

  it('count in the order in which they stand in the setting', () => {
    const kept = new KeptDataPolicies();
    const [first, last] = [{ 'a*': null }, { '*b': { warnAfter: '1h' } }];
    const { policies } = kept.resolve({ ...first, ...last }, bigQuery);
    assert.notEqual(kept.resolve({ ...last, ...first }, bigQuery).policies, policies);
  });

  it('have their warnings each time', () => {
    const kept = new KeptDataPolicies();
    assert.equal(kept.resolve('12h', bigQuery).warnings.length, 1);
    assert.equal(kept.resolve('12h', bigQuery).warnings.length, 1);
  });
});

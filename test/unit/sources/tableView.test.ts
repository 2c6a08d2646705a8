import assert from 'node:assert/strict';
import type { CachedMetadata } from '../../../src/core/cachedMetadata.ts';
import type { FailureReason } from '../../../src/core/failure.ts';
import {
  INVALID_IDENTIFIER_STORED,
  noDataMessage,
  tableErrorMessage,
} from '../../../src/engine/storing/storedMessages.ts';
import { HOUR, tableView, VIEWED_AT } from '../../fixtures/tableViews.ts';

describe('why the last attempt failed', () => {
  const reasonOf = (errorMessage: string, more: Partial<CachedMetadata> = {}): FailureReason | undefined =>
    tableView('t', { cached: { errorAt: VIEWED_AT, errorMessage, ...more } }).lastErrorReason;

  it('is read from what this extension wrote, in whatever window and however long ago', () => {
    assert.equal(reasonOf(tableErrorMessage('accessDenied', 'no')), 'accessDenied');
    assert.equal(reasonOf(tableErrorMessage('requestInvalid', 'no')), 'requestInvalid');
    assert.equal(reasonOf(noDataMessage('Not found: Table a.b.c')), 'tableNotFound');
    assert.equal(reasonOf(INVALID_IDENTIFIER_STORED), 'invalidIdentifier');
  });

  it('is not known of what others wrote, nor of "no data" alone, which is the server’s', () => {
    assert.equal(reasonOf('said by another program'), undefined);
    assert.equal(reasonOf(noDataMessage('')), undefined);
    assert.equal(reasonOf(''), undefined);
  });

  it('is none where the last attempt did not fail', () => {
    const message = tableErrorMessage('accessDenied', 'no');
    assert.equal(reasonOf(message, { errorAt: VIEWED_AT - HOUR, refreshedAt: VIEWED_AT }), undefined);
  });
});

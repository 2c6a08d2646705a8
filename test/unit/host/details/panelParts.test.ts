import assert from 'node:assert/strict';
import { consoleUrl } from '../../../../src/host/consoleUrl.ts';
import { panelHtml } from '../../../../src/host/details/panelHtml.ts';
import { readPanelMessage } from '../../../../src/host/details/panelMessages.ts';
import { RecentlyShown } from '../../../../src/host/details/recentlyShown.ts';

describe('details panel', () => {
  it('takes from its page the messages on the list alone', () => {
    for (const kind of ['ready', 'refresh', 'openConsole', 'copyName', 'helpLastError', 'helpInspection'])
      assert.equal(readPanelMessage({ kind }, true), kind);
    for (const other of [
      undefined,
      null,
      'refresh',
      {},
      { kind: 'quit' },
      { kind: ['refresh'] },
      [{ kind: 'refresh' }],
    ])
      assert.equal(readPanelMessage(other, true), undefined);
  });

  it('of a source that is not open acts on no table of the one that is', () => {
    for (const kind of ['refresh', 'openConsole', 'copyName', 'helpLastError', 'helpInspection'])
      assert.equal(readPanelMessage({ kind }, false), undefined);
    assert.equal(readPanelMessage({ kind: 'ready' }, false), 'ready');
  });

  it('has a page that allows its own script and style, and nothing inline', () => {
    const html = panelHtml({
      cspSource: 'https://own.test',
      nonce: 'n0nce',
      scriptUri: 'https://own.test/details.js',
      styleUri: 'https://own.test/details.css?a&"b',
      language: 'en',
    });
    const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    assert.deepEqual(policy.split('; '), [
      `default-src 'none'`,
      `style-src https://own.test`,
      `script-src 'nonce-n0nce'`,
      `base-uri 'none'`,
      `form-action 'none'`,
    ]);
    assert.doesNotMatch(html, /unsafe|<style|style=|\son\w+=/);
    assert.match(html, /href="https:\/\/own\.test\/details\.css\?a&amp;&quot;b"/);
    assert.match(html, /<html lang="en">/);
  });

  it('leads to a table’s page in the console', () => {
    assert.equal(
      consoleUrl({ project: 'my-project', dataset: 'sales', table: 'a-b.c' }),
      'https://console.cloud.google.com/bigquery?p=my-project&d=sales&t=a-b.c&page=table',
    );
  });
});

describe('panels that are open', () => {
  const ended: string[] = [];
  const make = (name: string) => () => ({ name, dispose: () => ended.push(name) });
  let shown: RecentlyShown<{ readonly name: string; dispose(): void }>;

  beforeEach(() => {
    ended.length = 0;
    shown = new RecentlyShown(2);
  });

  it('are one for each table, and the one that was shown longest ago makes room', () => {
    const a = shown.show('a', make('a'));
    shown.show('b', make('b'));
    assert.equal(shown.show('a', make('another a')), a);
    shown.show('c', make('c'));
    assert.deepEqual(ended, ['b']);
    assert.deepEqual(
      shown.items.map(({ name }) => name),
      ['a', 'c'],
    );
  });

  it('are forgotten when somebody closed them', () => {
    const a = shown.show('a', make('a'));
    shown.forget('a', a);
    assert.notEqual(shown.show('a', make('a')), a);
    shown.forget('a', a); // closed long ago: the new one stays
    shown.dispose();
    assert.deepEqual(ended, ['a']);
  });
});

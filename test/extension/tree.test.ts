import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension.ts';
import { COMMANDS } from '../../src/host/commandIds.ts';
import { NO_FILTER } from '../../src/host/tree/arrangement.ts';
import { activeExtension, TestSettings, until } from './support.ts';

/** Takes three seconds. */
const SLOW_TABLE = 'ad_clicks';

describe('rows of the tree and their commands', () => {
  const settings = new TestSettings();
  let extension: ExtensionApi;

  before(async () => {
    await settings.set({ autoRefresh: false, database: 'sample' });
    extension = await activeExtension();
    await until(extension.model, ({ snapshot }) => snapshot !== undefined);
  });
  after(async () => {
    await extension.arrangement.change({ grouping: undefined, sort: 'name', filter: NO_FILTER });
    await settings.reset();
  });

  it('copy ids and full names of all selected rows, one a line', async () => {
    const rows = ['budget', 'orders'].map((tableId) => ({ kind: 'table', tableId }));
    await vscode.commands.executeCommand(COMMANDS.copyId, rows[0], rows);
    assert.equal(await vscode.env.clipboard.readText(), 'budget\norders');
    await vscode.commands.executeCommand(COMMANDS.copyFullName, rows[1], [rows[1]]);
    assert.equal(await vscode.env.clipboard.readText(), 'agnes-sample.sales.orders');
  });

  it('put names in the place of every selection of the editor', async () => {
    const document = await vscode.workspace.openTextDocument({ content: 'FROM x JOIN y' });
    const editor = await vscode.window.showTextDocument(document);
    editor.selections = [new vscode.Selection(0, 5, 0, 6), new vscode.Selection(0, 12, 0, 13)];
    await vscode.commands.executeCommand(COMMANDS.insertName, 'orders');
    const name = '`agnes-sample.sales.orders`';
    assert.equal(document.getText(), `FROM ${name} JOIN ${name}`);
  });

  it('put no name in the place of a selection of the editor while no row is selected', async () => {
    const document = await vscode.workspace.openTextDocument({ content: 'FROM x' });
    const editor = await vscode.window.showTextDocument(document);
    editor.selections = [new vscode.Selection(0, 0, 0, 6)];
    assert.deepEqual(extension.view.selectedTableIds, []);
    await vscode.commands.executeCommand(COMMANDS.insertName);
    assert.equal(document.getText(), 'FROM x');
  });

  it('pin and unpin tables of the source that is shown', async () => {
    await vscode.commands.executeCommand(COMMANDS.pinTable, 'orders');
    assert.equal(extension.tables.isPinned('orders'), true);
    const [first] = extension.tables.roots;
    assert.equal(first?.kind === 'group' ? first.key : '', 'pinned');
    await vscode.commands.executeCommand(COMMANDS.unpinTable, 'orders');
    assert.equal(extension.tables.isPinned('orders'), false);
  });

  it('refresh several rows as one run that takes no other table', async () => {
    const rows = ['orders', 'invoices'].map((tableId) => ({ kind: 'table', tableId }));
    await vscode.commands.executeCommand(COMMANDS.refreshTable, rows[0], rows);
    await until(extension.model, ({ lastRun }) => lastRun?.summary.total === 2);
    const { succeeded, coversAll } = extension.model.lastRun?.summary ?? assert.fail('no run');
    assert.deepEqual([succeeded, coversAll], [2, false]);
  });

  it('are refreshed too when a run of other tables is on, once that is over', async () => {
    const { model } = extension;
    const before = model.now();
    const started = await model.source?.startRun({
      trigger: 'command',
      selection: ({ registration }) => registration.id === SLOW_TABLE,
    });
    const rows = ['orders', 'invoices'].map((tableId) => ({ kind: 'table', tableId }));
    await vscode.commands.executeCommand(COMMANDS.refreshTable, rows[0], rows);
    await started?.run.result;
    for (const id of [SLOW_TABLE, 'orders', 'invoices']) {
      await until(model, () => (model.table(id)?.cached?.refreshedAt ?? 0n) >= before);
    }
  });

  it('are revealed unless they are filtered away', async () => {
    await vscode.commands.executeCommand('agnesFreshness.tables.focus');
    assert.equal(await extension.view.reveal('orders'), true);
    assert.deepEqual(extension.view.selectedTableIds, ['orders']);
    await extension.arrangement.change({ filter: { ...NO_FILTER, text: 'budget' } });
    assert.equal(extension.tables.shownCount, 1);
    assert.equal(await extension.view.reveal('orders'), false);
    await vscode.commands.executeCommand(COMMANDS.clearFilter);
    assert.equal(await extension.view.reveal('orders'), true);
  });
});

import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS } from '../../src/host/commandIds.ts';
import type { TableModel } from '../../src/sources/tableModel.ts';
import { activeModel, idsIn, TestSettings, until } from './support.ts';

/** Takes three seconds. */
const SLOW_TABLE = 'ad_clicks';

describe('the extension', () => {
  const settings = new TestSettings();
  let model: TableModel;

  before(async () => {
    await settings.set({ autoRefresh: false });
    model = await activeModel();
  });
  after(() => settings.reset());

  it('starts without a source and with all of its commands', async () => {
    assert.equal(model.source, undefined);
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const command of Object.values(COMMANDS)) assert.ok(registered.has(command), command);
  });

  it('opens the sample catalog with every state', async () => {
    await settings.set({ database: 'sample' });
    await until(model, ({ snapshot }) => snapshot !== undefined);
    for (const state of ['fresh', 'stale', 'error', 'never_fetched'])
      assert.ok(idsIn(model, state).length > 0, state);
    assert.ok(
      Array.from(model.tables).some(
        ({ freshness, lastAttemptFailed }) => freshness === 'fresh' && lastAttemptFailed,
      ),
    );
  });

  it('reads the columns of a table when they are asked for', async () => {
    const [fresh = ''] = idsIn(model, 'fresh');
    const details = await model.source?.details(fresh);
    assert.ok((details?.knownColumns?.length ?? 0) > 0);
  });

  it('lets a second Refresh All take part in the first, and then knows every entity type', async () => {
    const seen = new Set<string>();
    const subscription = model.source?.onRunStarted(({ runId }) => seen.add(runId ?? ''));
    await Promise.all([
      vscode.commands.executeCommand(COMMANDS.refreshAll),
      vscode.commands.executeCommand(COMMANDS.refreshAll),
    ]);
    subscription?.dispose();
    assert.equal(seen.size, 1);
    await until(model, ({ lastRun }) => lastRun !== undefined);
    const { total, succeeded, noData, failed } = model.lastRun?.summary ?? assert.fail('no run');
    assert.deepEqual([total, succeeded, noData, failed], [14, 12, 1, 1]);
    const types = new Set(Array.from(model.tables, ({ cached }) => cached?.entityType));
    for (const type of ['BASE TABLE', 'VIEW', 'MATERIALIZED VIEW', 'EXTERNAL', 'SNAPSHOT', 'CLONE']) {
      assert.ok(types.has(type), type);
    }
  });

  it('cancels a run, and reports what was not reached', async () => {
    const started = new Promise<void>((resolve) => {
      const subscription = model.source?.onRunStarted((run) => {
        subscription?.dispose();
        const progress = run.onProgress(({ done, total }) => {
          // All but the slow table have their answer.
          if (total === undefined || done < total - 1) return;
          progress.dispose();
          resolve();
        });
      });
    });
    const run = vscode.commands.executeCommand(COMMANDS.refreshAll);
    await started;
    await vscode.commands.executeCommand(COMMANDS.cancelRefresh);
    await run;
    await until(model, ({ lastRun }) => lastRun?.summary.endedBy === 'cancelled');
    const { total, succeeded, noData, failed, cancelled } = model.lastRun?.summary ?? assert.fail('no run');
    assert.equal(cancelled, 1);
    assert.equal(succeeded + noData + failed + cancelled, total);
  });

  it('starts no other run when the one that Refresh All joined is cancelled', async () => {
    const seen = new Set<string>();
    const subscription = model.source?.onRunStarted(({ runId }) => seen.add(runId ?? ''));
    const started = await model.source?.startRun({
      trigger: 'command',
      selection: ({ registration }) => registration.id === SLOW_TABLE,
    });
    const joined = vscode.commands.executeCommand(COMMANDS.refreshAll);
    await until(model, () => model.table(SLOW_TABLE)?.refreshing === true);
    await vscode.commands.executeCommand(COMMANDS.cancelRefresh);
    await joined;
    subscription?.dispose();
    assert.equal((await started?.run.result)?.summary.cancelled, 1);
    assert.equal(seen.size, 1);
    assert.equal(model.currentRun, undefined);
  });
});

import { startWorkbenchServer, type Workbench, type WorkbenchServer } from './workbench.ts';

/** Title of the extension's view container. */
export const CONTAINER = 'Agnes Freshness';
/** Id of its status bar item. */
export const STATUS = 'status';

/** A window on the sample catalog, its timer off, with the tree in sight. */
export async function openSampleWindow(): Promise<{
  readonly server: WorkbenchServer;
  readonly workbench: Workbench;
}> {
  const server = await startWorkbenchServer();
  const workbench = await server.open({
    settings: { 'agnesFreshness.database': 'sample', 'agnesFreshness.autoRefresh': false },
    statusItem: STATUS,
  });
  await workbench.openViewContainer(CONTAINER);
  await workbench.treeRow('Dataset').first().waitFor();
  return { server, workbench };
}

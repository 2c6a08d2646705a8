/** Commands as package.json names them; a test holds the two against each other. */
export const COMMANDS = {
  refreshAll: 'agnesFreshness.refreshAll',
  refreshTable: 'agnesFreshness.refreshTable',
  refreshStale: 'agnesFreshness.refreshStale',
  cancelRefresh: 'agnesFreshness.cancelRefresh',
  showLog: 'agnesFreshness.showLog',
  connect: 'agnesFreshness.connect',
  connectServer: 'agnesFreshness.connectServer',
  signIn: 'agnesFreshness.signIn',
  signOut: 'agnesFreshness.signOut',
  chooseDatabase: 'agnesFreshness.chooseDatabase',
  openSampleCatalog: 'agnesFreshness.openSampleCatalog',
  openSettings: 'agnesFreshness.openSettings',
  reload: 'agnesFreshness.reload',
} as const;

export const TABLES_VIEW = 'agnesFreshness.tables';

/** Inside a terminal of VS Code these would make the host talk to that instance, or configure code-server. */
const OF_ANOTHER_HOST = /^(VSCODE_|ELECTRON_|CODE_SERVER_|NODE_OPTIONS$|PORT$|PASSWORD$|HASHED_PASSWORD$)/;
/** What the extension reads: a developer's own must not decide a test. */
const OF_THE_EXTENSION =
  /^(AGNES_|BIGQUERY_|GOOGLE_|GCLOUD_|CLOUDSDK_|SCHEDULER_|(DATA_DIR|STATE_DIR|CONFIG_DIR|DATABASE_URL|LOCAL_DEV_MODE)$)/;

export type Environment = Readonly<Record<string, string | undefined>>;

/** `base` without what belongs to another VS Code, plus `extra`; the extension gallery is off. */
export function hostEnvironment(base: Environment, extra: Environment = {}): Record<string, string> {
  return { EXTENSIONS_GALLERY: '{}', ...without(OF_ANOTHER_HOST, base), ...defined(extra) };
}

/** As `hostEnvironment`, and without anything of this user: settings, credentials and run history live in `stateFolder`. */
export function testEnvironment(
  base: Environment,
  stateFolder: string,
  extra: Environment = {},
): Record<string, string> {
  const own = {
    XDG_STATE_HOME: stateFolder,
    LOCALAPPDATA: stateFolder,
    // No Google credentials: neither gcloud's nor a metadata server's.
    CLOUDSDK_CONFIG: stateFolder,
    METADATA_SERVER_DETECTION: 'none',
    // Nor the sign-in of the Agnes CLI.
    AGNES_CONFIG_DIR: stateFolder,
  };
  return hostEnvironment(without(OF_THE_EXTENSION, base), { ...own, ...extra });
}

function without(names: RegExp, environment: Environment): Record<string, string> {
  return defined(Object.fromEntries(Object.entries(environment).filter(([name]) => !names.test(name))));
}

function defined(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

import { realpath, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { EMULATOR_VARIABLE, PROJECT_VARIABLE } from '../../adapters/bigquery/bigQueryConfiguration.ts';
import { inspectSharedFile } from '../../adapters/duckdb/sharedFile.ts';
import { stateFolderFor } from '../../adapters/files/stateFolder.ts';
import { asFailure, type AgnesFailure } from '../../core/failure.ts';
import { CONCURRENCY_VARIABLE, INTERVAL_VARIABLE } from '../../core/refreshPolicy.ts';
import { SETTING_KEYS, SETTINGS_SECTION } from '../../core/settingKeys.ts';
import { MICROS_PER_MS } from '../../core/time.ts';
import type { TableModel } from '../../sources/tableModel.ts';
import { absolutePath } from '../absolutePath.ts';
import type { NextRun } from '../nextRun.ts';
import type { Settings } from '../settings.ts';
import type { SourceController } from '../sourceController.ts';
import type { PrivateNames } from './reportRedaction.ts';
import type {
  FailureFacts,
  FileFacts,
  FileStateFacts,
  ServerFacts,
  SourceFacts,
  TroubleshootFacts,
  VersionFacts,
} from './troubleshootFacts.ts';

export interface TroubleshootParts {
  readonly model: TableModel;
  readonly controller: SourceController;
  readonly settings: Settings;
  readonly environment: NodeJS.ProcessEnv;
  readonly nextRun: () => NextRun;
  /** Its name and version. */
  readonly extension: string;
}

/** What lies in the state folder of a shared file (docs/architecture.md, "Where state lives"). */
const STATE_FILES = ['lock.duckdb', 'run.json', 'runs.jsonl'];

/** Variables that change what the extension does. */
const VARIABLES = [
  ...[PROJECT_VARIABLE, EMULATOR_VARIABLE, INTERVAL_VARIABLE, CONCURRENCY_VARIABLE],
  ...['DATA_DIR', 'STATE_DIR', 'DATABASE_URL', 'AGNES_DB_URL', 'XDG_STATE_HOME'],
  ...[
    'GOOGLE_APPLICATION_CREDENTIALS',
    'CLOUDSDK_CONFIG',
    'HTTPS_PROXY',
    'https_proxy',
    'NODE_EXTRA_CA_CERTS',
  ],
];

/** Looks at how things stand. Opens no database, asks no server and no cloud; never rejects. */
export async function gatherFacts(parts: TroubleshootParts): Promise<TroubleshootFacts> {
  const { model, environment, nextRun } = parts;
  const { currentRun } = model;
  return {
    at: model.now(),
    versions: versionFacts(parts.extension),
    source: sourceFacts(parts),
    file: await fileFacts(parts),
    server: serverFacts(parts),
    settings: changedSettings(),
    variables: VARIABLES.filter((name) => (environment[name] ?? '') !== ''),
    counts: model.counts,
    nextRun: nextRun(),
    currentRun: currentRun && {
      place: currentRun.place.kind,
      trigger: currentRun.trigger,
      startedAt: currentRun.startedAt,
      ...{ done: currentRun.progress.done, total: currentRun.progress.total },
    },
    runs: model.runs,
    tableErrors: [...model.tables]
      .filter(({ lastAttemptFailed }) => lastAttemptFailed)
      .map(({ lastErrorReason }) => lastErrorReason),
  };
}

/** Whom the report must not name. */
export function privateNames(environment: NodeJS.ProcessEnv, folders: PrivateNames['folders']): PrivateNames {
  const users = new Set([userName(), environment['USER'], environment['LOGNAME'], environment['USERNAME']]);
  return { home: homedir(), users: [...users].filter((name) => name !== undefined), folders };
}

/** Paths of the workspace's folders, also as they are once links are followed, and of its file. */
export async function workspaceFolders(): Promise<readonly string[]> {
  const { workspaceFolders = [], workspaceFile } = vscode.workspace;
  const paths = workspaceFolders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  if (workspaceFile?.scheme === 'file') paths.push(workspaceFile.fsPath);
  const real = await Promise.all(paths.map((folder) => realpath(folder).catch(() => folder)));
  return [...new Set([...paths, ...real])];
}

/** A user without an entry in the system's list has no name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

function versionFacts(extension: string): VersionFacts {
  return {
    extension,
    vscode: vscode.version,
    app: vscode.env.appName,
    node: process.version,
    platform: process.platform,
    architecture: process.arch,
    language: vscode.env.language,
    uiKind: vscode.env.uiKind === vscode.UIKind.Web ? 'web' : 'desktop',
    remote: vscode.env.remoteName,
    trusted: vscode.workspace.isTrusted,
  };
}

function sourceFacts({ model, controller, settings }: TroubleshootParts): SourceFacts {
  const { choice } = controller;
  const isOwnChoice = settings.database === '' || controller.overriddenSetting !== undefined;
  return {
    kind: choice?.kind ?? 'none',
    chosenBy: choice === undefined ? 'nobody' : isOwnChoice ? 'workspace' : 'setting',
    capabilities: model.source?.capabilities,
    snapshot: model.snapshot && { origin: model.snapshot.origin, readAt: model.snapshot.readAt },
    failure: failureFacts(model.failure),
    refreshObstacle: failureFacts(model.snapshot?.refreshObstacle),
  };
}

function failureFacts(failure: AgnesFailure | undefined): FailureFacts | undefined {
  if (failure === undefined) return undefined;
  const { reason, detail, holder } = failure;
  return { reason, detail, holder };
}

async function fileFacts(parts: TroubleshootParts): Promise<FileFacts | undefined> {
  const file = databasePath(parts);
  if (file === undefined) return undefined;
  const { realPath, obstacle } = await inspect(file);
  const place = { platform: process.platform, home: homedir(), environment: parts.environment };
  const stateFolder = stateFolderFor(realPath, place);
  const [database, writeAheadLog, links, ...states] = await Promise.all([
    stateOf(realPath),
    stateOf(`${realPath}.wal`),
    linksOf(realPath),
    ...STATE_FILES.map((name) => stateOf(path.join(stateFolder, name))),
  ]);
  return {
    ...{ path: realPath, obstacle, database, writeAheadLog, links, stateFolder },
    stateFiles: STATE_FILES.map((name, index) => ({ name, state: states[index] })),
  };
}

/** Of the file that is open, else of the one that was to be. */
function databasePath({ model, controller }: TroubleshootParts): string | undefined {
  const id = model.source?.id;
  if (id?.startsWith('file:') === true) return id.slice('file:'.length);
  return controller.choice?.kind === 'file' ? absolutePath(controller.choice.path) : undefined;
}

async function inspect(
  file: string,
): Promise<{ readonly realPath: string; readonly obstacle: FailureFacts | undefined }> {
  try {
    const { realPath, writeObstacle } = await inspectSharedFile(file);
    return { realPath, obstacle: failureFacts(writeObstacle) };
  } catch (error) {
    return { realPath: file, obstacle: failureFacts(asFailure(error)) };
  }
}

async function stateOf(file: string): Promise<FileStateFacts | undefined> {
  try {
    const { size, mtimeMs } = await stat(file, { bigint: true });
    return { sizeBytes: size, modifiedAt: mtimeMs * MICROS_PER_MS };
  } catch {
    return undefined;
  }
}

async function linksOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).nlink;
  } catch {
    return undefined;
  }
}

function serverFacts({ model, controller }: TroubleshootParts): ServerFacts | undefined {
  const { choice } = controller;
  if (choice?.kind !== 'server') return undefined;
  const server = model.source?.server;
  return {
    origin: choice.origin,
    version: server?.version,
    signIn: choice.signIn,
    signedIn: server?.account !== undefined,
    expiresAt: server?.account?.expiresAt,
    // Dataset and address of a table are told to administrators alone.
    administrator: server !== undefined && model.source?.capabilities.dataset === true,
  };
}

function changedSettings(): TroubleshootFacts['settings'] {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  return SETTING_KEYS.flatMap((key) => {
    const value: unknown = configuration.get(key);
    const standard: unknown = configuration.inspect(key)?.defaultValue;
    const isStandard = JSON.stringify(value) === JSON.stringify(standard);
    return isStandard ? [] : [{ key: `${SETTINGS_SECTION}.${key}`, value }];
  });
}

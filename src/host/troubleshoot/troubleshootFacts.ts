import type { FailureReason } from '../../core/failure.ts';
import type { FreshnessCounts } from '../../core/freshness.ts';
import type { RunRecord } from '../../core/runSummary.ts';
import type { EpochMicros } from '../../core/time.ts';
import type { SourceCapabilities, SourceSnapshot } from '../../sources/metadataSource.ts';
import type { NextRun } from '../nextRun.ts';

/** What a report is made of. Any text in it may hold a secret or a name: the report takes them out. */
export interface TroubleshootFacts {
  readonly at: EpochMicros;
  readonly versions: VersionFacts;
  readonly source: SourceFacts;
  /** Of a source that is a file. */
  readonly file: FileFacts | undefined;
  /** Of a source that is an Agnes server. */
  readonly server: ServerFacts | undefined;
  /** Settings that are not as they are by default, by their whole name. */
  readonly settings: readonly { readonly key: string; readonly value: unknown }[];
  /** Names of environment variables that count here and are set; their values are nobody's business. */
  readonly variables: readonly string[];
  readonly counts: FreshnessCounts;
  readonly nextRun: NextRun;
  readonly currentRun: CurrentRunFacts | undefined;
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  /** Why the last attempt failed, of each table whose last attempt failed; `undefined` where nobody saw it. */
  readonly tableErrors: readonly (FailureReason | undefined)[];
}

export interface VersionFacts {
  readonly extension: string;
  readonly vscode: string;
  readonly app: string;
  readonly node: string;
  readonly platform: string;
  readonly architecture: string;
  readonly language: string;
  readonly uiKind: 'desktop' | 'web';
  readonly remote: string | undefined;
  readonly trusted: boolean;
}

export interface SourceFacts {
  readonly kind: 'none' | 'file' | 'sample' | 'server';
  /** What decided which one: the workspace's own choice, or the setting. */
  readonly chosenBy: 'workspace' | 'setting' | 'nobody';
  readonly capabilities: SourceCapabilities | undefined;
  readonly snapshot: Pick<SourceSnapshot, 'origin' | 'readAt'> | undefined;
  readonly failure: FailureFacts | undefined;
  readonly refreshObstacle: FailureFacts | undefined;
}

export interface FailureFacts {
  readonly reason: FailureReason;
  readonly detail: string | undefined;
  readonly holder: { readonly pid: number; readonly name: string | null } | undefined;
}

export interface FileFacts {
  readonly path: string;
  /** Why the file could not be looked at, or is not written to. */
  readonly obstacle: FailureFacts | undefined;
  readonly database: FileStateFacts | undefined;
  readonly writeAheadLog: FileStateFacts | undefined;
  readonly links: number | undefined;
  /** Lock, announcement and history of runs, which lie in the user's state folder. */
  readonly stateFolder: string;
  readonly stateFiles: readonly { readonly name: string; readonly state: FileStateFacts | undefined }[];
}

export interface FileStateFacts {
  readonly sizeBytes: bigint;
  readonly modifiedAt: EpochMicros;
}

export interface ServerFacts {
  readonly origin: string;
  readonly version: string | undefined;
  readonly signIn: 'own' | 'cli';
  readonly signedIn: boolean;
  readonly expiresAt: EpochMicros | undefined;
  readonly administrator: boolean;
}

export interface CurrentRunFacts {
  readonly place: string;
  readonly trigger: string;
  readonly startedAt: EpochMicros;
  readonly done: number;
  readonly total: number | undefined;
}

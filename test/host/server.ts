import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { codeServerEntry, hostNode } from './places.ts';
import { whenProcessEnds } from './processEnd.ts';
import type { Profile } from './profile.ts';

const LISTENING = /listening on (http:\/\/\S+)/;
/** Long enough for an extension to end its child process properly. */
const PATIENCE_MS = 5_000;
/** Of its output, for a failure's message. */
const OUTPUT_KEPT_CHARS = 100_000;

export interface ServerOptions {
  readonly profile: Profile;
  /** The whole environment; extension hosts inherit it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Asked for in the browser; without it the server is open to whoever reaches the port. */
  readonly password?: string;
  /** On 127.0.0.1; any free one by default. */
  readonly port?: number;
  /** VS Code asks whether to trust a folder. */
  readonly workspaceTrust?: boolean;
  readonly onOutput?: (text: string) => void;
}

export interface CodeServer {
  readonly url: string;
  /** Settles when the server has ended, by itself or by `stop()`. */
  readonly ended: Promise<void>;
  /** The latest of what the server printed. */
  output(): string;
  /** Ends the server and everything it started; calling it again waits for the same end. */
  stop(): Promise<void>;
}

/**
 * Starts code-server: the VS Code server with the workbench for browsers.
 * @throws Error with the server's output when it ends before it listens
 */
export async function startServer(options: ServerOptions): Promise<CodeServer> {
  // Its own process group: an extension host that is still starting outlives its server.
  const child = spawn(hostNode(), serverArguments(options), {
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      text += error.message;
      resolve();
    });
  });
  const listening = new Promise<string>((resolve, reject) => {
    const read = (chunk: string): void => {
      text = (text + chunk).slice(-OUTPUT_KEPT_CHARS);
      options.onOutput?.(chunk);
      const url = LISTENING.exec(text)?.[1];
      if (url !== undefined) resolve(url.replace(/\/$/, ''));
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    void ended.then(() => reject(new Error(`The VS Code server ended before it listened.\n${text}`)));
  });

  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The whole group is gone.
    }
  };
  let stopping: Promise<void> | undefined;
  const stopOnce = async (): Promise<void> => {
    signalGroup('SIGTERM');
    const late = setTimeout(() => signalGroup('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(late);
    takeBack();
    signalGroup('SIGKILL');
  };
  const stop = (): Promise<void> => (stopping ??= stopOnce());
  const takeBack = whenProcessEnds({ dispose: stop, force: () => signalGroup('SIGKILL') });

  try {
    return { url: await listening, ended, output: () => text, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serverArguments({ profile, password, port = 0, workspaceTrust = false }: ServerOptions): string[] {
  const config = path.join(profile.folder, 'config.yaml');
  // In a file only this user can read: arguments and environment are seen by other processes.
  const auth =
    password === undefined ? 'auth: none\n' : `auth: password\npassword: ${JSON.stringify(password)}\n`;
  writeFileSync(config, `${auth}cert: false\n`, { mode: 0o600 });
  return [
    codeServerEntry(),
    ...['--config', config, '--bind-addr', `127.0.0.1:${port}`],
    ...['--user-data-dir', profile.userData, '--extensions-dir', profile.extensions],
    ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
    ...['--disable-proxy', '--ignore-last-opened'],
    ...(workspaceTrust ? [] : ['--disable-workspace-trust']),
  ];
}

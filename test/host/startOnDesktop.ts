import { spawn } from 'node:child_process';
import path from 'node:path';
import { hostEnvironment } from './environment.ts';
import { whenProcessEnds } from './processEnd.ts';
import { createProfile } from './profile.ts';
import { SAMPLE_SETTINGS, writeSampleWorkspace } from './sampleWorkspace.ts';

export interface DesktopStart {
  /** Path of `code`. */
  readonly executable: string;
  /** Folder of the built extension. */
  readonly root: string;
  /** Keeps the profile, so that the next start is as the last one was left. */
  readonly cache: string;
}

/** Command line of `code` for the extension under development. */
export function desktopArguments(
  root: string,
  folders: { readonly userData: string; readonly extensions: string; readonly workspace: string },
  isRoot: boolean,
): string[] {
  return [
    folders.workspace,
    `--extensionDevelopmentPath=${root}`,
    `--user-data-dir=${folders.userData}`,
    `--extensions-dir=${folders.extensions}`,
    ...['--new-window', '--wait', '--disable-workspace-trust'],
    // Chromium's sandbox refuses to run as root.
    ...(isRoot ? ['--no-sandbox'] : []),
  ];
}

/** Opens a window of a desktop VS Code with the extension and the sample catalog; resolves when it is closed. */
export async function startOnDesktop({ executable, root, cache }: DesktopStart): Promise<void> {
  const userData = path.join(cache, 'desktop/user-data');
  const extensions = path.join(cache, 'desktop/extensions');
  const profile = createProfile(SAMPLE_SETTINGS, { userData, extensions });
  const workspace = writeSampleWorkspace(path.join(cache, 'desktop'));
  const child = spawn(
    executable,
    desktopArguments(root, { userData, extensions, workspace }, process.getuid?.() === 0),
    { stdio: 'inherit', env: hostEnvironment(process.env), shell: executable.endsWith('.cmd') },
  );
  const exited = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  const takeBack = whenProcessEnds({
    dispose: async () => {
      child.kill();
      await exited;
    },
    force: () => child.kill('SIGKILL'),
  });
  await exited;
  takeBack();
  profile.dispose();
}

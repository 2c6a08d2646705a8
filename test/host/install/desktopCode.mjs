import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { PlainStop } from './quietly.mjs';
import { onPath } from './systemPackages.mjs';

/**
 * The desktop VS Code of this machine: VSCODE_EXECUTABLE, `code` on PATH, the usual places; undefined when
 * there is none or no screen to show it on.
 */
export function findDesktopCode({
  env = process.env,
  platform = process.platform,
  home = homedir(),
  exists = existsSync,
} = {}) {
  if (env.VSCODE_EXECUTABLE) {
    if (exists(env.VSCODE_EXECUTABLE)) return env.VSCODE_EXECUTABLE;
    throw new PlainStop(`VSCODE_EXECUTABLE is ${env.VSCODE_EXECUTABLE}, and there is no such file.`);
  }
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return undefined;
  const command = onPath([platform === 'win32' ? 'code.cmd' : 'code'], { env, exists });
  return [command, ...usualPlaces(platform, env, home)].find(
    (file) => file !== undefined && exists(file) && isOfThisDesktop(file),
  );
}

function usualPlaces(platform, env, home) {
  const inApplication = 'Visual Studio Code.app/Contents/Resources/app/bin/code';
  switch (platform) {
    case 'darwin':
      return [path.join('/Applications', inApplication), path.join(home, 'Applications', inApplication)];
    case 'win32':
      return [env.LOCALAPPDATA && `${env.LOCALAPPDATA}\\Programs`, env.ProgramFiles]
        .filter(Boolean)
        .map((folder) => `${folder}\\Microsoft VS Code\\bin\\code.cmd`);
    default:
      return ['/usr/share/code/bin/code', '/usr/bin/code', '/snap/bin/code'];
  }
}

/** Not the `code` of a remote session, which talks to another machine, nor the Windows one seen from WSL. */
function isOfThisDesktop(file) {
  return !file.includes('remote-cli') && !file.startsWith('/mnt/');
}

/**
 * Whether the VS Code is at least `wanted`; both are `major.minor.patch`. Unreadable counts as too old.
 */
export function recentEnough(version, wanted) {
  const numbers = (text) => (/^(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  const [has, needs] = [numbers(version), numbers(wanted)];
  if (has.length === 0) return false;
  const different = has.findIndex((number, index) => number !== needs[index]);
  return different === -1 || has[different] > needs[different];
}

/** First line of `code --version`, or '' when it can't be run. */
export function desktopVersion(executable) {
  const answer = spawnSync(executable, ['--version'], {
    encoding: 'utf8',
    shell: executable.endsWith('.cmd'),
  });
  return answer.status === 0 ? (answer.stdout.split('\n', 1)[0] ?? '') : '';
}

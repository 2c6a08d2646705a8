import { PlainStop } from './quietly.mjs';

const STEPS = ['types', 'lint', 'build', 'unit', 'integration', 'torture', 'extension', 'ui'];
const STEPS_IN_VSCODE = ['extension', 'ui'];

/**
 * What was asked for: `start`, `test` or `bench` with its arguments; the name of a step is short for `test <step>`.
 * @param {string[]} args
 */
export function parseCommand(args) {
  const [command = 'test', ...rest] = args;
  if (command === 'start' || command === 'test' || command === 'bench') return { command, args: rest };
  // As a command of its own it is the whole of it; as a step of a test run, a part.
  if (command === 'torture') return { command: 'test', args: [...args, '--full'] };
  if (STEPS.includes(command)) return { command: 'test', args };
  throw new PlainStop(`There is no "${command}". Use start, test, or one of ${STEPS.join(', ')}.`);
}

/** Whether `npm start` is to use the browser: `--check` looks at the page with one, so it implies `--browser`. */
export function wantsBrowser(args) {
  return args.includes('--browser') || args.includes('--check');
}

/**
 * Whether the command opens the browser-based VS Code.
 * @param {{ command: string, args: string[] }} wanted
 * @param {string | undefined} desktop path of a desktop VS Code
 */
export function needsHost({ command, args }, desktop) {
  if (command === 'bench') return false;
  if (command === 'start') return desktop === undefined || wantsBrowser(args);
  const steps = args.filter((name) => STEPS.includes(name));
  return steps.length === 0 || steps.some((name) => STEPS_IN_VSCODE.includes(name));
}

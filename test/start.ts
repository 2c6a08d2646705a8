// npm start: builds the extension and opens it in VS Code with the built-in sample catalog. A desktop VS Code where there
// is one, else VS Code in the browser.
//   --browser      the browser, even where there is a desktop VS Code
//   --port N       its port (or AGNES_FRESHNESS_PORT); by default 8391, or another when that is taken
//   --check        opens the page itself, waits for the extension to show, and ends
import { parseArgs } from 'node:util';
import { runNode } from './host/childStep.ts';
import { cacheFolder, ROOT } from './host/places.ts';
import { endWithParent, isEnding } from './host/processEnd.ts';
import { checkInBrowser, startInBrowser } from './host/startInBrowser.ts';
import { startOnDesktop } from './host/startOnDesktop.ts';

const { values } = parseArgs({
  options: {
    browser: { type: 'boolean', default: false },
    port: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const portText = values.port ?? process.env['AGNES_FRESHNESS_PORT'];
const port = portText === undefined || portText === '' ? undefined : Number(portText);
if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
  console.error(`"${portText ?? ''}" is no port: give a number from 1 to 65535.`);
  process.exit(1);
}

endWithParent();
console.log('Building the extension …');
if (!(await runNode(['esbuild.mjs']))) process.exit(1);

const desktop = process.env['FRESHNESS_DESKTOP_CODE'];
if (desktop !== undefined) {
  console.log(`Opening VS Code (${desktop}). Close its window to end.`);
  await startOnDesktop({ executable: desktop, root: ROOT, cache: cacheFolder() });
} else {
  console.log('Starting VS Code for the browser …');
  const started = await startInBrowser({ root: ROOT, port });
  if (values.check) {
    await checkInBrowser(started);
    await started.stop();
    console.log('OK: VS Code shows the extension.');
  } else {
    console.log(`
  VS Code with Agnes Freshness is ready.

    Address:   ${started.url}
    Password:  ${started.password}    (the page asks for it)

  Press Ctrl-C to end.
`);
    await started.ended;
    await started.stop();
    if (!isEnding()) {
      console.error('The VS Code server ended by itself.');
      process.exitCode = 1;
    }
  }
}

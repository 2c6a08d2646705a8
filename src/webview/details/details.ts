import type { ButtonAction, DetailsContent, PanelMessage } from './detailsMessages.ts';
import { partsOf } from './drawContent.ts';
import { keepFocus } from './keepFocus.ts';
import { morph } from './morph.ts';
import { readShowMessage } from './readMessage.ts';

/** What VS Code gives a page. */
interface VsCodeApi {
  postMessage(message: PanelMessage): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const page = required('details');
const announcement = required('announcement');
/** What each part was drawn from. */
const drawn = new Map<string, string>();
/** Where the page was when it was hidden; it is made anew each time it is shown. */
let scrollToRestore = storedScroll(vscode.getState());

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = readShowMessage(data);
  if (message === undefined) return;
  keepFocus(page, () => show(message.content));
  if (message.announcement !== null) announcement.textContent = message.announcement;
  if (message.focus !== null) focusSection(message.focus);
  else if (scrollToRestore !== undefined) window.scrollTo(0, scrollToRestore);
  scrollToRestore = undefined;
});

page.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  if (button === null || button.getAttribute('aria-disabled') === 'true') return;
  const action = button.dataset['action'];
  if (action !== undefined) vscode.postMessage({ kind: action as ButtonAction });
});

window.addEventListener('scroll', () => vscode.setState({ scrollY: window.scrollY }), { passive: true });

vscode.postMessage({ kind: 'ready' });

function show(content: DetailsContent): void {
  document.documentElement.lang = content.language;
  document.title = content.name;
  const parts = partsOf(content);
  const wanted = new Set(parts.map(({ id }) => id));
  for (const child of [...page.children]) {
    if (wanted.has(child.id)) continue;
    drawn.delete(child.id);
    child.remove();
  }
  parts.forEach(({ id, content: source, draw }, index) => {
    const there = document.getElementById(id);
    const text = JSON.stringify(source);
    // Parts never change their order, so one that is there is in its place.
    if (there === null) page.insertBefore(draw(), page.children[index] ?? null);
    else if (drawn.get(id) !== text) morph(there, draw());
    drawn.set(id, text);
  });
}

/** The heading takes the focus, so that reading goes on from there; that of the page, where there is no such section. */
function focusSection(id: string): void {
  const heading = document.getElementById(`${id}-heading`) ?? page.querySelector('h1');
  heading?.scrollIntoView({ block: 'start' });
  heading?.focus();
}

function storedScroll(state: unknown): number | undefined {
  if (typeof state !== 'object' || state === null || !('scrollY' in state)) return undefined;
  return typeof state.scrollY === 'number' ? state.scrollY : undefined;
}

function required(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

import type { DetailsContent, TableContent } from './detailsMessages.ts';
import { element } from './elements.ts';
import {
  buttonElement,
  columnsElement,
  documentationElement,
  errorElement,
  factsElement,
  historyElement,
  textElement,
} from './sections.ts';
import { stateIcon, warningIcon } from './stateIcon.ts';

/** The parts of the page, top down, by their ids; each is drawn again only when its own content changed. */
export interface Part {
  readonly id: string;
  /** What it is drawn from. */
  readonly content: unknown;
  readonly draw: () => HTMLElement;
}

/** Everything that a content is shown as. */
export function partsOf(content: DetailsContent): readonly Part[] {
  return content.kind === 'table' ? tableParts(content) : [absentPart(content)];
}

function tableParts(content: TableContent): readonly Part[] {
  const { name, state, buttons, notices, lastError, facts, changes } = content;
  const { documentation, columns, inspection, history } = content;
  return [
    part('header', { name, state, buttons }, headerElement),
    ...(notices.length === 0 ? [] : [part('notices', notices, noticesElement)]),
    ...(lastError === null ? [] : [part('lastError', lastError, errorElement)]),
    part('facts', facts, (section) => factsElement('facts', section)),
    ...(changes === null ? [] : [part('changes', changes, (section) => textElement('changes', section))]),
    part('documentation', documentation, documentationElement),
    part('columns', columns, columnsElement),
    part('inspection', inspection, (section) => factsElement('inspection', section)),
    part('history', history, historyElement),
  ];
}

function part<T>(id: string, content: T, draw: (content: T) => HTMLElement): Part {
  return { id, content, draw: () => draw(content) };
}

function absentPart(content: Extract<DetailsContent, { kind: 'absent' }>): Part {
  return part('absent', content, ({ name, sentence }) =>
    element(
      'div',
      { id: 'absent' },
      titleElement('absent', name),
      element('p', { class: 'notice' }, warningIcon(), element('span', {}, sentence)),
    ),
  );
}

function headerElement({
  name,
  state,
  buttons,
}: Pick<TableContent, 'name' | 'state' | 'buttons'>): HTMLElement {
  return element(
    'div',
    { id: 'header' },
    titleElement('header', name),
    element(
      'p',
      { class: 'state' },
      element(
        'span',
        { class: `state-mark state-${state.icon}` },
        stateIcon(state.icon),
        element('strong', {}, state.word),
      ),
      element('span', { class: 'reason' }, state.reason),
    ),
    element(
      'div',
      { class: 'buttons' },
      ...buttons.map((button, index) => buttonElement(button, index === 0 ? 'primary' : 'secondary')),
    ),
  );
}

function titleElement(id: string, name: string): HTMLElement {
  return element('h1', { id: `${id}-heading`, tabindex: '-1' }, name);
}

function noticesElement(notices: TableContent['notices']): HTMLElement {
  return element(
    'div',
    { id: 'notices' },
    ...notices.map(({ severity, text }) =>
      element('p', { class: `notice ${severity}` }, warningIcon(), element('span', {}, text)),
    ),
  );
}

import type {
  Button,
  ColumnRow,
  ColumnsSection,
  ColumnTable,
  DocumentationSection,
  ErrorSection,
  Fact,
  FactsSection,
  HistorySection,
  TextSection,
} from './detailsMessages.ts';
import { element, type Child } from './elements.ts';
import { lineChart } from './lineChart.ts';
import { warningIcon } from './stateIcon.ts';

/** A button that stays reachable where it can't be pressed, and then says why: it is the same element all the time. */
export function buttonElement({ action, label, obstacle }: Button, className = 'secondary'): HTMLElement {
  const attributes = { type: 'button', class: className, id: `button-${action}`, 'data-action': action };
  if (obstacle === null) return element('span', { class: 'button' }, element('button', attributes, label));
  const reason = `obstacle-${action}`;
  const obstructed = { 'aria-disabled': 'true', 'aria-describedby': reason, title: obstacle };
  return element(
    'span',
    { class: 'button' },
    element('button', { ...attributes, ...obstructed }, label),
    element('span', { id: reason, class: 'unseen' }, obstacle),
  );
}

export function errorElement(section: ErrorSection): HTMLElement {
  const { words, button } = section;
  return block(
    'lastError',
    section,
    words === null ? null : element('p', { class: 'words' }, element('code', {}, words)),
    button && buttonElement(button),
  );
}

export function factsElement(id: string, section: FactsSection): HTMLElement {
  const { facts, button } = section;
  return block(
    id,
    section,
    facts.length === 0 ? null : element('dl', {}, ...facts.flatMap(factElements)),
    button && buttonElement(button),
  );
}

function factElements({ label, value, note, isCode, severity }: Fact): Child[] {
  return [
    element('dt', {}, label),
    element(
      'dd',
      severity === null ? {} : { class: severity },
      severity === null ? null : warningIcon(),
      element(isCode ? 'code' : 'span', {}, value),
      note === null ? null : element('span', { class: 'note' }, note),
    ),
  ];
}

export function textElement(id: string, section: TextSection): HTMLElement {
  return block(id, section);
}

export function documentationElement(section: DocumentationSection): HTMLElement {
  const { paragraphs, gotchas } = section;
  return block(
    'documentation',
    section,
    ...paragraphs.flatMap(({ label, text }) => [
      element('h3', {}, label),
      element('p', { class: 'prose' }, text),
    ]),
    ...(gotchas === null
      ? []
      : [
          element('h3', {}, gotchas.label),
          element(
            'ul',
            {},
            ...gotchas.items.map(({ text, isKey }) =>
              element(
                'li',
                { class: 'prose' },
                isKey ? element('strong', { class: 'mark' }, gotchas.keyWord) : null,
                isKey ? ' ' : null,
                text,
              ),
            ),
          ),
        ]),
  );
}

export function columnsElement(section: ColumnsSection): HTMLElement {
  return block('columns', section, section.table && columnTable(section.table));
}

function columnTable({ caption, headers, hasTypes, rows }: ColumnTable): HTMLElement {
  const titles = hasTypes ? [headers.name, headers.type, headers.mode, headers.description] : [headers.name];
  return scrollable(
    'columns-table',
    caption,
    titles,
    rows.map((row) => {
      const cells = hasTypes
        ? [element('td', {}, element('code', {}, row.type)), cell(row.mode), cell(row.description, 'prose')]
        : [];
      return element('tr', {}, nameCell(row), ...cells);
    }),
  );
}

function nameCell({ name, parents, depth, marks }: ColumnRow): HTMLElement {
  return element(
    'th',
    { scope: 'row' },
    parents === '' ? null : element('span', { class: 'unseen' }, `${parents}.`),
    element('code', { class: `depth-${Math.min(depth, 6)}` }, name),
    ...marks.flatMap((mark) => [' ', element('span', { class: 'mark' }, mark)]),
  );
}

function cell(text: string, className?: string): HTMLElement {
  return element('td', className === undefined ? {} : { class: className }, text);
}

export function historyElement(section: HistorySection): HTMLElement {
  const { charts, table } = section;
  return block(
    'history',
    section,
    charts.length === 0 ? null : element('div', { class: 'charts' }, ...charts.map(lineChart)),
    table === null
      ? null
      : element(
          'details',
          {},
          element('summary', { id: 'history-summary' }, table.summary),
          scrollable(
            'history-table',
            table.caption,
            table.headers,
            table.rows.map(([first = '', ...rest]) =>
              element(
                'tr',
                {},
                element('th', { scope: 'row' }, first),
                ...rest.map((text) => cell(text, 'number')),
              ),
            ),
          ),
        ),
  );
}

/** A table that may be wider than the page: it scrolls by itself, with the keyboard too. */
function scrollable(
  id: string,
  caption: string,
  headers: readonly string[],
  rows: readonly HTMLElement[],
): HTMLElement {
  return element(
    'div',
    { id, class: 'scrollable', tabindex: '0', role: 'region', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', {}, caption),
      element(
        'thead',
        {},
        element('tr', {}, ...headers.map((text) => element('th', { scope: 'col' }, text))),
      ),
      element('tbody', {}, ...rows),
    ),
  );
}

function block(id: string, { heading, sentences }: TextSection, ...content: readonly Child[]): HTMLElement {
  const headingId = `${id}-heading`;
  return element(
    'section',
    { id, 'aria-labelledby': headingId },
    element('h2', { id: headingId, tabindex: '-1' }, heading),
    ...sentences.map((sentence) => element('p', { class: 'sentence' }, sentence)),
    ...content,
  );
}

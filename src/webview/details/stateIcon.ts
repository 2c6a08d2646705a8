import type { StateIcon } from './detailsMessages.ts';
import { svgElement } from './elements.ts';

/** Outlines in a square of 16: the shapes of the tree's icons. */
const SHAPES: Readonly<Record<StateIcon, readonly string[]>> = {
  // A circle with a tick.
  fresh: [circle(6.5), 'M5 8.3l2.1 2.1 4-4.6'],
  // A clock that is turned back.
  stale: ['M2.2 8a5.8 5.8 0 1 0 1.9-4.3', 'M2.2 1.8v2.7h2.7', 'M8 4.6V8l2.4 1.6'],
  // A circle with a cross.
  error: [circle(6.5), 'M5.7 5.7l4.6 4.6', 'M10.3 5.7l-4.6 4.6'],
  // An empty circle.
  never_fetched: [circle(6.5)],
  // Three quarters of a circle.
  refreshing: ['M8 1.5A6.5 6.5 0 1 1 1.5 8'],
};

/** The shape of a state; its word stands beside it, so it is not spoken. */
export function stateIcon(icon: StateIcon): SVGSVGElement {
  return outline(SHAPES[icon], 'icon');
}

/** A triangle with an exclamation mark. */
export function warningIcon(): SVGSVGElement {
  return outline(['M8 1.8L15 14H1z', 'M8 6v4', 'M8 11.6v.8'], 'icon');
}

function outline(paths: readonly string[], className: string): SVGSVGElement {
  return svgElement(
    'svg',
    { class: className, viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    ...paths.map((d) => svgElement('path', { d })),
  );
}

function circle(radius: number): string {
  return `M${8 - radius} 8a${radius} ${radius} 0 1 0 ${radius * 2} 0a${radius} ${radius} 0 1 0 ${-radius * 2} 0`;
}

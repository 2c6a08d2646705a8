import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { openSampleWindow } from './sampleWindow.ts';
import { ALL_THEMES, type Workbench, type WorkbenchServer } from './workbench.ts';

/** What of the page these tests use there; the compiler knows no page. */
declare function getComputedStyle(element: unknown): {
  readonly color: string;
  readonly backgroundColor: string;
  readonly opacity: string;
};
interface PageElement {
  readonly parentElement: PageElement | null;
}

const STATES = ['fresh', 'stale', 'error', 'never fetched'] as const;

describe('sample catalog, as an analyst sees it', () => {
  let server: WorkbenchServer;
  let workbench: Workbench;

  before(async () => {
    ({ server, workbench } = await openSampleWindow());
  });
  after(() => server.dispose());
  afterEach(async function () {
    await workbench.screenshotIfFailed(this.currentTest);
  });

  it('shows every state with its own icon shape and colour', async () => {
    const looks = new Set<string>();
    for (const [state, icon] of [
      ['fresh', 'codicon-pass'],
      ['stale', 'codicon-history'],
      ['error', 'codicon-error'],
      ['never fetched', 'codicon-circle-large-outline'],
    ] as const) {
      const row = tableRow(workbench, state);
      await row.locator(`.${icon}`).waitFor();
      // Decorations come after the rows.
      await row.locator('.monaco-decoration-itemColor').waitFor();
      looks.add(await labelColor(row));
    }
    assert.equal(looks.size, 4);
  });

  for (const theme of ALL_THEMES) {
    it(`is readable in the theme ${theme}`, async () => {
      await workbench.setTheme(theme);
      await workbench.page.mouse.move(800, 400);
      await workbench.screenshot(`tree-${theme}`);
      for (const state of STATES) {
        for (const part of ['.label-name', '.label-description']) {
          const ratio = await contrast(tableRow(workbench, state).locator(part));
          // WCAG 2, level AA.
          assert.ok(ratio >= 4.5, `${part} of a row that is ${state}: ${ratio.toFixed(2)}`);
        }
      }
    });
  }
});

/** First row of a table in a state, by what is spoken of it: name, state, numbers. */
function tableRow(workbench: Workbench, state: string): Locator {
  return workbench.treeRow(new RegExp(`^[^,]+, ${state}( |,|$)`)).first();
}

function labelColor(row: Locator): Promise<string> {
  return row.locator('.label-name').evaluate((label: unknown) => getComputedStyle(label).color);
}

/** Contrast of a text against what lies behind it, as WCAG 2 defines it; VS Code draws descriptions half transparent. */
function contrast(text: Locator): Promise<number> {
  return text.evaluate((element: unknown) => {
    const parse = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = ([r = 0, g = 0, b = 0]: number[]): number => {
      const [red = 0, green = 0, blue = 0] = [r, g, b].map((channel) => {
        const part = channel / 255;
        return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    let opacity = 1;
    let background: number[] = [];
    for (let at = element as PageElement | null; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at);
      opacity *= Number(style.opacity);
      background = parse(style.backgroundColor);
      if (background.length === 3 || background[3] === 1) break;
    }
    const ink = parse(getComputedStyle(element).color);
    const seen = [0, 1, 2].map((i) => (ink[i] ?? 0) * opacity + (background[i] ?? 0) * (1 - opacity));
    const [light = 0, dark = 0] = [luminance(seen), luminance(background)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  });
}

import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { openSampleWindow } from './sampleWindow.ts';
import { ALL_THEMES, type Workbench, type WorkbenchServer } from './workbench.ts';

/** What of the page these tests use there; the compiler knows no page. */
declare function getComputedStyle(element: unknown): {
  readonly color: string;
  readonly backgroundColor: string;
};
interface PageElement {
  readonly parentElement: PageElement | null;
}

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
      ['failed', 'codicon-error'],
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
      const row = tableRow(workbench, 'stale');
      assert.ok((await contrast(row)) >= 4.5, `contrast of ${theme}`);
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

/** Contrast of the label against what lies behind it, as WCAG 2 defines it. */
function contrast(row: Locator): Promise<number> {
  return row.locator('.label-name').evaluate((label: unknown) => {
    const parse = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [r = 0, g = 0, b = 0] = parse(color).map((channel) => {
        const part = channel / 255;
        return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    let behind: PageElement | null = label as PageElement;
    let background = '';
    for (; behind !== null; behind = behind.parentElement) {
      background = getComputedStyle(behind).backgroundColor;
      if (parse(background)[3] !== 0 && background !== 'transparent') break;
    }
    const [light = 0, dark = 0] = [luminance(getComputedStyle(label).color), luminance(background)].sort(
      (a, b) => b - a,
    );
    return (light + 0.05) / (dark + 0.05);
  });
}

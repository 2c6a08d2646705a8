import axe from 'axe-core';

/** What of a page or a frame these checks use. */
interface Evaluates {
  evaluate<T>(script: string): Promise<T>;
}

/** One rule that a page breaks, in words for a failed test. */
interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
}

/** Checks what is shown against axe's rules, contrast among them. @returns what is wrong, one line each */
export async function axeViolations(shown: Evaluates): Promise<readonly string[]> {
  // Through the debugger, which the page's Content Security Policy does not concern.
  await shown.evaluate(`(() => { ${axe.source} })()`);
  const violations = await shown.evaluate<readonly Violation[]>(
    `window.axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => JSON.parse(JSON.stringify(violations)))`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) =>
      `${id}: ${help}: ${target.join(' ')}: ${failureSummary}`.replaceAll(/\s+/g, ' '),
    ),
  );
}

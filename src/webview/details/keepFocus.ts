/**
 * Draws, and where that takes the focused element away, focuses what stands in its place: the element of the same id, else the
 * heading of its part, of the nearest part below it that is still there, or of the page. Without it the focus would be on
 * nothing, and the next Tab start from the top.
 *
 * @param page its children are the parts, each with an id
 */
export function keepFocus(page: HTMLElement, draw: () => void): void {
  const focused = document.activeElement;
  const parts = [...page.children];
  const index = parts.findIndex((part) => part.contains(focused));
  draw();
  if (focused === null || index < 0 || document.activeElement === focused) return;
  // Who works elsewhere in the window is not called here.
  if (!document.hasFocus()) return;
  const same = focused.id === '' ? null : document.getElementById(focused.id);
  const headings = parts.slice(index).map(({ id }) => document.getElementById(`${id}-heading`));
  const next = same ?? headings.find((heading) => heading !== null) ?? page.querySelector('h1');
  next?.focus({ preventScroll: same !== null });
}

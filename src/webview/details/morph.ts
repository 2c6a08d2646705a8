/** What a person changes, and a redraw leaves alone: whether a block is folded out. */
const OF_THE_USER: ReadonlySet<string> = new Set(['open']);

/**
 * Makes `current` like `next` with as few changes as that takes: what is the same stays in its place, and with it the focus,
 * the selection and the scroll position. `next` is used up.
 */
export function morph(current: Element, next: Element): void {
  morphAttributes(current, next);
  const wanted = [...next.childNodes];
  wanted.forEach((child, index) => {
    const there = current.childNodes[index];
    if (there === undefined) current.append(child);
    else if (!isSameKind(there, child)) there.replaceWith(child);
    else if (there instanceof Element && child instanceof Element) morph(there, child);
    else if (there.nodeValue !== child.nodeValue) there.nodeValue = child.nodeValue;
  });
  while (current.childNodes.length > wanted.length) current.lastChild?.remove();
}

/** Elements with different ids are different things. */
function isSameKind(a: Node, b: Node): boolean {
  if (a.nodeName !== b.nodeName) return false;
  return !(a instanceof Element && b instanceof Element) || a.id === b.id;
}

function morphAttributes(current: Element, next: Element): void {
  for (const name of current.getAttributeNames()) {
    if (!next.hasAttribute(name) && !OF_THE_USER.has(name)) current.removeAttribute(name);
  }
  for (const name of next.getAttributeNames()) {
    const value = next.getAttribute(name) ?? '';
    if (current.getAttribute(name) !== value && !OF_THE_USER.has(name)) current.setAttribute(name, value);
  }
}

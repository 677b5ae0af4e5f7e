// Reads index.html as far as tests need it: elements with their attributes and children, as the DOM has them.

const ELEMENT = 1, TEXT = 3; // nodeType
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"' };
const VOID = new Set(["meta", "link", "input", "br", "img"]);

const decoded = (text) => text.replace(/&(\w+);/g, (_, name) => ENTITIES[name]);

/** @returns {any[]} all elements, in order */
export function elementsOf(html) {
  const root = { childNodes: [], parent: null }, all = [];
  let open = root;
  for (const [token, closing, tag, attributes] of html.matchAll(/<!(?:--.*?--|doctype[^>]*)>|<(\/?)([a-z0-9]+)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>|[^<]+/gs)) {
    if (token.startsWith("<!")) continue;
    if (!token.startsWith("<")) open.childNodes.push({ nodeType: TEXT, data: decoded(token) });
    else if (closing) open = open.parent;
    else {
      const pairs = [...attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name, value = ""]) => [name, decoded(value)]);
      const element = { nodeType: ELEMENT, tag, attributes: Object.fromEntries(pairs), childNodes: [], parent: open };
      open.childNodes.push(element);
      all.push(element);
      if (!VOID.has(tag) && !token.endsWith("/>")) open = element;
    }
  }
  return all;
}

/** Whether an element or one around it is so. */
export function within(element, is) {
  return element !== null && element.tag !== undefined && (is(element) || within(element.parent, is));
}

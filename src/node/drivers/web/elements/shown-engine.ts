/**
 * Finds elements by what they show and where they lie, in the page. `createShownEngine` is sent to the page as text, so
 * everything it needs stands inside it.
 *
 * One element at most is found: the first whose own text matches; where none does, the innermost whose whole text does.
 * What lies below, above or beside something is taken nearest first, and `index` counts from the top of the page.
 */

type Words = { readonly [key: string]: unknown };

/** Playwright's interface of engines for selectors. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: it is sent to the page as one text
export function createShownEngine() {
  const ELEMENTS_MAX = 20_000;
  const INNER_MAX = 50;
  const CLICKABLE =
    "a[href],button,input,select,textarea,label,summary,[onclick],[tabindex],[role=button],[role=link],[role=tab],[role=menuitem],[role=option],[role=checkbox],[role=radio],[role=switch]";
  const OUT_OF_LINE = 100_000;
  const SILENT = /^(script|style|noscript|head|title|meta|link|br)$/i;

  const matcher = (pattern: string): ((text: string) => boolean) => {
    const source = pattern.replace(/^\(\?[ims]+\)/, "");
    let expression: RegExp | undefined;
    try {
      expression = new RegExp(`^(?:${source})$`, "is");
    } catch {
      // No expression: then it is only ever the text itself.
    }
    return (text) => text === pattern || expression?.test(text) === true;
  };
  const plain = (text: string | null | undefined) => (text ?? "").replace(/\s+/g, " ").trim();
  const isShown = (element: Element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true });
  };
  const ownTexts = (element: Element): string[] => {
    const label = element.getAttribute("aria-label");
    const isField = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
    if (isField) return [element.value, element.placeholder, label ?? ""];
    const chosen =
      element instanceof HTMLSelectElement
        ? [...element.selectedOptions].map((option) => option.text)
        : [];
    const own = [...element.childNodes]
      .filter((node) => node.nodeType === Node.TEXT_NODE)
      .map((node) => node.textContent)
      .join("");
    return [own, label ?? "", element.getAttribute("alt") ?? "", ...chosen];
  };
  const idsOf = (element: Element): string[] =>
    ["id", "aria-label", "name", "title", "for", "data-testid"]
      .map((name) => element.getAttribute(name) ?? "")
      .filter((id) => id !== "");

  const centre = (element: Element) => {
    const box = element.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const isBetween = (value: number, from: number, length: number) =>
    value >= from && value <= from + length;
  /** What stands in the same row or column is nearer than anything else. */
  const isInLine = (a: Element, b: Element, place: string) => {
    const [one, other] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
    return place === "leftOf" || place === "rightOf"
      ? isBetween(centre(a).y, other.y, other.height) || isBetween(centre(b).y, one.y, one.height)
      : isBetween(centre(a).x, other.x, other.width) || isBetween(centre(b).x, one.x, one.width);
  };
  const distance = (a: Element, b: Element, place: string) =>
    Math.hypot(centre(a).x - centre(b).x, centre(a).y - centre(b).y) +
    (isInLine(a, b, place) ? 0 : OUT_OF_LINE);
  const lies: { readonly [place: string]: (one: DOMRect, other: DOMRect) => boolean } = {
    below: (one, other) => one.y > other.y,
    above: (one, other) => one.y < other.y,
    leftOf: (one, other) => one.x < other.x,
    rightOf: (one, other) => one.x > other.x,
  };

  const byText = (all: readonly Element[], pattern: string): Element[] => {
    const matches = matcher(pattern);
    const own = all.filter((element) =>
      ownTexts(element).some((text) => text !== "" && matches(plain(text))),
    );
    if (own.length > 0) return own;
    const whole = all.filter(
      (element) =>
        element instanceof HTMLElement &&
        element.childElementCount > 0 &&
        element.querySelectorAll("*").length <= INNER_MAX &&
        // biome-ignore lint/performance/useDomNodeTextContent: what a person reads is the point
        matches(plain(element.innerText)),
    );
    return whole.filter(
      (element) => !whole.some((other) => other !== element && element.contains(other)),
    );
  };
  const holds = (element: Element, words: Words): boolean => {
    const { enabled, checked, focused, selected, width, height, tolerance } = words;
    const box = element.getBoundingClientRect();
    const off = typeof tolerance === "number" ? tolerance : 0;
    const isChosen =
      (element instanceof HTMLOptionElement && element.selected) ||
      element.getAttribute("aria-selected") === "true";
    const isChecked =
      (element instanceof HTMLInputElement && element.checked) ||
      element.getAttribute("aria-checked") === "true";
    return (
      (enabled === undefined || enabled !== element.matches(":disabled,[aria-disabled=true]")) &&
      (checked === undefined || checked === isChecked) &&
      (focused === undefined || focused === element.matches(":focus")) &&
      (selected === undefined || selected === isChosen) &&
      (typeof width !== "number" || Math.abs(box.width - width) <= off) &&
      (typeof height !== "number" || Math.abs(box.height - height) <= off)
    );
  };
  const nested = (value: unknown): Words | undefined =>
    typeof value === "object" && value !== null ? (value as Words) : undefined;

  const around = (found: Element[], words: Words, all: readonly Element[]): Element[] => {
    let left = found;
    for (const [place, is] of Object.entries(lies)) {
      const wanted = nested(words[place]);
      if (wanted === undefined) continue;
      const others = select(wanted, all);
      const near = (element: Element) =>
        Math.min(
          ...others
            .filter((other) => is(element.getBoundingClientRect(), other.getBoundingClientRect()))
            .map((other) => distance(element, other, place)),
        );
      left = left
        .map((element) => ({ element, far: near(element) }))
        .filter(({ far }) => Number.isFinite(far))
        .sort((a, b) => a.far - b.far)
        .map(({ element }) => element);
    }
    return left;
  };
  const inside = (found: Element[], words: Words, all: readonly Element[]): Element[] => {
    const parent = nested(words["childOf"]);
    const child = nested(words["containsChild"]);
    const listed = words["containsDescendants"];
    const parents = parent === undefined ? undefined : select(parent, all);
    const children = child === undefined ? undefined : select(child, all);
    const descendants = Array.isArray(listed) ? listed.map((one: Words) => select(one, all)) : [];
    return found.filter(
      (element) =>
        (parents === undefined ||
          parents.some((one) => one !== element && one.contains(element))) &&
        (children === undefined || children.some((one) => one.parentElement === element)) &&
        descendants.every((ones) => ones.some((one) => one !== element && element.contains(one))),
    );
  };
  /** Of a heading and a button with the same text a person means the button. */
  const clickableFirst = (found: readonly Element[]): Element[] => {
    const isClickable = (element: Element) => element.closest(CLICKABLE) !== null;
    return [...found.filter(isClickable), ...found.filter((element) => !isClickable(element))];
  };
  const select = (words: Words, all: readonly Element[]): Element[] => {
    const { text, id, css, index } = words;
    let found = typeof text === "string" ? byText(all, text) : [...all];
    if (typeof id === "string") {
      const matches = matcher(id);
      found = found.filter((element) => idsOf(element).some(matches));
    }
    if (typeof css === "string") found = found.filter((element) => element.matches(css));
    found = found.filter((element) => holds(element, words));
    found = around(inside(found, words, all), words, all);
    if (typeof index !== "number")
      return Object.keys(lies).some((place) => place in words) ? found : clickableFirst(found);
    const top = (element: Element) => element.getBoundingClientRect();
    const sorted = found.sort((a, b) => top(a).y - top(b).y || top(a).x - top(b).x);
    return sorted.slice(index, index + 1);
  };
  const queryAll = (root: Document | Element | ShadowRoot, selector: string): Element[] => {
    const words = JSON.parse(decodeURIComponent(selector)) as Words;
    const all: Element[] = [];
    const collect = (from: Document | Element | ShadowRoot) => {
      const found = [...from.querySelectorAll("*")].slice(0, ELEMENTS_MAX - all.length);
      all.push(...found.filter((element) => !SILENT.test(element.tagName) && isShown(element)));
      for (const { shadowRoot } of found) if (shadowRoot !== null) collect(shadowRoot);
    };
    collect(root);
    return select(words, all).slice(0, 1);
  };
  return {
    queryAll,
    query: (root: Document | Element | ShadowRoot, selector: string) => queryAll(root, selector)[0],
  };
}

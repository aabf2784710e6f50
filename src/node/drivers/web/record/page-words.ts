/**
 * The half of the script in recorded pages that knows elements: what people call them, and ways to find them, best first.
 * Runs in the page: each function may use the others of this file and nothing else. Whether a way is good, is checked outside.
 */

/** What the other half uses. */
export type PageWords = {
  readonly element: (id: number) => Element | undefined;
  readonly numberOf: (element: Element) => number;
  readonly candidatesOf: (element: Element) => readonly object[];
  readonly fieldName: (element: Element) => string;
  readonly isSecret: (field: Element) => boolean;
  readonly isToggle: (element: Element) => element is HTMLInputElement;
  readonly clean: (text: string | null | undefined) => string;
};

function clean(text: string | null | undefined): string {
  return (text ?? "").replace(/\s+/g, " ").trim();
}

/** Longer texts are no names. */
function short(text: string): string {
  return text.length <= 80 ? text : "";
}

function isField(element: Element): boolean {
  return element.matches("input, textarea, select, [contenteditable=''], [contenteditable=true]");
}

function isToggle(element: Element): element is HTMLInputElement {
  return element instanceof HTMLInputElement && /^(checkbox|radio)$/.test(element.type);
}

function labelOf(element: Element): string {
  const by = element.getAttribute("aria-labelledby");
  if (by !== null) {
    const parts = by.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "");
    return short(clean(parts.join(" ")));
  }
  const own = element.getAttribute("aria-label");
  if (own !== null) return short(clean(own));
  const labels = [...((element as HTMLInputElement).labels ?? [])];
  return short(clean(labels.map(ownText).join(" ")));
}

/** The text of a label, without that of the field that it holds. */
function ownText(label: Element): string {
  const copy = label.cloneNode(true) as Element;
  for (const field of copy.querySelectorAll("input, select, textarea")) field.remove();
  return copy.textContent ?? "";
}

function roleOf(element: Element): string {
  const own = element.getAttribute("role");
  if (own !== null) return own.split(" ")[0] ?? "";
  if (element instanceof HTMLInputElement) return inputRole(element.type);
  if (element instanceof HTMLSelectElement) return element.multiple ? "listbox" : "combobox";
  if (element.localName === "a") return element.hasAttribute("href") ? "link" : "";
  const roles: Record<string, string> = {
    button: "button",
    textarea: "textbox",
    img: "img",
    nav: "navigation",
    li: "listitem",
    tr: "row",
    td: "cell",
    th: "columnheader",
    dialog: "dialog",
  };
  return /^h[1-6]$/.test(element.localName) ? "heading" : (roles[element.localName] ?? "");
}

function inputRole(type: string): string {
  const roles: Record<string, string> = {
    checkbox: "checkbox",
    radio: "radio",
    range: "slider",
    number: "spinbutton",
    search: "searchbox",
  };
  if (/^(button|submit|reset|image)$/.test(type)) return "button";
  return roles[type] ?? (/^(text|email|tel|url)$/.test(type) ? "textbox" : "");
}

function nameOf(element: Element): string {
  const label = labelOf(element);
  if (label !== "") return label;
  if (element instanceof HTMLInputElement) {
    const isButton = /^(button|submit|reset)$/.test(element.type);
    return short(clean(isButton ? element.value : element.title || element.placeholder));
  }
  const image = element.matches("img") ? element : element.querySelector("img[alt]");
  const text = isField(element) ? "" : clean(element.textContent);
  return short(text || clean(image?.getAttribute("alt")) || clean(element.getAttribute("title")));
}

function candidatesOf(element: Element): readonly object[] {
  const role = roleOf(element);
  const name = nameOf(element);
  const label = isField(element) ? labelOf(element) : "";
  const text = isField(element) ? "" : short(clean(element.textContent));
  const attribute = (key: string) => (element.getAttribute(key) ?? "").slice(0, 200);
  const named = attribute("name");
  const ways = [
    { by: "label", value: label },
    { by: "role", value: name === "" ? "" : role, name },
    { by: "testId", value: attribute("data-testid") },
    { by: "placeholder", value: clean(attribute("placeholder")) },
    { by: "text", value: text },
    { by: "role", value: name === "" ? role : "" },
    ...partsAround(element).flatMap((within) => [
      { by: "role", value: name === "" ? "" : role, name, within },
      { by: "text", value: role === "" ? text : "", within },
    ]),
    { by: "css", value: element.id === "" ? "" : `#${CSS.escape(element.id)}` },
    { by: "css", value: named === "" ? "" : `${element.localName}[name=${JSON.stringify(named)}]` },
    { by: "css", value: pathOf(element) },
  ];
  return ways.filter(({ value }) => value !== "" && value.length <= 500);
}

/** The rows, items and boxes around an element, each with a text that is not the element's own. */
function partsAround(element: Element): { role: string; hasText: string }[] {
  const parts: { role: string; hasText: string }[] = [];
  const kinds =
    "li, tr, dialog, [role=row], [role=listitem], [role=dialog], [role=article], article";
  let inner: Element = element;
  for (let count = 0; count < 3; count += 1) {
    const around: Element | null = inner.parentElement?.closest(kinds) ?? null;
    if (around === null) break;
    const texts = document.createTreeWalker(around, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const hasText = short(clean(node.nodeValue));
      if (hasText === "" || element.contains(node)) continue;
      parts.push({ role: around.localName === "article" ? "article" : roleOf(around), hasText });
      break;
    }
    inner = around;
  }
  return parts;
}

/** From the nearest ancestor with an id, or from the root. */
function pathOf(element: Element): string {
  const parts: string[] = [];
  for (let one: Element | null = element; one !== null; one = one.parentElement) {
    if (one !== element && one.id !== "") {
      parts.unshift(`#${CSS.escape(one.id)}`);
      break;
    }
    const { localName } = one;
    const all = [...(one.parentElement?.children ?? [])];
    const same = all.filter((other) => other.localName === localName);
    const nth = same.length > 1 ? `:nth-of-type(${same.indexOf(one) + 1})` : "";
    parts.unshift(`${localName}${nth}`);
  }
  return parts.join(" > ");
}

function fieldName(field: Element): string {
  return labelOf(field) || field.getAttribute("name") || field.id || "password";
}

/** As far as the field says itself: what it holds is for nobody's eyes. */
function looksSecret(field: Element): boolean {
  const keys = ["name", "id", "placeholder"];
  const words = [...keys.map((key) => field.getAttribute(key)), labelOf(field)].join(" ");
  const auto = field.getAttribute("autocomplete") ?? "";
  const isHidden = (field as HTMLInputElement).type === "password";
  if (isHidden || /password|one-time-code|cc-number|cc-csc/.test(auto)) return true;
  return /pass(word|wd|phrase|code)?\b|secret|token|api.?key|\botp\b|one.?time|\bpin\b|\bcv[vc]\b|security code|kennwort|passwort|contrase|mot de passe/i.test(
    words.replace(/[-_]/g, " "),
  );
}

/** Makes the words of a page, and puts them where the other half finds them. */
function startWords(place: string): void {
  const numbers = new WeakMap<Element, number>();
  const elements: WeakRef<Element>[] = [];
  const secrets = new WeakSet<Element>();
  const words: PageWords = {
    element: (id) => elements[id]?.deref(),
    numberOf: (element) => {
      const number = numbers.get(element) ?? elements.push(new WeakRef(element)) - 1;
      numbers.set(element, number);
      return number;
    },
    candidatesOf,
    fieldName,
    // One that shows what was typed stays one.
    isSecret: (field) => {
      if (looksSecret(field)) secrets.add(field);
      return secrets.has(field);
    },
    isToggle,
    clean,
  };
  Object.defineProperty(window, place, { value: words });
}

/** The script's text; `place` is the name under which the page keeps its words. */
export function wordsScript(place: string): string {
  const parts = [clean, short, isField, isToggle, labelOf, ownText, roleOf, inputRole, nameOf];
  const more = [candidatesOf, partsAround, pathOf, fieldName, looksSecret];
  return `(() => {\n${[...parts, ...more].join("\n")}\n(${startWords})(${JSON.stringify(place)});\n})()`;
}

/**
 * The half of the script in recorded pages that hears what a person does, and tells it. Runs in the page: each function
 * may use the others of this file and nothing else.
 *
 * A click that may lead away is held until its element has been checked, unless that was done while the pointer was over
 * it and nothing has changed since; then it is dispatched again.
 */
import type { PageWords } from "./page-words.ts";

type Ears = {
  readonly words: PageWords;
  readonly send: (text: string) => Promise<unknown>;
  readonly replayed: WeakSet<Event>;
  /** What had changed in the page when an element was checked. */
  readonly checkedAt: WeakMap<Element, number>;
  changes: number;
  /** Enter was pressed in a field a moment ago. */
  isSubmitting: boolean;
};

function sayOf({ words, send }: Ears, element: Element, signal: object): Promise<unknown> {
  const id = words.numberOf(element);
  const told = { ...signal, id, document: performance.timeOrigin };
  return send(JSON.stringify({ ...told, candidates: words.candidatesOf(element) }));
}

/** What a person means by what they hit: the button around an icon. */
function targetOf(event: Event): Element | undefined {
  const [first] = event.composedPath();
  if (!(first instanceof Element)) return undefined;
  const active =
    "button, a[href], input, select, textarea, summary, label, [role], [onclick], [tabindex]";
  return first.closest(active) ?? first;
}

function heldKeys(event: MouseEvent | KeyboardEvent): string[] {
  const { ctrlKey, metaKey, shiftKey } = event;
  return [
    ...(ctrlKey ? ["Control"] : []),
    ...(metaKey ? ["Meta"] : []),
    ...(shiftKey ? ["Shift"] : []),
  ];
}

/** What a click there does is told by another event. */
function isTold({ words }: Ears, element: Element): boolean {
  const control = element instanceof HTMLLabelElement ? element.control : null;
  const one = control ?? element;
  if (words.isToggle(one) || one.matches("select, option, input[type=file]")) return true;
  if (!(one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement)) return false;
  return !/^(button|submit|reset|image)$/.test(one.type) && !one.readOnly;
}

function hearAim(ears: Ears, event: Event): void {
  const element = targetOf(event);
  const seen = ears.changes;
  if (element === undefined || ears.checkedAt.get(element) === seen) return;
  setTimeout(() => {
    if (!element.matches(":hover") && element !== document.activeElement) return;
    void sayOf(ears, element, { kind: "aim" }).then(() => ears.checkedAt.set(element, seen));
  }, 40);
}

function hearClick(ears: Ears, event: MouseEvent): void {
  const element = targetOf(event);
  if (!event.isTrusted || ears.replayed.has(event) || element === undefined) return;
  if (event.altKey) return hearExpect(ears, event, element);
  // A browser clicks the button of a form when Enter is pressed in a field.
  if (isTold(ears, element) || (ears.isSubmitting && event.detail === 0)) return;
  const { x, y } = { x: Math.round(event.offsetX), y: Math.round(event.offsetY) };
  const told = sayOf(ears, element, {
    kind: "click",
    button: ["left", "middle", "right"][event.button] ?? "left",
    modifiers: heldKeys(event),
    ...(element instanceof HTMLCanvasElement && { position: { x, y } }),
  });
  if (event.type === "click" && ears.checkedAt.get(element) !== ears.changes)
    hold(ears, event, told);
}

function hold({ replayed }: Ears, event: MouseEvent, told: Promise<unknown>): void {
  const [target] = event.composedPath();
  event.preventDefault();
  event.stopImmediatePropagation();
  const { detail, button, clientX, clientY, ctrlKey, shiftKey, metaKey } = event;
  const again = new MouseEvent("click", {
    ...{ bubbles: true, cancelable: true, composed: true, view: window },
    ...{ detail, button, clientX, clientY, ctrlKey, shiftKey, metaKey },
  });
  replayed.add(again);
  void told.finally(() => target?.dispatchEvent(again));
}

function hearExpect(ears: Ears, event: MouseEvent, element: Element): void {
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.type !== "click") return;
  const { words } = ears;
  const isField = element.matches("input, textarea, select");
  const isToggle = words.isToggle(element);
  // biome-ignore lint/performance/useDomNodeTextContent: rendered text is what is expected
  const text = isField ? "" : words.clean((element as HTMLElement).innerText);
  const value = (element as HTMLInputElement).value;
  const hasValue = isField && !isToggle && !words.isSecret(element) && value.length <= 200;
  void sayOf(ears, element, {
    kind: "expect",
    ...(isToggle && { isChecked: element.checked }),
    ...(hasValue && { value }),
    ...(text !== "" && text.length <= 200 && { text }),
  });
}

function hearInput(ears: Ears, event: Event): void {
  const [first] = event.composedPath();
  if (!(first instanceof HTMLElement)) return;
  const { words } = ears;
  const isPicked = /^(date|time|color|range|month|week)/.test((first as HTMLInputElement).type);
  if (!event.isTrusted && !isPicked) return;
  const field = first.isContentEditable ? (first.closest("[contenteditable]") ?? first) : first;
  if (words.isToggle(field) || field.matches("select, input[type=file]")) return;
  const value = (field as HTMLInputElement).value ?? words.clean(field.textContent);
  if (words.isSecret(field))
    return void sayOf(ears, field, { kind: "secret", field: words.fieldName(field), value });
  void sayOf(ears, field, { kind: "fill", value });
}

/** Who drives a browser sets lists and files without a hand: such events are no less meant. */
async function hearChange(ears: Ears, event: Event): Promise<void> {
  const [field] = event.composedPath();
  if (!(field instanceof Element)) return;
  const { words } = ears;
  if (words.isToggle(field) && event.isTrusted) {
    void sayOf(ears, field, { kind: "check", isChecked: field.checked });
  } else if (field instanceof HTMLSelectElement) {
    const options = [...field.selectedOptions].map((one) => words.clean(one.label) || one.value);
    void sayOf(ears, field, { kind: "select", options });
  } else if (field instanceof HTMLInputElement && field.type === "file") {
    const files = await Promise.all([...(field.files ?? [])].map(readFile));
    void sayOf(ears, field, { kind: "upload", files });
  }
}

async function readFile(file: File): Promise<object> {
  if (file.size > 5 * 1024 * 1024) return { name: file.name };
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return { name: file.name, base64: btoa(text) };
}

/** Of the keys those that do something; what they type is told by the field. */
function isKeyOfUse(event: KeyboardEvent, element: Element): boolean {
  const isCombined = event.ctrlKey || event.metaKey;
  if (isCombined && event.key.length === 1) return !/^[vcxaz]$/i.test(event.key);
  if (/^(Escape|F\d+)$/.test(event.key)) return true;
  if (event.key === "Enter") {
    // A button is clicked by it, and a text gets a line.
    const isButton = element.matches("button, a[href], summary, [type=submit], [role=button]");
    const isText =
      element.matches("textarea, select") || (element as HTMLElement).isContentEditable;
    return isCombined || !(isButton || isText);
  }
  const isMove = /^(Arrow\w+|Home|End|Page\w+|Delete)$/.test(event.key);
  return isMove && !element.matches("input, textarea, select");
}

function hearKey(ears: Ears, event: KeyboardEvent): void {
  const element = targetOf(event) ?? document.body;
  if (!event.isTrusted || event.isComposing || !isKeyOfUse(event, element)) return;
  if (event.key === "Enter") {
    ears.isSubmitting = true;
    setTimeout(() => {
      ears.isSubmitting = false;
    });
  }
  const held = heldKeys(event).filter((key) => key !== "Shift" || event.key.length > 1);
  void sayOf(ears, element, { kind: "press", key: [...held, event.key].join("+") });
}

/** Listens, before the page's own code does. */
function startEars({ place, tell }: { readonly place: string; readonly tell: string }): void {
  const ears: Ears = {
    words: Reflect.get(window, place) as PageWords,
    send: (text) => (Reflect.get(window, tell) as (said: string) => Promise<unknown>)(text),
    replayed: new WeakSet(),
    checkedAt: new WeakMap(),
    changes: 0,
    isSubmitting: false,
  };
  const watch = new MutationObserver(() => {
    ears.changes += 1;
  });
  watch.observe(document, { subtree: true, childList: true, attributes: true });
  window.addEventListener("pointerover", (event) => hearAim(ears, event), true);
  window.addEventListener("focusin", (event: Event) => hearAim(ears, event), true);
  const onClick = (event: MouseEvent) => hearClick(ears, event);
  for (const name of ["click", "contextmenu"] as const)
    window.addEventListener(name, onClick, true);
  const onMiddle = (event: MouseEvent) => event.button === 1 && onClick(event);
  window.addEventListener("auxclick", onMiddle, true);
  const onTwice = (event: MouseEvent) => {
    const element = targetOf(event);
    if (event.isTrusted && element !== undefined && !isTold(ears, element))
      void sayOf(ears, element, { kind: "dblclick" });
  };
  window.addEventListener("dblclick", onTwice, true);
  // What an expectation is asked of is not pressed.
  const onDown = (event: MouseEvent) => {
    if (event.altKey) event.preventDefault();
  };
  window.addEventListener("mousedown", onDown, true);
  window.addEventListener("input", (event) => hearInput(ears, event), true);
  window.addEventListener("change", (event) => void hearChange(ears, event), true);
  window.addEventListener("keydown", (event) => hearKey(ears, event), true);
}

/** The script's text; the page's words must be at `place` already, `tell` is the name of the function that takes signals. */
export function earsScript(names: { readonly place: string; readonly tell: string }): string {
  const parts = [sayOf, targetOf, heldKeys, isTold, hearAim, hearClick, hold, hearExpect];
  const more = [hearInput, hearChange, readFile, isKeyOfUse, hearKey];
  return `(() => {\n${[...parts, ...more].join("\n")}\n(${startEars})(${JSON.stringify(names)});\n})()`;
}

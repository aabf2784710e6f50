/** Functions that run in the page: each is sent there alone, so it names nothing outside itself. */

/** As of a body of HTTP. */
export const TEXT_LENGTH_MAX = 10 * 1024 * 1024;

/** The text that a person sees, up to one character too many. `innerText` alone would give hidden elements' text too. */
export function readRenderedText(element: Element, lengthMax: number): string {
  const isBoxless = getComputedStyle(element).display === "contents";
  const isOption = element instanceof HTMLOptionElement;
  if (!isOption && !isBoxless && !element.checkVisibility()) return "";
  if (isOption) return element.label;
  // biome-ignore lint/performance/useDomNodeTextContent: rendered text is the point
  const text = element instanceof HTMLElement ? element.innerText : (element.textContent ?? "");
  return text.slice(0, lengthMax + 1);
}

/** All text of it and of what is in it, shown or not, up to one character too many. */
export function readTextContent(element: Element, lengthMax: number): string {
  return (element.textContent ?? "").slice(0, lengthMax + 1);
}

/** Whether keys go to it, inside a shadow root too. */
export function isFocused(element: Element): boolean {
  const root = element.getRootNode();
  const hasFocus = root instanceof Document || root instanceof ShadowRoot;
  return hasFocus && root.activeElement === element;
}

/** A field without a value, or an element without any text. */
export function isEmpty(element: Element): boolean {
  if (element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement)
    return element.value === "";
  return (element.textContent ?? "").trim() === "";
}

/** The names of its classes, in order. */
export function readClasses(element: Element): string[] {
  return [...element.classList];
}

/** A computed style; null when there is no such property. */
export function readStyle(element: Element, name: string): string | null {
  const value = getComputedStyle(element).getPropertyValue(name);
  return value === "" ? null : value;
}

/** The values of the options that are chosen; null when it is no list of options. */
export function readChosen(element: Element): string[] | null {
  if (!(element instanceof HTMLSelectElement)) return null;
  return [...element.selectedOptions].map((option) => option.value);
}

/** Which part of it is within the viewport, 0 to 1. */
export function measureVisiblePart(element: Element): Promise<number> {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      observer.disconnect();
      resolve(entries[0]?.intersectionRatio ?? 0);
    });
    observer.observe(element);
    // A page that draws nothing more would never be told.
    requestAnimationFrame(() => undefined);
  });
}

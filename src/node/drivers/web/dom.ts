/**
 * The page's DOM as one file that a person can open: with what was typed and chosen, inner frames and open shadow roots in
 * their places, styles inside. Inert: nothing in it runs, loads or leads away by itself, wherever it is opened. Secrets are
 * masked in each frame's own text, before it is packed into its parent's; the texts of password fields are not in it at all.
 * Closed shadow roots and what a canvas shows are not in it.
 */
import type { Frame, Page } from "playwright-core";
import { messageOf } from "#shared/errors.ts";
import type { Redactor } from "#shared/redactor.ts";
import { untilAborted } from "../guard.ts";

export type DomOptions = { readonly redactor: Redactor; readonly signal: AbortSignal };

const CHARACTERS_MAX = 8 * 1024 * 1024;
const FRAMES_MAX = 50;
const FRAME_MARK = "data-panoptic-frame";
/** Nothing may be fetched, run, framed from elsewhere or sent; the styles that stand in the file itself may be used. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'";

/** Takes the document of a page. @throws {Error} When the page does not answer before the signal. */
export async function takeDom(page: Page, options: DomOptions): Promise<string> {
  const late = () => new Error(`the page did not answer: ${messageOf(options.signal.reason)}`);
  const budget = { frames: FRAMES_MAX };
  const html = await untilAborted(domOf(page.mainFrame(), options, budget), options.signal, late);
  if (html.length <= CHARACTERS_MAX) return html;
  return `${html.slice(0, CHARACTERS_MAX)}\n<!-- cut here: the document has ${html.length} characters -->`;
}

async function domOf(
  frame: Frame,
  options: DomOptions,
  budget: { frames: number },
): Promise<string> {
  const children = frame.childFrames().slice(0, budget.frames);
  budget.frames -= children.length;
  const inner = await Promise.all(
    children.map(async (child) => {
      // A frame that goes away meanwhile stays an empty place.
      const place = await child.frameElement().catch(() => undefined);
      const html = await domOf(child, options, budget).catch(() => "");
      return { place, html };
    }),
  );
  const places = inner.map(({ place }) => place);
  const copy = await frame.evaluate(copyDocument, { places, mark: FRAME_MARK });
  const masked = options.redactor.text(copy.html);
  const base = escapeAttribute(options.redactor.text(copy.base));
  const head = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><base href="${base}">\n`;
  return (
    head +
    fillFrames(
      masked,
      inner.map(({ html }) => html),
    )
  );
}

/** Puts each inner frame's document where its element stands. */
function fillFrames(html: string, inner: readonly string[]): string {
  return html.replace(new RegExp(`${FRAME_MARK}="(\\d+)"`, "g"), (_, index: string) => {
    return `sandbox="" srcdoc="${escapeAttribute(inner[Number(index)] ?? "")}"`;
  });
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

type CopyAsk = {
  readonly places: readonly (Node | undefined)[];
  readonly mark: string;
};

/**
 * Runs in the page: copies its document into one that is not shown, where no custom element wakes up and nothing loads, and
 * writes into the copy's attributes what only the live elements know.
 */
function copyDocument({ places, mark }: CopyAsk): { readonly html: string; readonly base: string } {
  const inert = document.implementation.createHTMLDocument("");
  const set = (element: Element, name: string, value: string | boolean) => {
    if (value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  };
  const copyField = (field: Element, copy: Element) => {
    if (field instanceof HTMLTextAreaElement) copy.textContent = field.value;
    if (field instanceof HTMLOptionElement) set(copy, "selected", field.selected);
    if (!(field instanceof HTMLInputElement)) return;
    if (field.type === "checkbox" || field.type === "radio") set(copy, "checked", field.checked);
    else if (field.type === "password") set(copy, "value", "•".repeat(field.value.length));
    else if (field.type !== "file") set(copy, "value", field.value);
  };
  const rulesOf = (link: HTMLLinkElement): string | undefined => {
    try {
      return [...(link.sheet?.cssRules ?? [])].map((rule) => rule.cssText).join("\n");
    } catch {
      // Another origin's style sheet shows its rules to nobody.
      return undefined;
    }
  };
  const copyPlace = (element: Element, copy: Element) => {
    if (!/^(iframe|frame|object|embed)$/i.test(element.tagName)) return;
    for (const name of ["src", "srcdoc", "data", mark]) copy.removeAttribute(name);
    const frame = places.indexOf(element);
    if (frame >= 0) copy.setAttribute(mark, String(frame));
  };
  const copyShadow = ({ shadowRoot }: Element, copy: Element) => {
    if (shadowRoot === null) return;
    const template = inert.createElement("template");
    template.setAttribute("shadowrootmode", "open");
    template.content.append(...copyChildren(shadowRoot));
    copy.prepend(template);
  };
  const copyStyle = (element: Element, copy: Element) => {
    const rules = element instanceof HTMLLinkElement ? rulesOf(element) : undefined;
    if (rules === undefined || rules === "") return;
    const style = inert.createElement("style");
    style.textContent = rules;
    copy.replaceWith(style);
  };
  const copyElement = (element: Element, copy: Element) => {
    for (const part of [copyField, copyPlace, copyShadow, copyStyle]) part(element, copy);
    if (element.tagName === "SCRIPT") copy.setAttribute("type", "text/plain");
    // A refresh would lead away, and the page's own policy could forbid the styles above.
    if (element.tagName === "META" && element.hasAttribute("http-equiv")) copy.remove();
  };
  const copyTree = (root: Element): Element => {
    const copy = inert.importNode(root, true);
    const copies = [copy, ...copy.querySelectorAll("*")];
    // Both are listed before anything is put in or taken out.
    for (const [index, element] of [root, ...root.querySelectorAll("*")].entries()) {
      const own = copies[index];
      if (own !== undefined) copyElement(element, own);
    }
    return copy;
  };
  const copyChildren = (root: ShadowRoot): Node[] =>
    [...root.childNodes].map((node) =>
      node instanceof Element ? copyTree(node) : inert.importNode(node, true),
    );
  return { html: copyTree(document.documentElement).outerHTML, base: document.baseURI };
}

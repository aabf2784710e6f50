/** P: the little XML 1.0 that reports are written in: elements, attributes, text. Any string is safe to give. */

export type XmlNode = string | XmlElement;

export type XmlElement = {
  readonly tag: string;
  /** Absent values are left out. */
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly children: readonly XmlNode[];
};

/** Makes an element. */
export function element(
  tag: string,
  attributes: XmlElement["attributes"],
  children: readonly XmlNode[] = [],
): XmlElement {
  return { tag, attributes, children };
}

/** Writes a document, one element a line; elements that hold text are written without spaces of ours in them. */
export function xmlDocument(root: XmlElement): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  writeElement(root, "", lines);
  return `${lines.join("\n")}\n`;
}

function writeElement(node: XmlElement, indent: string, lines: string[]): void {
  const open = `${indent}<${node.tag}${attributesText(node.attributes)}`;
  if (node.children.length === 0) {
    lines.push(`${open}/>`);
    return;
  }
  if (node.children.some((child) => typeof child === "string")) {
    lines.push(`${open}>${node.children.map(inlineText).join("")}</${node.tag}>`);
    return;
  }
  lines.push(`${open}>`);
  for (const child of node.children) {
    if (typeof child !== "string") writeElement(child, `${indent}  `, lines);
  }
  lines.push(`${indent}</${node.tag}>`);
}

function inlineText(node: XmlNode): string {
  if (typeof node === "string") return escapeText(node);
  const children = node.children.map(inlineText).join("");
  return `<${node.tag}${attributesText(node.attributes)}>${children}</${node.tag}>`;
}

function attributesText(attributes: XmlElement["attributes"]): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeAttribute(String(value))}"`)
    .join("");
}

/** Everything that XML 1.0 has no way to say: most control characters, halves of surrogate pairs, two non-characters. */
const UNSAYABLE = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function escapeText(text: string): string {
  return text
    .replace(UNSAYABLE, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

/** A parser makes spaces of line ends in attributes, unless they are written as references. */
function escapeAttribute(text: string): string {
  return escapeText(text)
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\t", "&#9;");
}

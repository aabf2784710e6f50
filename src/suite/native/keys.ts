/** Keys as `press`, `keyDown` and `keyUp` name them: one character, a name of the keyboard, or a chord of both. */

import { displayTemplate } from "#shared/template.ts";
import { nearestWord } from "../reading/fault-log.ts";
import { opennessOf } from "../reading/openness.ts";
import { typed } from "../reading/scalar-shapes.ts";
import { refuseBecause, type Shape, shape } from "../reading/shape.ts";

const range = (name: string, marks: Iterable<string | number>): string[] =>
  [...marks].map((mark) => `${name}${mark}`);
const DIGITS = "0123456789";

/** In the order in which a message lists them: what people press most comes first. */
const NAMES: readonly string[] = [
  ...["Enter", "Tab", "Escape", "Backspace", "Delete", "Space"],
  ...["Control", "Shift", "Alt", "Meta", "ControlOrMeta"],
  ...["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"],
  ...["Home", "End", "PageUp", "PageDown", "Insert"],
  ...range("F", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  ...["CapsLock", "NumLock", "ScrollLock", "PrintScreen", "Pause", "ContextMenu", "AltGraph"],
  ...["Control", "Shift", "Alt", "Meta"].flatMap((name) => range(name, ["Left", "Right"])),
  ...["Backquote", "Minus", "Equal", "Backslash", "BracketLeft", "BracketRight"],
  ...["Semicolon", "Quote", "Comma", "Period", "Slash"],
  ...range("AudioVolume", ["Mute", "Down", "Up"]),
  ...["MediaTrackNext", "MediaTrackPrevious", "MediaPlayPause"],
  ...range("Numpad", ["Divide", "Multiply", "Subtract", "Add", "Decimal", "Enter", ...DIGITS]),
  ...range("Digit", DIGITS),
  ...range("Key", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
];
const KNOWN: ReadonlySet<string> = new Set(NAMES);

/** What other programs and keyboards call them. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ...["ctrl", "ctl", "strg"].map((name) => [name, "Control"] as const),
  ...["cmd", "command", "win", "windows", "super"].map((name) => [name, "Meta"] as const),
  ...["mod", "cmdorctrl", "commandorcontrol"].map((name) => [name, "ControlOrMeta"] as const),
  ...["opt", "option"].map((name) => [name, "Alt"] as const),
  ...["esc", "return", "del", "ins", "spacebar", "pgup", "pgdn"].map(
    (name, index) =>
      [
        name,
        ["Escape", "Enter", "Delete", "Insert", "Space", "PageUp", "PageDown"][index] ?? "",
      ] as const,
  ),
  ...["Up", "Down", "Left", "Right"].map((name) => [name.toLowerCase(), `Arrow${name}`] as const),
]);

const anyKey = typed("a key such as Enter or Control+A", { isEmptyAllowed: false });

/** A key or a chord; names that no keyboard has are told with the right one. */
export const key: Shape = shape(anyKey.expected, anyKey.schema, (node, reading) => {
  const found = anyKey.read(node, reading);
  if (typeof found !== "string" || opennessOf(node) !== "closed") return found;
  const unknown = partsOf(displayTemplate(found)).find((part) => !isKnown(part));
  return unknown === undefined ? found : refuseBecause(node, adviceOn(unknown), reading);
});

/** The keys of a chord; a plus that follows a plus, or begins, is itself a key. */
function partsOf(chord: string): readonly string[] {
  return chord.match(/(?:^|(?<=\+))\+|[^+]+/g) ?? [];
}

/** Of one character it depends on the keyboard's layout whether it has a key: the browser knows. */
const isKnown = (part: string): boolean => [...part].length === 1 || KNOWN.has(part);

function adviceOn(part: string): string {
  const meant = OTHER_NAMES.get(part.toLowerCase()) ?? nearestWord(part, NAMES);
  const known = `${NAMES.slice(0, 20).join(", ")}, F1 to F12, or one character such as a`;
  const advice = meant === undefined ? "" : `did you mean "${meant}"? `;
  return `Unknown key ${JSON.stringify(part)}: ${advice}${meant === undefined ? "expected" : "Expected"} one of ${known}, or a chord of them such as Control+A`;
}

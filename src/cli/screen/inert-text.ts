/**
 * P: other people's text made inert: whatever a suite, a page or an error holds, a terminal shows it and obeys none of it.
 *
 * Colours that errors bring along vanish; every other control character is shown as `\u001b`, the way JSON would write
 * it, so that JSON on stdout keeps its meaning. Line ends stay: whoever needs one line takes `inertLine`.
 */

/** Whole escape sequences of ECMA-48: CSI; OSC, DCS, SOS, PM and APC up to their end; the two-character ones. */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u0018\u001a\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]+[0-~]|\u001b[0-OQ-WYZ\\`-~]/g;

/**
 * What moves, reorders or hides on a screen: C0, DEL, C1; the marks that turn the direction of other text around;
 * characters without width that join nothing; Unicode's own line ends; halves of surrogate pairs.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be shown
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text of people on lines of its own: without escape sequences, `\n` and tabs as they are. */
export function inertText(text: string): string {
  return escapeControls(text.replace(/\r\n?/g, "\n").replace(SEQUENCES, ""));
}

/** The same on one line: line ends and tabs become spaces. */
export function inertLine(text: string): string {
  return inertText(text).replace(/[\n\t]+/g, " ");
}

/** Shows control characters instead of sending them; text that is JSON still is, with the same meaning. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, codeText);
}

function codeText(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * Keeps the log of GitHub Actions from obeying a line: it takes `::command` at the start of one, after any space, and
 * `##[command]` anywhere in one (actions/runner, ActionCommand.cs).
 */
export function withoutLogCommands(text: string): string {
  return text
    .replace(/^((?:[^\S\n]|\p{Cf})*):(?=\p{Cf}*:)/gmu, "$1\\u003a")
    .replace(/#(?=\p{Cf}*#\p{Cf}*\[)/gu, "\\u0023");
}

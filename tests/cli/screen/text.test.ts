/** Text of other people on a screen: inert, and as wide as it is said to be. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ColourInput, decideColour, isCapable } from "#cli/screen/colour.ts";
import { cutLine, lineWidth } from "#cli/screen/cut-line.ts";
import { cutToWidth, fitToWidth, widthOf } from "#cli/screen/display-width.ts";
import {
  escapeControls,
  inertLine,
  inertText,
  withoutLogCommands,
} from "#cli/screen/inert-text.ts";
import { type Line, lineText } from "#cli/screen/line.ts";

const NASTY = fc.constantFrom(
  "\u001b[2J",
  "\u001b]0;title\u0007",
  "\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\",
  "\u001b",
  "\u009b31m",
  "\u0090q\u009c",
  "\u001bc",
  "\u001b(0",
  "\r",
  "\b",
  "\u007f",
  "\u202e",
  "\ud800",
  "\u2028",
  "[2J",
  "漢字",
  "👩‍👩‍👧‍👦",
  "e\u0301",
  "plain words",
);
const texts = fc
  .array(fc.oneof(NASTY, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })))
  .map((parts) => parts.join(""));
/** C0 but line ends and tabs, DEL, C1, what turns directions around, and what is no character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
const DANGEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|\p{Cs}/u;

describe("inertText()", () => {
  test("leaves nothing that a terminal obeys, whatever the text", () => {
    fc.assert(fc.property(texts, (text) => void expect(inertText(text)).not.toMatch(DANGEROUS)));
    fc.assert(fc.property(texts, (text) => void expect(inertLine(text)).not.toMatch(/[\n\t\r]/)));
  });
  test("takes whole sequences away and shows what is left over", () => {
    expect(inertText("a\u001b[31mred\u001b[0m b")).toBe("ared b");
    expect(inertText("\u001b]0;evil\u0007title")).toBe("title");
    expect(inertText("\u001b\u001b[0m[2J")).toBe("\\u001b[2J");
    expect(inertText("\u001b]0;without an end")).toBe("\\u001b]0;without an end");
    expect(inertText("bell\u0007 \u202etxt")).toBe("bell\\u0007 \\u202etxt");
    expect(inertText("one\r\ntwo\rthree")).toBe("one\ntwo\nthree");
  });
  test("leaves ordinary text of all languages as it is", () => {
    const said = "zażółć gęślą · 日本語 › 👩‍👩‍👧‍👦 שלום 🇵🇱 e\u0301";
    expect(inertText(said)).toBe(said);
  });
});

test("escapeControls() keeps the meaning of JSON", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const json = JSON.stringify({ text });
      expect(escapeControls(json)).not.toMatch(DANGEROUS);
      expect(JSON.parse(escapeControls(json))).toEqual({ text });
    }),
  );
});

describe("withoutLogCommands()", () => {
  /** As actions/runner reads a line of a log. */
  const isCommand = (line: string) =>
    line
      .replace(/\p{Cf}/gu, "")
      .trimStart()
      .startsWith("::") || line.replace(/\p{Cf}/gu, "").includes("##[");
  const commands = fc
    .array(
      fc.constantFrom(
        "::",
        ":",
        " ",
        "\t",
        "error",
        "##[",
        "#",
        "[",
        "]",
        "\n",
        "\u200d",
        "\u3000",
      ),
    )
    .map((parts) => parts.join(""));
  test("leaves no command in any line", () => {
    fc.assert(
      fc.property(commands, (text) => {
        expect(withoutLogCommands(text).split("\n").filter(isCommand)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
  test("keeps the meaning of JSON, and ordinary text as it is", () => {
    const json = JSON.stringify({ key: "##[error]x" });
    expect(withoutLogCommands(json)).not.toContain("##[");
    expect(JSON.parse(withoutLogCommands(json))).toEqual({ key: "##[error]x" });
    expect(withoutLogCommands("failed  a::b  #1 [x]")).toBe("failed  a::b  #1 [x]");
  });
});

describe("widthOf()", () => {
  test("counts what people see as characters", () => {
    const widths = [
      "",
      "abc",
      "日本",
      "e\u0301",
      "👩‍👩‍👧‍👦",
      "🇵🇱",
      "1️⃣",
      "❤️",
      "❤",
      "…",
      "›",
      "가",
      "\u200d",
    ];
    expect(widths.map(widthOf)).toEqual([0, 3, 4, 1, 2, 2, 2, 2, 1, 1, 1, 2, 0]);
  });
  test("cutToWidth() and fitToWidth() keep to the columns, whatever the text", () => {
    fc.assert(
      fc.property(texts.map(inertLine), fc.integer({ min: 0, max: 40 }), (text, columns) => {
        expect(widthOf(cutToWidth(text, columns))).toBeLessThanOrEqual(columns);
        expect(widthOf(fitToWidth(text, columns))).toBe(columns);
        if (widthOf(text) <= columns) expect(cutToWidth(text, columns)).toBe(text);
      }),
    );
    expect(cutToWidth("shop › pay", 8)).toBe("shop › …");
    expect(cutToWidth("日本語", 4)).toBe("日…");
  });
});

describe("a line", () => {
  const lines: fc.Arbitrary<Line> = fc.array(
    fc.oneof(texts, fc.record({ text: texts, style: fc.constantFrom("good", "bad", "dim") })),
    { maxLength: 6 },
  );
  test("lineText() has no colour when there is none to have, and nothing dangerous ever", () => {
    fc.assert(
      fc.property(lines, (line) => {
        expect(lineText(line, false)).not.toMatch(DANGEROUS);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of ours
        const own = /\u001b\[[\d;]+m/g;
        expect(lineText(line, true).replace(own, "")).toBe(lineText(line, false));
      }),
    );
  });
  test("cutLine() keeps to the columns and says that it cut", () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 0, max: 30 }), (line, columns) => {
        const cut = cutLine(line, columns);
        expect(lineWidth(cut)).toBeLessThanOrEqual(columns);
        if (lineWidth(line) > columns && columns > 0) expect(lineText(cut, false)).toMatch(/…$/);
        else if (columns > 0) expect(lineText(cut, false)).toBe(lineText(line, false));
      }),
    );
  });
});

describe("decideColour()", () => {
  const AUTO: ColourInput = {
    choice: "auto",
    isTerminal: true,
    term: "xterm-256color",
    noColour: undefined,
    forceColour: undefined,
  };
  const cases: readonly (readonly [what: string, change: Partial<ColourInput>, wanted: boolean])[] =
    [
      ["a terminal", {}, true],
      ["a pipe", { isTerminal: false }, false],
      ["TERM=dumb", { term: "dumb" }, false],
      ["no TERM", { term: undefined }, false],
      ["NO_COLOR=1", { noColour: "1" }, false],
      ["NO_COLOR=0", { noColour: "0" }, false],
      ["NO_COLOR= (empty)", { noColour: "" }, true],
      ["FORCE_COLOR=1 on a pipe", { forceColour: "1", isTerminal: false }, true],
      ["FORCE_COLOR=0 on a terminal", { forceColour: "0" }, false],
      ["FORCE_COLOR= (empty) on a pipe", { forceColour: "", isTerminal: false }, false],
      ["NO_COLOR over FORCE_COLOR", { noColour: "1", forceColour: "1" }, false],
      ["--color never over FORCE_COLOR", { choice: "never", forceColour: "1" }, false],
      ["--color always over NO_COLOR", { choice: "always", noColour: "1" }, true],
      ["--color always on a pipe", { choice: "always", isTerminal: false, term: "dumb" }, true],
    ];
  test.each(cases)("%s", (_what, change, wanted) => {
    expect(decideColour({ ...AUTO, ...change })).toBe(wanted);
  });
  test("isCapable() asks for a TERM that is not dumb", () => {
    expect(["xterm", "dumb", "", undefined].map(isCapable)).toEqual([true, false, false, false]);
  });
});

/** A live screen on an emulated terminal: what stays, what changes, and how it is left. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cutLine } from "#cli/screen/cut-line.ts";
import { type Line, lineText } from "#cli/screen/line.ts";
import { createLiveScreen, type LiveScreen } from "#cli/screen/live-screen.ts";
import { type EmulatorOptions, ScreenEmulator } from "#kit/screen-emulator.ts";

function onScreen(options: EmulatorOptions) {
  const emulator = new ScreenEmulator(options);
  let size = { columns: options.columns, rows: options.rows };
  const writes: string[] = [];
  const write = (text: string) => {
    writes.push(text);
    emulator.feed(text);
  };
  const screen = createLiveScreen({ write, isColour: true, size: () => size });
  const resize = (next: typeof size) => {
    size = next;
    emulator.resize(next);
  };
  return { emulator, screen, writes, resize, size: () => size };
}

type Act =
  | { readonly kind: "print" | "draw"; readonly lines: readonly string[] }
  | { readonly kind: "aside" };
const words = fc.constantFrom(
  "a",
  "passed",
  "漢字漢字",
  "👩‍👩‍👧‍👦",
  "x".repeat(30),
  "\u001b[2J",
  "\r",
  "e\u0301",
  "",
);
const line = fc.array(words, { maxLength: 4 }).map((parts) => parts.join(" ").trim());
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom("print" as const, "draw" as const),
      lines: fc.array(line, { maxLength: 4 }),
    }),
    fc.constant({ kind: "aside" } as const),
  ),
  { maxLength: 25 },
);

/** Does an act as the CLI does it: frames are cut to the screen. Returns the lines for good. */
function perform(act: Act, screen: LiveScreen, on: ReturnType<typeof onScreen>): string[] {
  if (act.kind === "print") {
    screen.print(act.lines.map((text): Line => [text]));
    return act.lines.map((text) => lineText([text], false));
  }
  if (act.kind === "draw") {
    const { columns, rows } = on.size();
    screen.draw(act.lines.slice(0, rows - 1).map((text) => cutLine([text], columns - 1)));
    return [];
  }
  screen.stepAside();
  on.emulator.feed("panoptic: beside\n".replace("\n", "\r\n"));
  screen.comeBack();
  return ["panoptic: beside"];
}

/** Long lines wrap; what was printed is all of them after one another. */
const glued = (rows: readonly string[]) => rows.join("").replace(/\s/g, "");

test("createLiveScreen() keeps every printed line and leaves nothing else behind (T1)", () => {
  const sizes = fc.record({
    columns: fc.integer({ min: 20, max: 60 }),
    rows: fc.integer({ min: 2, max: 12 }),
  });
  fc.assert(
    fc.property(acts, sizes, (list, size) => {
      const on = onScreen(size);
      const printed = list.flatMap((act) => perform(act, on.screen, on));
      on.screen.leave();
      expect(glued(on.emulator.rows())).toBe(glued(printed));
      expect(on.emulator.isCursorVisible).toBe(true);
      expect(on.emulator.cursor().column).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test("createLiveScreen() shows the frame below what was printed", () => {
  const { emulator, screen } = onScreen({ columns: 30, rows: 6 });
  screen.draw([["one"], ["two"]]);
  screen.print([["failed  a"]]);
  expect(emulator.screen()).toEqual(["failed  a", "one", "two", "", "", ""]);
  expect(emulator.isCursorVisible).toBe(false);
  screen.draw([["1"], ["two"]]);
  expect(emulator.screen()[1]).toBe("1");
  screen.stepAside();
  expect(emulator.screen()).toEqual(["failed  a", "", "", "", "", ""]);
  screen.comeBack();
  expect(emulator.screen()).toEqual(["failed  a", "1", "two", "", "", ""]);
  screen.draw([["three"]]);
  expect(emulator.screen()).toEqual(["failed  a", "three", "", "", "", ""]);
  for (let index = 0; index < 9; index += 1) screen.print([[`failed  ${index}`]]);
  expect(emulator.screen()).toEqual([
    ...[4, 5, 6, 7, 8].map((index) => `failed  ${index}`),
    "three",
  ]);
  expect(emulator.rows()).toHaveLength(11);
});

test("createLiveScreen() redraws in one write, and writes nothing when nothing changed (T2)", () => {
  const { screen, writes, resize } = onScreen({ columns: 30, rows: 6 });
  screen.draw([["one"], ["two"]]);
  screen.draw([["one"], ["two"]]);
  expect(writes).toHaveLength(1);
  screen.draw([["one"], ["2"]]);
  expect(writes).toHaveLength(2);
  // No row is cleared before it is written.
  expect(writes[1]).not.toMatch(/\[J.*one/s);
  resize({ columns: 29, rows: 6 });
  screen.draw([["one"], ["2"]]);
  expect(writes).toHaveLength(3);
});

test("createLiveScreen() keeps what was printed when the terminal gets smaller or larger (T1)", () => {
  const sizes = fc.record({
    columns: fc.integer({ min: 2, max: 50 }),
    rows: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 6 }), (list) => {
      const on = onScreen({ columns: 50, rows: 12 });
      const names: string[] = [];
      for (const [index, size] of list.entries()) {
        on.screen.draw(
          [1, 2, 3]
            .slice(0, on.size().rows - 1)
            .map((row): Line => cutLine([`row ${row}`], on.size().columns - 1)),
        );
        on.resize(size);
        names.push(`F${index}`);
        on.screen.print([[`F${index}`]]);
      }
      on.screen.leave();
      const rows = on.emulator.rows();
      for (const name of names) expect(rows).toContain(name);
      expect(on.emulator.isCursorVisible).toBe(true);
    }),
  );
});

test("createLiveScreen() stays in place where a terminal takes characters for wider than we do (T4)", () => {
  const on = onScreen({ columns: 20, rows: 6, widthOf: (character) => [...character].length * 2 });
  for (let round = 0; round < 5; round += 1) {
    on.screen.draw([cutLine([`${round} 👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦`], 19), ["b"]]);
    expect(on.emulator.screen()[1]?.trim()).toBe("b");
  }
});

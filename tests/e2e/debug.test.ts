/** `panoptic run --debug`, spoken to by its stdin: one attempt in real Chromium, held at its steps. */
import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { readReport } from "#kit/mesh.ts";
import { programCommand, programEnvironment, watchProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { byCodeUnit } from "#suite/reading/order.ts";

const PAGE = `data:text/html,<title>Try</title><label>E-mail <input></label><button>Buy</button><button>Buy later</button>`;
const SUITE = `name: held
secrets: [HELD_SECRET]
tests:
  - name: mended
    steps:
      - goto: "${PAGE}"
      - fill: { label: E-mail, value: "\${secrets.HELD_SECRET}" }
      - click: "#made"
        timeout: 300ms
      - expect: { title: Try }
  - name: other
    steps: [{ goto: "${PAGE}" }]
`;

/** Runs the program with these lines at its stdin, which ends then. */
async function debug(callerDir: string, words: readonly string[], lines: readonly string[]) {
  const env = { HELD_SECRET: "s3cret-of-held", DISPLAY: "", WAYLAND_DISPLAY: "" };
  const child = spawn("sh", ["-c", `exec ${programCommand(["run", ...words])}`], {
    cwd: resolve(import.meta.dirname, "../.."),
    stdio: ["pipe", "pipe", "pipe"],
    env: programEnvironment({ callerDir, env }),
  });
  child.stdin.end(`${lines.join("\n")}\n`);
  return watchProgram(child).ended;
}

test("--debug stops at a line, tries locators, shows the page, and repeats a step that failed once it was mended", async () => {
  const callerDir = temporaryPlace("panoptic-debug-");
  writeFileSync(join(callerDir, "s.yaml"), SUITE);
  const lines = [
    "list",
    "try role=button[name=Buy]",
    "try { role: button, name: Buy, exact: true }",
    "try buton=Buy",
    "s",
    "e document.querySelector('input').value",
    "s",
    "r",
    "e void (document.querySelector('button').id = 'made')",
    "screenshot done",
    "r",
    "c",
  ];
  const { exitCode, stdout, stderr } = await debug(callerDir, ["--debug", "7", "s.yaml"], lines);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const said = [
    "browsers run headless: this machine has no display",
    'stopped before s.yaml:7 fill label "E-mail"',
    '>    7 fill label "E-mail"',
    "2 elements match",
    '  <button> "Buy"',
    '  <button> "Buy later"',
    "picture: panoptic-debug/1-try.png",
    "1 element matches",
    'Unknown prefix "buton=" of a locator',
    "stopped before s.yaml:8 click #made (held › mended)",
    '"***"', // What was typed is a secret.
    "failed: s.yaml:8 click #made (held › mended)",
    "300 ms",
    "failed: s.yaml:8 click #made (held › mended)", // Nothing was mended yet.
    "picture: panoptic-debug/3-done.png",
    "passed   held › mended",
  ];
  expect(inOrder(stdout, said), stdout).toBeUndefined();
  expect(stdout).not.toContain("s3cret-of-held");
  expect(readdirSync(join(callerDir, "panoptic-debug")).sort(byCodeUnit)).toEqual([
    "1-try.png",
    "2-try.png",
    "3-done.png",
  ]);
  const [only, ...others] = readReport(join(callerDir, "panoptic-report"))?.tests ?? [];
  expect(others).toEqual([]);
  expect(only?.attempts[0]?.steps.map(({ status }) => status)).toEqual(Array(4).fill("passed"));
});

/** The first part that does not come after the ones before it. */
function inOrder(text: string, parts: readonly string[]): string | undefined {
  let from = 0;
  for (const part of parts) {
    const at = text.indexOf(part, from);
    if (at === -1) return part;
    from = at + part.length;
  }
  return undefined;
}

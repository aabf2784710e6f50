/** Completion scripts in the real shells: what they offer is what the program takes. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runProgram } from "#kit/program.ts";
import { waitUntil } from "#kit/wait-until.ts";

const has = (shell: string) => spawnSync(shell, ["--version"]).status === 0;
const scripts: Record<string, string> = {};
let dir = "";
/** Every long option of each command, by the program's own help. */
const helped = new Map<string, readonly string[]>();
const HELPED = ["run", "gateway", "report", "doctor", "convert", "completions"];

const longFlags = (help: string) =>
  [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = ""]) => flag);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "panoptic-shells-"));
  for (const folder of ["suites", "my folder"]) mkdirSync(join(dir, folder));
  for (const file of ["a.yaml", "b c.json"]) writeFileSync(join(dir, file), "");
  for (const shell of ["bash", "zsh", "fish"]) {
    scripts[shell] = join(dir, `.completions.${shell}`);
    const { stdout } = await runProgram(["completions", shell], { callerDir: dir });
    writeFileSync(scripts[shell], stdout);
  }
  for (const command of HELPED) {
    const { stdout } = await runProgram([command, "--help"], { callerDir: dir });
    helped.set(command, longFlags(stdout));
  }
  return () => rmSync(dir, { recursive: true, force: true });
});

/** What a shell must offer for a line; the last word is the one that is typed. */
const OFFERS: readonly (readonly [words: readonly string[], offers: readonly string[]])[] = [
  [["va"], ["validate"]],
  [["--color", "always", "va"], ["validate"]],
  [
    ["run", ""],
    ["a.yaml", "b c.json", "my folder", "suites"],
  ],
  [
    ["run", "--out", ""],
    ["my folder", "suites"],
  ],
  [["run", "--out", "s"], ["suites"]],
  [
    ["run", "--trace", ""],
    ["off", "on", "on-failure"],
  ],
  [["run", "a.yaml", "--vide"], ["--video"]],
  [["run", "--quiet", "a"], ["a.yaml"]],
  [
    ["open", ""],
    ["my folder", "suites"],
  ],
  [
    ["completions", ""],
    ["bash", "fish", "zsh"],
  ],
  [["help", "do"], ["doctor"]],
  [
    ["--color", ""],
    ["always", "auto", "never"],
  ],
];

describe("bash", () => {
  /** As bash calls it: what is typed is split into words, also at `=`. */
  const offers = (words: readonly string[]) => {
    const all = ["panoptic", ...words];
    const code = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _panoptic; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = execFileSync(
      "bash",
      ["--norc", "-c", code, "bash", scripts["bash"] ?? "", ...all],
      {
        cwd: dir,
        encoding: "utf8",
      },
    );
    return said
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("."))
      .sort();
  };
  test.each(OFFERS)("%j", (words, wanted) => expect(offers(words)).toEqual(wanted));
  test("--option=value", () => {
    expect(offers(["run", "--trace", "=", "of"])).toEqual(["off"]);
    expect(offers(["run", "--out", "="])).toEqual(["my folder", "suites"]);
    expect(offers(["--color", "=", "never", "va"])).toEqual(["validate"]);
  });
  test("is registered for the program", () => {
    const said = execFileSync("bash", [
      "--norc",
      "-c",
      `source "$0"; complete -p panoptic`,
      scripts["bash"] ?? "",
    ]);
    expect(said.toString()).toBe("complete -F _panoptic panoptic\n");
  });
  test("offers every option of the help, of every command", () => {
    for (const [command, flags] of helped) {
      expect(flags.length).toBeGreaterThan(1);
      expect(new Set(offers([command, "--"]))).toEqual(new Set(flags));
    }
  });
});

describe("fish", () => {
  const offers = (words: readonly string[]) => {
    const line = ["panoptic", ...words].join(" ");
    const code = `source $argv[1]; complete -C $argv[2]`;
    const words_ = ["--no-config", "-c", code, scripts["fish"] ?? "", line];
    const said = execFileSync("fish", words_, {
      cwd: dir,
      encoding: "utf8",
      env: { ...process.env, HOME: dir },
    });
    return said
      .split("\n")
      .map((row) => row.split("\t")[0]?.replace(/\/$/, "") ?? "")
      .filter((row) => row !== "")
      .sort();
  };
  const isThere = has("fish");
  test.skipIf(!isThere).each(OFFERS)("%j", (words, wanted) => {
    expect(offers(words)).toEqual(expect.arrayContaining([...wanted]));
    if (words.at(-1) !== "") expect(offers(words)).toEqual(wanted);
  });
  test.skipIf(!isThere)("offers every option of the help, of every command", () => {
    for (const [command, flags] of helped)
      expect(offers([command, "--"])).toEqual(expect.arrayContaining([...flags]));
  });
});

describe("zsh", () => {
  /** zsh completes in a terminal only: types the line and Tab into a real one. */
  async function typed(line: string, wanted: RegExp): Promise<void> {
    const child = spawn("script", ["-qfec", "zsh -f -i", "/dev/null"], {
      cwd: dir,
      detached: true,
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TERM: "dumb", HOME: dir, ZDOTDIR: dir },
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    const ended = new Promise((done) => child.once("close", done));
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await ended;
    });
    child.stdin.write(
      `autoload -Uz compinit; compinit -u -D; source ${scripts["zsh"]}; echo set''up\n`,
    );
    await waitUntil(() => /^setup/m.test(said), { what: "zsh is ready" });
    said = "";
    child.stdin.write(`${line}\t`);
    await waitUntil(() => wanted.test(said), { what: `zsh completes ${line}: ${said}` });
  }
  const isThere = has("zsh");
  test.skipIf(!isThere).each([
    ["panoptic vali", /panoptic validate/],
    ["panoptic run --quiet a", /panoptic run --quiet a\.yaml/],
    ["panoptic run --trace of", /--trace off/],
    ["panoptic run --out s", /--out suites\//],
    ["panoptic open s", /open suites\//],
    ["panoptic completions f", /completions fish/],
    ["panoptic help doc", /help doctor/],
    ["panoptic run --screensh", /--screenshots/],
    ["panoptic --color=ne", /--color=never/],
  ] as const)("%s", typed);
});

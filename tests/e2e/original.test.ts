/** Suite files of the original Panoptic through the real program: verdicts, steps, files, and the same once converted. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readReport } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";

const PAGES: Readonly<Record<string, string>> = {
  "/": "<title>home</title><h1>Home</h1><p class=x>one</p><p class=x onclick=\"document.title='second'\">two</p>",
  "/login":
    "<title>in</title><form action=/welcome><input id=user name=user value=old><button type=submit>Go</button></form>",
  "/welcome": "<title>welcome</title><h1 id=hi>Hi</h1><div style=height:3000px></div>",
};

/** A site whose /welcome takes a while, so that a step that did not wait for it would miss it. */
async function startSite(): Promise<string> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const path = new URL(request.url ?? "/", "http://x").pathname;
    const page = PAGES[path];
    const answer = () => {
      response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html" });
      response.end(page ?? "<h1>Nothing here</h1>");
    };
    if (path === "/welcome") setTimeout(answer, 400);
    else answer();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function callerFolder(files: Readonly<Record<string, string>>): string {
  const dir = temporaryPlace("panoptic-original-");
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

const suite = (url: string) => `name: both
output: ./kept
apps:
  - { name: good, type: web, url: "${url}", timeout: 20 }
  - name: bad
    type: web
    url: "${url}"
    timeout: 1
    actions:
      - { name: nowhere, type: navigate, url: /missing }
      - { name: no such thing, type: click, selector: "#none" }
      - { name: never, type: wait }
  - { name: idle, type: web, url: "${url}", timeout: 5, actions: [{ type: wait, wait_time: 3 , name: too long }] }
actions:
  - { name: open, type: navigate, value: "${url}/login" }
  - { name: user, type: fill, selector: "//input[@id='user']", value: 0042 }
  - { name: go, type: submit, selector: form, screenshot: yes }
  - { name: hi, type: click, selector: "#hi" }
  - { name: after, type: screenshot, parameters: { filename: ../after.jpg } }
  - { name: again, type: screenshot, parameters: { filename: after.jpg } }
  - { name: film, type: record, duration: 1.5 }
settings: { window_width: 640, window_height: 480, quality: 30, log_level: debug }
`;

type Told = NonNullable<ReturnType<typeof readReport>>;

/** Verdicts, and of each test the statuses of the steps that have a name of the file. */
function outcomeOf(report: Told | undefined) {
  const NAMES = /^(open|user|go|hi|after|again|film|nowhere|no such thing|never|too long)$/;
  return report?.tests.map(({ key, verdict, attempts }) => ({
    key,
    verdict,
    steps: attempts[0]?.steps
      .filter(({ name }) => NAMES.test(name))
      .map(({ name, status }) => `${name} ${status}`),
  }));
}

const filesOf = (report: Told | undefined, key: string) =>
  report?.tests
    .find((one) => one.key === key)
    ?.attempts[0]?.artifacts.filter(({ kind }) => kind === "screenshot" || kind === "video")
    .map(({ name, state }) => `${name} ${state}`)
    .toSorted();

test("an original suite runs unchanged, and its converted form gives the same verdicts, steps and files", async () => {
  const url = await startSite();
  const dir = callerFolder({ "both.yaml": suite(url) });
  const options = { callerDir: dir };
  const first = await runProgram(["run", "both.yaml", "--nodes", "1"], options);
  expect(first.exitCode, first.stderr).toBe(1);
  // Told once, though the gateway reads the suite as well.
  expect(first.stderr.match(/No effect of settings\.log_level/g)).toHaveLength(1);
  expect(first.stderr).toMatch(/both\.yaml:\d+:\d+ Warning: No effect of settings\.log_level here/);
  expect(first.stderr).toMatch(
    /both\.yaml:\d+:\d+ Warning: The file name "\.\.\/after\.jpg" leads/,
  );
  const report = readReport(join(dir, "kept"));
  expect(outcomeOf(report)).toEqual([
    {
      key: "both › good",
      verdict: "passed",
      steps: [
        "open passed",
        "user passed",
        "go passed",
        "hi passed",
        "after passed",
        "again passed",
        "film passed",
      ],
    },
    {
      key: "both › bad",
      verdict: "failed",
      steps: ["nowhere passed", "no such thing failed", "never skipped"],
    },
    { key: "both › idle", verdict: "passed", steps: ["too long passed"] },
  ]);
  expect(report?.tests[0]?.attempts[0]?.steps.map(({ kind }) => kind)).toEqual([
    "navigate",
    "fill",
    "submit",
    "click",
    "screenshot",
    "screenshot",
    "record",
  ]);
  expect(filesOf(report, "both › good")).toEqual([
    "after (2).jpg stored",
    "after.jpg stored",
    "film.mp4 stored",
    "go.png stored",
  ]);
  expect(report?.tests[1]?.attempts[0]?.error).toMatchObject({ file: "both.yaml", line: 11 });

  const converted = await runProgram(["convert", "both.yaml", "-o", "native.yaml"], options);
  expect(converted.exitCode, converted.stderr).toBe(0);
  expect((await runProgram(["validate", "native.yaml"], options)).exitCode).toBe(0);
  const second = await runProgram(["run", "native.yaml", "--nodes", "1"], options);
  expect(second.exitCode, second.stderr).toBe(1);
  const other = readReport(join(dir, "panoptic-report"));
  expect(outcomeOf(other)).toEqual(outcomeOf(report));
  expect(filesOf(other, "both › good")).toEqual(filesOf(report, "both › good"));
});

test("what is not supported is refused by file, line and type, or skipped and shown", async () => {
  const url = await startSite();
  const text = `apps: [{ name: a, type: web, url: "${url}" }, { name: d, type: desktop, path: /x }]
actions:
  - { type: navigate, url: / }
  - { type: vision_click, parameters: { type: button } }
  - { type: click, selector: .x }
`;
  const dir = callerFolder({ "new.yaml": text, "native.yaml": "tests: []\n" });
  const options = { callerDir: dir };
  for (const words of [
    ["run", "new.yaml"],
    ["validate", "new.yaml"],
    ["convert", "new.yaml"],
  ]) {
    const { exitCode, stdout, stderr } = await runProgram(words, options);
    expect(exitCode).toBe(2);
    expect(stdout + stderr).toMatch(/new\.yaml:1:\d+ The app type "desktop" is not supported yet/);
    expect(stdout + stderr).toMatch(
      /new\.yaml:4:13 The action type "vision_click" is not supported yet/,
    );
  }
  expect(existsSync(join(dir, "panoptic-report"))).toBe(false);
  const ran = await runProgram(["run", "new.yaml", "--nodes", "1", "--skip-unsupported"], options);
  expect(ran.exitCode, ran.stderr).toBe(0);
  const report = readReport(join(dir, "panoptic-report"));
  expect(report?.tests.map(({ name, verdict, reason }) => [name, verdict, reason])).toEqual([
    ["a", "passed", undefined],
    ["d", "skipped", 'The app type "desktop" is not supported yet'],
  ]);
  const steps = report?.tests[0]?.attempts[0]?.steps;
  expect(steps?.map(({ kind, status }) => [kind, status])).toEqual([
    ["navigate", "passed"],
    ["vision_click", "skipped"],
    ["click", "passed"],
  ]);
  const native = await runProgram(["convert", "native.yaml"], options);
  expect(native.exitCode).toBe(2);
  expect(native.stderr).toMatch(
    /Cannot convert native\.yaml: it is no suite of the original Panoptic/,
  );
  const taken = await runProgram(
    ["convert", "new.yaml", "--skip-unsupported", "-o", "new.yaml"],
    options,
  );
  expect(taken.stderr).toMatch(/Cannot write new\.yaml: it was not written by convert/);
  expect(readFileSync(join(dir, "new.yaml"), "utf8")).toBe(text);
});

import { expect, test } from "vitest";
import { stepsOf, toldOf, withActions } from "./original-kit.ts";
import { expandText, finishedStep, testsOf } from "./suite-kit.ts";

const css = (value: string) => ({ by: "css", value, nth: 0 });
type Row = readonly [action: string, verb: string, args: unknown];

const ACTIONS: readonly Row[] = [
  ["{ type: navigate, url: /a }", "goto", { url: "http://127.0.0.1:3000/a" }],
  ["{ type: navigate, url: '?q=1' }", "goto", { url: "http://127.0.0.1:3000/?q=1" }],
  // No browser opens what has no scheme; as a path it would be a page of the app that nobody meant.
  ["{ type: navigate, url: 'shop.example/a' }", "goto", { url: "shop.example/a" }],
  ["{ type: navigate, url: 'the start page' }", "goto", { url: "the start page" }],
  ["{ type: navigate, value: 'about:blank' }", "goto", { url: "about:blank" }],
  ["{ type: navigate, url: '', value: /b }", "goto", { url: "http://127.0.0.1:3000/b" }],
  ["{ type: navigate, url: '/${x}' }", "goto", { url: "http://127.0.0.1:3000/$%7Bx%7D" }],
  ["{ type: navigate, url: 'about:${x}' }", "goto", { url: "about:$${x}" }],
  ["{ type: click, selector: '#a' }", "click", { locator: css("#a"), waitForLoad: true }],
  ["{ type: click, target: '.b > a' }", "click", { locator: css(".b > a"), waitForLoad: true }],
  [
    "{ type: click, selector: ' //a[1] ' }",
    "click",
    { locator: { by: "xpath", value: "//a[1]", nth: 0 }, waitForLoad: true },
  ],
  [
    "{ type: click, selector: '(//a)[2]' }",
    "click",
    { locator: { by: "xpath", value: "(//a)[2]", nth: 0 }, waitForLoad: true },
  ],
  [
    "{ type: click, selector: 'xpath=./a' }",
    "click",
    { locator: { by: "xpath", value: "./a", nth: 0 }, waitForLoad: true },
  ],
  [
    "{ type: click, selector: 'text=Buy ${now}' }",
    "click",
    { locator: { by: "css", value: "text=Buy $${now}", nth: 0 }, waitForLoad: true },
  ],
  ["{ type: fill, selector: '#a', value: 0042 }", "fill", { locator: css("#a"), value: "0042" }],
  ["{ type: fill, selector: '#a', value: +123 }", "fill", { locator: css("#a"), value: "+123" }],
  ["{ type: fill, selector: '#a', value: yes }", "fill", { locator: css("#a"), value: "yes" }],
  ["{ type: fill, selector: '#a', value: 1.50 }", "fill", { locator: css("#a"), value: "1.50" }],
  [
    "{ type: fill, selector: '#a', value: 2024-01-02 }",
    "fill",
    { locator: css("#a"), value: "2024-01-02" },
  ],
  [
    "{ type: fill, selector: '#a', value: 12345678901234567890 }",
    "fill",
    { locator: css("#a"), value: "12345678901234567890" },
  ],
  ["{ type: fill, selector: '#a', value: true }", "fill", { locator: css("#a"), value: "true" }],
  ["{ type: fill, selector: '#a', value: ' a ' }", "fill", { locator: css("#a"), value: " a " }],
  ["{ type: fill, selector: '#a', value: '' }", "fill", { locator: css("#a"), value: "" }],
  ["{ type: fill, selector: '#a', value: }", "fill", { locator: css("#a"), value: "" }],
  ["{ type: fill, selector: '#a' }", "fill", { locator: css("#a"), value: "" }],
  ["{ type: submit }", "submit", {}],
  ["{ type: submit, selector: form }", "submit", { locator: css("form") }],
  ["{ type: wait }", "wait", { for: { kind: "time", ms: 1000 } }],
  ["{ type: wait, wait_time: 2 }", "wait", { for: { kind: "time", ms: 2000 } }],
  ["{ type: wait, wait_time: 1.1 }", "wait", { for: { kind: "time", ms: 1100 } }],
  ["{ type: wait, wait_time: 0 }", "wait", { for: { kind: "time", ms: 0 } }],
  ["{ type: wait, wait_time: 010 }", "wait", { for: { kind: "time", ms: 8000 } }],
  ["{ type: wait, wait_time: 0x0A }", "wait", { for: { kind: "time", ms: 10_000 } }],
  ["{ type: screenshot }", "screenshot", { name: "screenshot.png", fullPage: true }],
  [
    "{ type: screenshot, name: after login }",
    "screenshot",
    { name: "after login.png", fullPage: true },
  ],
  ["{ type: screenshot, name: a/b }", "screenshot", { name: "a-b.png", fullPage: true }],
  [
    "{ type: screenshot, name: x, parameters: { filename: after.png } }",
    "screenshot",
    { name: "after.png", fullPage: true },
  ],
  [
    "{ type: screenshot, parameters: { filename: After.JPG } }",
    "screenshot",
    { name: "After.JPG", fullPage: true },
  ],
  [
    "{ type: screenshot, parameters: { filename: './a/../${x} v1.2' } }",
    "screenshot",
    { name: "$${x} v1.2.png", fullPage: true },
  ],
  [
    "{ type: screenshot, parameters: { filename: 7 } }",
    "screenshot",
    { name: "7.png", fullPage: true },
  ],
  [
    "{ type: record }",
    "record",
    { action: "start", name: "record.mp4", forMs: 30_000, hold: true },
  ],
  [
    "{ type: record, name: demo, duration: 2.5, parameters: { filename: d.webm } }",
    "record",
    { action: "start", name: "d.webm", forMs: 2500, hold: true },
  ],
];

test.each(ACTIONS)("%s becomes a step of ours", (action, verb, args) => {
  const [step] = stepsOf(action);
  const kind = /type: (\w+)/.exec(action)?.[1];
  expect(step).toMatchObject({ kind, verb, phase: "main", timeoutMs: 30_000, line: 3, column: 5 });
  expect(step?.args).toEqual(args);
  if (step !== undefined) finishedStep(step);
  expect(toldOf(withActions(action))).toEqual([]);
});

test("an app's url that is none takes no whole address down with it, and a path stays a path", () => {
  const url = (one: string) =>
    testsOf(
      `apps: [{ name: a, type: web, url: "127.0.0.1:80", actions: [{ type: navigate, url: "${one}" }] }]\n`,
    )[0]?.steps[0]?.args["url"];
  expect(url("http://127.0.0.1:3000/a")).toBe("http://127.0.0.1:3000/a");
  expect(url("/a")).toBe("/a");
  expect(
    testsOf("apps: [{ name: a, type: web, url: http://x, actions: [{ type: wait }] }]\n")[0],
  ).not.toHaveProperty("baseUrl");
});

test("an action's name is the step's, else type and target", () => {
  const names = stepsOf(
    "{ type: click, selector: '#a', name: ' go  now ' }",
    "{ type: click, selector: '#a' }",
    "{ type: navigate, url: '/${x}' }",
    "{ type: wait, wait_time: 2, name: '' }",
    "{ type: record, duration: 3 }",
    "{ type: submit }",
  ).map(({ name }) => name);
  expect(names).toEqual([
    "go now",
    "click #a",
    "navigate /${x}",
    "wait 2s",
    "record record.mp4 for 3s",
    "submit",
  ]);
});

test("only a record that is the last of what is executed lasts as long as its film", () => {
  const held = (...actions: string[]) =>
    expandText(withActions(...actions), { skipUnsupported: true });
  expect(held("{ type: record }", "{ type: record }", "{ type: vision_report }")).toMatchObject({
    tests: [{ steps: [{ args: { forMs: 30_000 } }, { args: { hold: true } }, { skip: /./ }] }],
  });
  expect(stepsOf("{ type: record }", "{ type: wait }")[0]?.args).not.toHaveProperty("hold");
});

test("screenshot and record on an action are parts of its step", () => {
  const [step] = stepsOf("{ type: click, selector: a, name: buy, screenshot: yes, record: On }");
  expect(step?.around).toEqual({
    before: [{ verb: "record", args: { action: "start", name: "buy.mp4" } }],
    after: [
      { verb: "record", args: { action: "stop", name: "buy.mp4" } },
      { verb: "screenshot", args: { name: "buy.png", fullPage: true } },
    ],
  });
  const [plain] = stepsOf("{ type: click, selector: a, screenshot: no, record: off }");
  expect(plain).not.toHaveProperty("around");
});

test("a file name belongs to the picture or the film that there is", () => {
  const names = (fields: string) => {
    const [step] = stepsOf(`{ type: click, selector: a, ${fields} }`);
    const parts = [...(step?.around?.before ?? []), ...(step?.around?.after ?? [])];
    return parts.map(({ args }) => args["name"]);
  };
  expect(names("screenshot: true, parameters: { filename: x.jpg }")).toEqual(["x.jpg"]);
  expect(names("screenshot: true, parameters: { filename: x }")).toEqual(["x.png"]);
  expect(names("record: true, parameters: { filename: x }")).toEqual(["x.mp4", "x.mp4"]);
  expect(names("record: true, screenshot: true, parameters: { filename: x.webm }")).toEqual([
    "x.webm",
    "x.webm",
    "click.png",
  ]);
  const [shot] = stepsOf(
    "{ type: screenshot, name: n, screenshot: true, parameters: { filename: x.png } }",
  );
  expect(shot?.args["name"]).toBe("x.png");
  expect(shot?.around?.after[0]?.args["name"]).toBe("n.png");
});

test.each([
  ["../../etc/passwd", "passwd.png"],
  ["/etc/shot.png", "shot.png"],
  ["..\\..\\x.jpg", "x.jpg"],
  ["C:\\shots\\x.png", "x.png"],
  ["C:x.png", "x.png"],
  ["a/../../b.png", "b.png"],
  ["..", "screenshot.png"],
  ["/", "screenshot.png"],
])("the file name %s stays inside the attempt's folder, with a warning", (written, name) => {
  const text = withActions(
    `{ type: screenshot, parameters: { filename: ${JSON.stringify(written)} } }`,
  );
  expect(testsOf(text)[0]?.steps[0]?.args["name"]).toBe(name);
  expect(toldOf(text)).toEqual([
    expect.stringMatching(/^3:49 Warning: The file name .* leads outside the attempt's folder/),
  ]);
});

test("a file name in a folder is that name without the folder, with a warning", () => {
  const text = withActions("{ type: screenshot, parameters: { filename: shots/a/home.png } }");
  expect(testsOf(text)[0]?.steps[0]?.args["name"]).toBe("home.png");
  expect(toldOf(text)).toEqual([
    '3:49 Warning: The files of an attempt lie in one folder, found "shots/a/home.png": it is saved as "home.png"',
  ]);
});

test.each([
  ["screenshot", "page.gif", "page.gif.png"],
  ["screenshot", "page.webm", "page.webm.png"],
  ["record", "demo.avi", "demo.avi.mp4"],
  ["record", "demo.png", "demo.png.mp4"],
])(
  "a %s of a format that there is not (%s) gets one that there is, with a warning",
  (type, file, name) => {
    const text = withActions(`{ type: ${type}, parameters: { filename: ${file} } }`);
    expect(testsOf(text)[0]?.steps[0]?.args["name"]).toBe(name);
    expect(toldOf(text)).toEqual([expect.stringContaining(`it is saved as "${name}"`)]);
  },
);

test("actions of their own replace the suite's, an empty list does not", () => {
  const tests = testsOf(
    [
      "apps:",
      "  - { name: a, type: web, url: /, actions: [{ type: submit }] }",
      "  - { name: b, type: web, url: / }",
      "  - { name: c, type: web, url: /, actions: [] }",
      "actions: [{ type: wait }, { type: screenshot }]",
    ].join("\n"),
  );
  expect(tests.map(({ steps }) => steps.map(({ kind }) => kind))).toEqual([
    ["submit"],
    ["wait", "screenshot"],
    ["wait", "screenshot"],
  ]);
});

test("merge keys and anchors are followed, JSON is read too", () => {
  const text = [
    "base: &base { type: web, url: http://127.0.0.1, timeout: 5 }",
    "apps: [{ <<: *base, name: a }, { <<: *base, name: b, timeout: 7 }]",
    "actions: &all [{ type: wait }]",
  ].join("\n");
  expect(testsOf(text).map(({ name, stepTimeoutMs }) => [name, stepTimeoutMs])).toEqual([
    ["a", 5000],
    ["b", 7000],
  ]);
  expect(toldOf(text)[0]).toMatch(/^1:1 Warning: Unknown key "base" in a suite of the original/);
  const json =
    '{\n\t"apps": [{ "name": "j", "type": "web", "url": "/" }],\n\t"actions": [{ "type": "wait" }]\n}';
  expect(testsOf(json, { file: "x/j.json" })[0]?.key).toBe("j › j");
});

import { expect, test } from "vitest";
import { flowOf, flowSteps, imported, refusedFaults } from "./import-kit.ts";

/** One command of a flow, and the steps that it comes to. */
const COMMANDS: ReadonlyArray<readonly [command: string, ...steps: unknown[]]> = [
  ["- launchApp", { goto: "http://shop.test" }],
  ["- openLink: shop.test/a", { goto: "https://shop.test/a" }],
  ["- openLink: { link: http://shop.test/a }", { goto: "http://shop.test/a" }],
  ["- tapOn: Add to cart", { click: { shown: "Add to cart" } }],
  ["- tapOn: { id: mail, index: '1' }", { click: { shown: { id: "mail", index: 1 } } }],
  [
    "- tapOn: { text: Remove, below: Tea, enabled: true, optional: true, label: Take it out }",
    {
      click: { shown: { text: "Remove", below: { text: "Tea" }, enabled: true } },
      name: "Take it out",
      optional: true,
    },
  ],
  [
    "- tapOn: { text: More, repeat: 2, delay: 500 }",
    { click: { shown: "More" } },
    { wait: "500ms" },
    { click: { shown: "More" } },
  ],
  [
    "- tapOn: { point: '50%,50%' }",
    { mouse: { move: { x: 640, y: 360 } } },
    { mouse: { down: "left" } },
    { mouse: { up: "left" } },
  ],
  ["- doubleTapOn: { css: '#a' }", { dblclick: { shown: { css: "#a" } } }],
  [
    "- longPressOn: Hold",
    { mouse: { down: "left", at: { shown: "Hold" } } },
    { wait: "3s" },
    { mouse: { up: "left" } },
  ],
  ["- inputText: Kim", { type: { css: ":focus", value: "Kim" } }],
  ["- eraseText", { fill: { css: ":focus", value: "" } }],
  ["- eraseText: 3", { press: "End" }, { repeat: 3, steps: [{ press: "Backspace" }] }],
  ["- pressKey: Enter", { press: "Enter" }],
  ["- back", { back: true }],
  ["- assertVisible: .*done", { expect: { visible: { shown: ".*done" } } }],
  [
    "- assertVisible: { id: x, checked: true }",
    { expect: { visible: { shown: { id: "x", checked: true } } } },
  ],
  ["- assertNotVisible: Error", { expect: { hidden: { shown: "Error" } } }],
  [
    "- extendedWaitUntil: { visible: Ready, timeout: 30000 }",
    { wait: { for: { shown: "Ready" }, state: "visible" }, timeout: "30s" },
  ],
  [
    "- extendedWaitUntil: { notVisible: Loading }",
    { wait: { for: { shown: "Loading" }, state: "hidden" } },
  ],
  ["- scroll", { scroll: { by: { x: 0, y: 360 } } }],
  ["- swipe: { direction: DOWN }", { scroll: { by: { x: 0, y: -360 } } }],
  ["- swipe: { start: '50%,80%', end: '50%,20%' }", { scroll: { by: { x: 0, y: 432 } } }],
  [
    "- scrollUntilVisible: { element: End, timeout: 9000 }",
    {
      repeat: { while: { hidden: { shown: "End" } }, max: 50 },
      steps: [{ scroll: { by: { x: 0, y: 360 } } }, { wait: "200ms" }],
      timeout: "9s",
    },
    { scroll: { to: { shown: "End" } } },
  ],
  ["- copyTextFrom: { id: total }", { save: { copiedText: { text: { shown: { id: "total" } } } } }],
  ["- setClipboard: abc", { save: { copiedText: { that: "abc" } } }],
  ["- evalScript: ${output.n = 'a' + 1}", { save: { n: { that: "a1" } } }],
  ["- assertTrue: ${output.n != 'b'}", { expect: { that: "${saved.n}", not: { equals: "b" } } }],
  [
    "- assertTrue: ${WHO}",
    { expect: { that: "${env.WHO}", not: { in: ["", 0, false, "false", null] } } },
  ],
  ["- inputText: ${WHO || 'Kim'}", { type: { css: ":focus", value: "${env.WHO ?? 'Kim'}" } }],
  ["- takeScreenshot: shots/cart", { screenshot: "cart" }],
  ["- startRecording: film", { record: { start: "film" } }],
  ["- stopRecording", { record: "stop" }],
  [
    "- setLocation: { latitude: 52.5, longitude: 13.4 }",
    { geolocation: { latitude: 52.5, longitude: 13.4 } },
  ],
  ["- setAirplaneMode: enabled", { network: "offline" }],
  ["- repeat: { times: 3, commands: [back] }", { repeat: 3, steps: [{ back: true }] }],
  [
    "- repeat: { while: { visible: More }, commands: [{ tapOn: More }] }",
    {
      repeat: { while: { visible: { shown: "More" } }, max: 1000 },
      steps: [{ click: { shown: "More" } }],
    },
  ],
  [
    "- runFlow: { when: { visible: Cookies }, commands: [{ tapOn: Accept }] }",
    // biome-ignore lint/suspicious/noThenProperty: a key of suites
    { if: { visible: { shown: "Cookies" } }, then: [{ click: { shown: "Accept" } }] },
  ],
  [
    "- runFlow: { when: { visible: A, notVisible: B, platform: Web }, commands: [back] }",
    {
      if: { visible: { shown: "A" } },
      // biome-ignore lint/suspicious/noThenProperty: a key of suites
      then: [{ if: { hidden: { shown: "B" } }, then: [{ back: true }] }],
    },
  ],
  ["- runFlow: { when: { platform: Web }, commands: [back] }", { back: true }],
  ["- runFlow: { when: { platform: iOS }, commands: [back] }"],
  ["- hideKeyboard"],
  ["- waitForAnimationToEnd: { timeout: 5000 }"],
];

test("each command of a flow comes to the steps that do the same, and the reader takes them", () => {
  const commands = COMMANDS.flatMap(([command]) => [command, "- takeScreenshot: next"]);
  const { suite, missing } = imported(flowOf(...commands), {}, "flow.yaml");
  expect(missing).toEqual([]);
  const found: unknown[][] = [[]];
  for (const step of suite.tests[0]?.steps ?? [])
    if (JSON.stringify(step) === '{"screenshot":"next"}') found.push([]);
    else found.at(-1)?.push(step);
  for (const [index, [command, ...steps]] of COMMANDS.entries())
    expect([command, found[index]]).toEqual([command, steps]);
});

test("a state is cleared only where there may be one", () => {
  const launch = "- launchApp: { clearState: true }";
  const opened = { goto: "http://shop.test" };
  const cleared = [
    { cookies: { clear: true } },
    { storage: { local: { clear: true }, session: { clear: true } } },
  ];
  expect(flowSteps("- clearState", launch, launch)).toEqual([opened, ...cleared, opened]);
});

test("text that is made up is made in the page and typed", () => {
  const [made, typed] = flowSteps("- inputRandomNumber: { length: 5 }");
  expect(made).toEqual({ eval: { js: expect.stringContaining("length: 5"), save: "random1" } });
  expect(typed).toEqual({ type: { css: ":focus", value: "${saved.random1}" } });
});

test("a flow with its header, its hooks and the files that it runs", () => {
  const { suite, missing, text, advice } = imported(
    `url: http://shop.test
name: Buy
tags: [smoke, web]
env:
  WHO: kim
  SHOP_PASSWORD: hunter2!x
onFlowStart:
  - runFlow: { file: parts/in.yaml, env: { MAIL: "\${WHO}@a.test" } }
onFlowComplete:
  - tapOn: Log out
jsEngine: graaljs
---
- tapOn: PIN
- inputText: "4711"
- clearState
- runScript: setup.js
- runFlow: parts/none.yaml
- runFlow: parts/round.yaml
`,
    {
      "parts/in.yaml":
        "url: x\n---\n- inputText: ${MAIL}\n- inputText: ${SHOP_PASSWORD}\n- runFlow: ../more.yaml\n",
      "more.yaml": "url: x\n---\n- back\n",
      "parts/round.yaml": "url: x\n---\n- runFlow: round.yaml\n",
    },
    "buy.yaml",
  );
  expect(text).not.toMatch(/hunter2|4711/);
  expect(suite).toEqual({
    name: "buy",
    secrets: ["SHOP_PASSWORD", "PIN"],
    defaults: { timeout: "10m", stepTimeout: "17s" },
    afterEach: [{ click: { shown: "Log out" } }],
    tests: [
      {
        name: "Buy",
        tags: ["smoke", "web"],
        steps: [
          { type: { css: ":focus", value: "kim@a.test" } },
          { type: { css: ":focus", value: "${secrets.SHOP_PASSWORD}" } },
          { back: true },
          { click: { shown: "PIN" } },
          { type: { css: ":focus", value: "${secrets.PIN}" } },
          { cookies: { clear: true } },
          { storage: { local: { clear: true }, session: { clear: true } } },
        ],
      },
    ],
  });
  expect(missing).toEqual([
    "parts/round.yaml:3 runFlow: round.yaml (round.yaml runs itself)",
    "11 jsEngine (suites have no such field)",
    "16 runScript: setup.js (a suite has no step for runScript)",
    "17 runFlow: parts/none.yaml (the file parts/none.yaml cannot be read)",
  ]);
  expect(advice.map((line) => line.split(":", 1)[0])).toHaveLength(2);
});

test("what has no counterpart is listed with its line, and the rest is there", () => {
  const { suite, missing } = imported(
    flowOf(
      "- assertWithAI: { assertion: nice }",
      "- tapOn: { traits: long-text }",
      "- pressKey: Volume Up",
      "- evalScript: ${http.get('x')}",
      "- launchApp: { permissions: { all: deny } }",
      "- 5",
      "- back",
    ),
    {},
    "flow.yaml",
  );
  expect(suite.tests[0]?.steps).toEqual([{ goto: "http://shop.test" }, { back: true }]);
  expect(missing).toEqual([
    "3 assertWithAI: { assertion } (a suite has no step for assertWithAI)",
    '4 tapOn: { traits } (an element is not found by "traits" in a suite)',
    '5 pressKey: Volume Up (a page has no key "Volume Up")',
    "6 evalScript: ${http.get('x')} (a suite keeps values of its own only, as in output.name = 'text')",
    "7 permissions of launchApp (a page is opened without it)",
    "8 5 (a command is a word, or a mapping with one)",
  ]);
});

test("keys of a command that change nothing in the suite are listed, however deep they stand", () => {
  const { suite, missing, text } = imported(
    flowOf(
      "- tapOn: { text: Buy, typo: 1, below: { text: Tea, near: x } }",
      "- scrollUntilVisible: { element: { text: End, zoom: 2 }, centerElement: true, speed: 40 }",
      "- swipe: { from: { text: Row }, direction: UP }",
    ),
    {},
    "flow.yaml",
  );
  const without = "(a suite has no word for it; it is done without it)";
  expect(missing).toEqual([
    `3 typo of tapOn ${without}`,
    `3 near of below ${without}`,
    `4 zoom of element ${without}`,
    `4 centerElement of scrollUntilVisible ${without}`,
    `5 from of swipe ${without}`,
  ]);
  expect(suite.tests[0]?.steps).toHaveLength(4);
  expect(text).not.toContain("&a1");
});

test("flows that cannot be imported are refused by what they are", () => {
  expect(refusedFaults("appId: com.example.app\n---\n- launchApp\n", "f.yaml")).toEqual([
    'f.yaml:1:1 Expected a web flow, whose url begins with http, found "com.example.app": apps on devices are not imported',
  ]);
  expect(refusedFaults("---\n- launchApp\n", "f.yaml")[0]).toContain(
    "Expected a flow with the url of a page",
  );
  expect(refusedFaults("url: http://a\n---\n- tapOn: [\n", "f.yaml")[0]).toMatch(
    /^f\.yaml:\d+:\d+ Not YAML/,
  );
});

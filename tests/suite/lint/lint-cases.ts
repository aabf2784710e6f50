/** Suites in which each rule of lint finds something, and such in which it does not. */
import { expect } from "vitest";

/** A web test with these steps; the first stands on line 4, and an expectation that nothing is said of ends it. */
export const web = (...steps: readonly string[]): string =>
  [
    "tests:",
    "  - name: t",
    "    steps:",
    ...[...steps, 'expect: { title: "T" }'].map((step) => `      - ${step}`),
    "",
  ].join("\n");
const http = (...steps: readonly string[]): string =>
  [
    "tests:",
    "  - name: t",
    "    platform: http",
    "    steps:",
    ...steps.map((step) => `      - ${step}`),
    "",
  ].join("\n");

type Case = readonly [suite: string, ...findings: string[]];

/** By rule: suites and what is found in them; nothing is to be found where nothing is said. */
export const CASES: Readonly<Record<string, readonly Case[]>> = {
  "locator-long-css": [
    [
      web('click: "div > ul > li > a"'),
      '4:16 locator-long-css The CSS selector "div > ul > li > a" has 4 parts',
    ],
    [
      web("if: { visible: main ul li a }", "  then: [{ hover: { css: main ul li b } }]").replace(
        "      -   then",
        "        then",
      ),
      '4:24 locator-long-css The CSS selector "main ul li a" has 4 parts',
      '5:32 locator-long-css The CSS selector "main ul li b" has 4 parts',
    ],
    [web("click: \"nav > a[title='one two three four']\"", 'click: "#a b c, #d"')],
  ],
  "locator-xpath": [
    [
      web("click: xpath=/html/body/div/a"),
      '4:16 locator-xpath The XPath "/html/body/div/a" follows the page\'s structure',
    ],
    [
      web("click: { xpath: '//ul/li[3]/a' }"),
      '4:25 locator-xpath The XPath "//ul/li[3]/a" follows the page\'s structure',
    ],
    [web("click: { xpath: '//a[@id=\"x\"]' }")],
  ],
  "locator-nth": [
    [
      web("click: { role: button, nth: 2 }"),
      "4:24 locator-nth The element is chosen as number 2 of the whole page",
    ],
    [
      web(
        "click: { role: button, nth: 2, within: { role: row, name: Tea } }",
        "click: { css: li, hasText: Tea, nth: first }",
      ),
    ],
  ],
  "locator-nth-child": [
    [
      web('expect: { visible: "li:nth-child(3)" }'),
      '4:28 locator-nth-child The CSS selector "li:nth-child(3)" counts elements by :nth-child',
    ],
    [web('expect: { visible: "li.child" }')],
  ],
  "locator-generated": [
    [web("click: .css-1x2y3z"), '4:16 locator-generated The name ".css-1x2y3z" looks generated'],
    [web('click: "#ember1234"'), '4:16 locator-generated The name "#ember1234" looks generated'],
    [
      web('click: ".Button_root__a8f3k"'),
      '4:16 locator-generated The name ".Button_root__a8f3k" looks generated',
    ],
    [web("click: .btn-primary", 'click: "#step-2"', "click: .price__total")],
  ],
  "locator-volatile-text": [
    [
      web("click: text=Total 12.50"),
      '4:16 locator-volatile-text The text "Total 12.50" holds a number, a date or a time',
    ],
    [
      web("click: { role: row, name: 2026-11-21 }"),
      '4:24 locator-volatile-text The text "2026-11-21" holds a number, a date or a time',
    ],
    [
      web(
        "click: text=Save",
        "click: { text: '/\\d+ items/' }",
        'click: { text: "${attempt.number} is 1" }',
        'expect: { text: "#n", equals: "12.50" }',
      ),
    ],
  ],
  "wait-time": [
    [web("wait: 2s"), "4:15 wait-time The test sleeps for 2 s"],
    [
      web("repeat: 3", "  steps: [{ wait: 1500 }]").replace("      -   steps", "        steps"),
      "5:25 wait-time The test sleeps for 1.5 s",
    ],
    [web('wait: { for: "#a" }', "wait: 0")],
  ],
  "timeout-long": [
    [
      `defaults: { timeout: 60m, stepTimeout: 5m }\n${web('click: "#a"\n        timeout: 10m')}`,
      "1:22 timeout-long A test may take 3600 s",
      "1:40 timeout-long Every step may take 300 s",
      "6:18 timeout-long A step may take 600 s",
    ],
    [`defaults: { timeout: 5m, stepTimeout: 30s }\n${web('click: "#a"\n        timeout: 2m')}`],
  ],
  "test-no-expect": [
    [
      'tests:\n  - name: a\n    steps: [{ goto: "http://a.test" }]\n',
      '2:5 test-no-expect The test "a" expects nothing',
    ],
    [
      'tests:\n  - name: a\n    steps: [{ try: [{ goto: "http://a.test" }], catch: [{ expect: { url: x } }] }]\n',
    ],
    [http("request: { get: http://a.test, until: { status: 200 } }")],
    [http("graphql: { url: http://a.test, query: '{ a }', expect: { errors: none } }")],
    [http("ws: { connect: http://a.test }", "ws: { receive: hello }", "ws: { receive: hello }")],
    [http("sse: { connect: http://a.test }"), '2:5 test-no-expect The test "t" expects nothing'],
    ['tests:\n  - name: a\n    skip: later\n    steps: [{ goto: "http://a.test" }]\n'],
    [
      'afterEach: [{ expect: { url: x } }]\ntests:\n  - name: a\n    steps: [{ goto: "http://a.test" }]\n',
    ],
  ],
  "step-duplicate": [
    [
      web('fill: { label: A, value: "1" }', 'fill: { label: A, value: "1" }'),
      "5:9 step-duplicate The step fill is the same as the one before it, on line 4",
    ],
    [
      web(
        "press: Tab",
        "press: Tab",
        'fill: { label: A, value: "1" }',
        'fill: { label: A, value: "2" }',
      ),
    ],
  ],
  "test-duplicate": [
    [
      `${web("reload: true")}  - name: u\n    steps:\n      - reload: true\n      - expect: { title: "T" }\n`,
      '6:5 test-duplicate The test "u" does the same as "t" on line 2',
    ],
    [
      `${web("reload: true")}  - name: u\n    viewport: phone\n    steps:\n      - reload: true\n      - expect: { title: "T" }\n`,
    ],
  ],
  "optional-overuse": [
    [
      web('click: "#a"\n        optional: true', 'click: "#b"\n        optional: true'),
      '2:5 optional-overuse 2 of 3 steps of "t" are optional',
    ],
    [
      web('expect: { visible: "#a" }\n        optional: true'),
      "4:9 optional-overuse An expectation is optional",
    ],
    [web('click: "#a"\n        optional: true', "back: true", "forward: true")],
  ],
  "http-no-status": [
    [
      http("request: { get: http://a.test }", "expect: { text: x }"),
      "5:9 http-no-status No step says which status the request must have",
    ],
    [
      http(
        "request: { get: http://a.test }",
        "request: { get: http://b.test }",
        "expect: { status: 200 }",
      ),
      "5:9 http-no-status No step says which status the request must have",
    ],
    [http("request: { get: http://a.test }", "expect: { status: 2xx }")],
  ],
  "eval-acts": [
    [
      web("eval: document.querySelector('#a').click()"),
      '4:15 eval-acts The script acts on the page by ".click("',
    ],
    [
      web("eval: { js: 'location.href = \"/x\"' }"),
      '4:21 eval-acts The script acts on the page by "location.href ="',
    ],
    [web("eval: { js: 'document.title === \"x\"', save: same }")],
  ],
  "secret-literal": [
    [
      web("fill: { label: Password, value: abc }"),
      "4:41 secret-literal A secret stands as it is in a fill",
    ],
    [
      http(
        'request: { get: http://a.test, headers: { Authorization: "Bearer x" }, auth: { basic: { user: a, password: b } } }',
        "expect: { status: 200 }",
      ),
      '5:66 secret-literal A secret stands as it is under "Authorization"',
      '5:116 secret-literal A secret stands as it is under "password"',
    ],
    [
      `secrets: [P]\n${web('fill: { label: Password, value: "${secrets.P}" }', "fill: { label: Name, value: abc }")}`,
    ],
  ],
  "var-unused": [
    [`vars: { a: 1, b: "\${vars.a}" }\n${web()}`, '1:15 var-unused The var "b" is used nowhere'],
    [`vars: { a: 1, ab: 2 }\n${web('goto: "/${vars.a}/${vars.ab.c}"')}`.replace(".ab.c", ".ab")],
  ],
  "secret-unused": [
    [
      `secrets: [A, AB]\n${web('fill: { css: x, value: "${secrets.AB}" }')}`,
      "1:11 secret-unused The secret A is used nowhere",
    ],
  ],
  "base-url": [
    [
      web("goto: http://a.test/x", "goto: http://a.test/y", "goto: http://a.test"),
      "4:15 base-url http://a.test is written out in 3 steps",
    ],
    [
      `defaults: { baseUrl: http://a.test }\n${web("goto: http://b.test/x", "goto: http://b.test/y", "goto: http://b.test")}`,
    ],
    [web("goto: http://a.test/x", "goto: http://b.test/y", "goto: http://c.test")],
  ],
  "lint-ignore": [
    [
      web("wait: 2s # lint-ignore wait-time"),
      "4:15 wait-time The test sleeps for 2 s",
      "4:18 lint-ignore lint-ignore wait-time gives no reason, and takes nothing back",
    ],
    [
      web("back: true # lint-ignore wait-time the clock ticks"),
      "4:20 lint-ignore lint-ignore wait-time takes nothing back",
    ],
    [
      web("back: true # lint-ignore wait-tim x"),
      expect.stringContaining(
        '4:20 lint-ignore lint-ignore names the unknown rule "wait-tim": did you mean "wait-time"?',
      ),
    ],
    [web("wait: 2s # lint-ignore wait-time the clock ticks")],
    [
      web("# lint-ignore wait-time,locator-nth both are meant\n      - wait: 2s").replace(
        "- # lint",
        "# lint",
      ),
    ],
  ],
};

/** Steps inside steps on a real page in real Chromium. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWebDriver } from "#node/drivers/web/driver.ts";
import { openBench } from "./bench-attempt.ts";
import { insideOf, stepsOf } from "./flow-play.ts";

/** A list with a page a click, a banner that comes late, and a form. */
const PAGE = `<title>Shop</title>
<div id="banner" hidden>Cookies? <button id="ok" onclick="banner.remove()">OK</button></div>
<ul id="list"></ul><button id="more" onclick="add()">More</button>
<form onsubmit="names.textContent += user.value + ' '; return false">
  <label>User <input id="user"></label><button>Send</button></form><p id="names"></p>
<script>
  let count = 0;
  function add() {
    count += 1;
    list.insertAdjacentHTML("beforeend", "<li>item " + count + "</li>");
    if (count === 3) more.remove();
  }
</script>`;

let bench: Awaited<ReturnType<typeof openBench>>;
beforeAll(async () => {
  bench = await openBench({
    drivers: [createWebDriver({})],
    handle: (_, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(PAGE);
    },
  });
});
afterAll(() => bench.close());

const run = (steps: readonly string[], root = "name: s", secrets: Record<string, string> = {}) =>
  bench.run(stepsOf(steps, root, "web"), { platform: "web" }, secrets);

test("what is there or not, how often to click, which names to type: all decided by the page", async () => {
  const ran = await run([
    "{ goto: / }",
    '{ if: { visible: "#banner" }, then: [{ click: "#ok" }], else: [{ save: { early: { that: true } } }] }',
    '{ eval: "setTimeout(() => { banner.hidden = false; }, 300) && true" }',
    '{ if: { visible: "#banner", timeout: 5s }, then: [{ click: "#ok" }] }',
    '{ repeat: { while: { visible: "#more" }, max: 10 }, steps: [{ click: "#more" }] }',
    '{ expect: { count: "#list li", equals: 3 } }',
    '{ forEach: [ann, bob], as: name, steps: [{ fill: { label: User, value: "${name}" } }, { click: "text=Send" }] }',
    '{ expect: { text: "#names", equals: "ann bob" } }',
    '{ repeat: { until: { count: "#list li", equals: 3 }, max: 2 }, steps: [{ expect: { title: Shop } }] }',
  ]);
  expect(ran.outcome).toMatchObject({ status: "passed" });
  expect(insideOf(ran, 1)).toEqual(["if visible #banner: no passed", "else save early passed"]);
  expect(insideOf(ran, 3)).toEqual(["if visible #banner: yes passed", "then click #ok passed"]);
  expect(insideOf(ran, 4)).toHaveLength(7);
});

test("the failure of a step inside is the test's, with its place, and leaves a picture; a caught one does not", async () => {
  const ran = await run(
    [
      "{ goto: / }",
      '{ try: [{ click: "#absent", timeout: 300 }], catch: [{ click: "#more" }] }',
      "{ expect: { title: Other }, soft: true, timeout: 300 }",
      '{ use: { flow: order, with: { who: "${secrets.P}" } } }',
    ],
    'secrets: [P]\nflows: { order: { params: [who], steps: [{ fill: { label: User, value: "${params.who}" } }, { expect: { value: "#user", equals: nobody }, timeout: 300 }] } }',
    { P: "hunter2hunter2" },
  );
  const { error } = ran.outcome;
  expect(error).toMatchObject({ code: "expect", line: 9 });
  expect(error?.message).toContain(
    '1 more failed:\n- suites/shop.yaml:2 Expected value of "#user"',
  );
  expect(JSON.stringify(ran)).not.toContain("hunter2");
  expect(ran.steps.map(({ status }) => status)).toEqual(["passed", "passed", "failed", "failed"]);
  expect(ran.artifacts.filter(({ kind }) => kind === "screenshot")).toHaveLength(1);
  expect(insideOf(ran, 1)).toEqual(["try click #absent failed", "catch click #more passed"]);
});

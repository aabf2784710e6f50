import { expect, test } from "vitest";
import { expandText, testOf, testsOf } from "./suite-kit.ts";

const STEPS = "steps: [{ back: true }]";
const one = (fields: string, root = "") =>
  testOf(`${root}\ntests: [{ name: t, ${fields}, ${STEPS} }]`);

test("evidence: each policy by itself, the others as ever; none set, none sent", () => {
  expect(one("trace: on").evidence).toEqual({
    trace: "on",
    video: "off",
    screenshots: "on-failure",
    console: "on-failure",
    dom: "on-failure",
    har: "off",
  });
  const all = "video: on-failure, screenshots: on, console: off, dom: off, har: on-failure";
  expect(one(all, "defaults: { trace: on }").evidence).toEqual({
    trace: "on",
    video: "on-failure",
    screenshots: "on",
    console: "off",
    dom: "off",
    har: "on-failure",
  });
  expect(one("tags: [a]")).not.toHaveProperty("evidence");
  expect(one("tags: [a]")).not.toHaveProperty("web");
});

test("web options: device, headless, environment, pictures, videoFormat, metrics", () => {
  const { web } = one(
    "device: iphone 13, headless: false, environment: { LANG: de, N: 0042, L: '$${x}' }, pictures: { quality: 50 }, videoFormat: mp4, metrics: true",
  );
  expect(web).toMatchObject({
    device: { name: "iPhone 13", viewport: { width: 390, height: 664 }, scale: 3 },
    headless: false,
    environment: { LANG: "de", N: "0042", L: "${x}" },
    picture: { format: "png", quality: 50 },
    videoFormat: "mp4",
    metrics: true,
  });
  expect(one("pictures: { format: jpg }").web?.picture).toEqual({ format: "jpeg", quality: 80 });
});

test("a matrix of devices makes one test of each", () => {
  const tests = testsOf(`matrix: { device: [iPhone 13, Pixel 7] }\ntests: [{ name: t, ${STEPS} }]`);
  expect(tests.map((each) => [each.key, each.web?.device?.name])).toEqual([
    ["suite › t [device=iPhone 13]", "iPhone 13"],
    ["suite › t [device=Pixel 7]", "Pixel 7"],
  ]);
});

test("fields of web tests in defaults leave http tests alone", () => {
  const [web, http] = testsOf(
    "defaults: { trace: on, device: Pixel 7 }\ntests: [{ name: a, steps: [] }, { name: b, platform: http, steps: [{ wait: 1 }] }]",
  );
  expect(web).toMatchObject({ evidence: { trace: "on" }, web: { device: { name: "Pixel 7" } } });
  expect(http).not.toHaveProperty("evidence");
  expect(http).not.toHaveProperty("web");
});

test("the command line's evidence replaces the suites'", () => {
  const text = `tests: [{ name: t, trace: on, dom: off, ${STEPS} }]`;
  const outcome = expandText(text, { trace: "off", video: "on", screenshots: "off" });
  expect(outcome).toMatchObject({
    kind: "expanded",
    tests: [
      {
        evidence: {
          trace: "off",
          video: "on",
          screenshots: "off",
          console: "on-failure",
          dom: "off",
        },
      },
    ],
  });
});

test("a viewport beside a device is told to have no effect", () => {
  const outcome = expandText(`tests: [{ name: t, device: Pixel 7, viewport: phone, ${STEPS} }]`);
  expect(
    outcome.kind === "expanded" && outcome.warnings.map(({ column, message }) => [column, message]),
  ).toEqual([[37, 'No effect of "viewport" beside "device": a device has a size of its own']]);
});

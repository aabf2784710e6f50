/** The steps that change what is around a page: what people write, what stands in their names, and what is wrong with them. */
import { expect, test } from "vitest";
import { Step } from "#proto/step.ts";
import { parseUrlPattern } from "#shared/url-pattern.ts";
import { errorsOf, finishedStep, stepOf } from "./suite-kit.ts";

const STEPS: readonly (readonly [step: string, args: object, name: string])[] = [
  [
    "geolocation: { latitude: 1, longitude: 2 }",
    { to: { latitude: 1, longitude: 2 } },
    "geolocation 1, 2",
  ],
  ["geolocation: off", { to: "off" }, "geolocation off"],
  ["permissions: [camera]", { grant: ["camera"] }, "permissions camera"],
  ["permissions: clear", { clear: true }, "permissions clear"],
  ["network: online", { to: "online" }, "network online"],
  ["network: { latency: 100 }", { to: { latencyMs: 100 } }, "network 100 ms"],
  [
    "emulate: { colorScheme: dark, media: print }",
    { colorScheme: "dark", media: "print" },
    "emulate colorScheme dark, media print",
  ],
  ["viewport: { width: 3, height: 4 }", { width: 3, height: 4 }, "viewport 3×4"],
  [
    "cookies: { set: [{ name: sid, value: hidden }] }",
    { set: [{ name: "sid", value: "hidden" }] },
    "cookies set sid",
  ],
  [
    "storage: { local: { set: { a: hidden } }, save: k }",
    { local: { set: { a: "hidden" } }, save: "k" },
    "storage set a in local; save k",
  ],
  [
    "route: { url: /a, do: block }",
    { url: "/a", do: { act: "block", reason: "blockedbyclient" } },
    "route /a: block",
  ],
  [
    "route: { url: '**/a', do: { block: timedout }, times: 2 }",
    { url: "**/a", do: { act: "block", reason: "timedout" }, times: 2 },
    "route **/a: block",
  ],
  [
    "route: { url: /a, method: post, resource: fetch, do: { mock: { status: 500 }, delay: 1s }, name: n }",
    {
      url: "/a",
      method: "POST",
      resource: ["fetch"],
      do: { act: "mock", status: 500 },
      delayMs: 1000,
      name: "n",
    },
    "route /a: delay 1000 ms, mock 500",
  ],
  [
    "route: { url: /a, do: { delay: 5 } }",
    { url: "/a", do: { act: "pass" }, delayMs: 5 },
    "route /a: delay 5 ms",
  ],
  [
    "route: { url: /a, do: { modify: { removeHeaders: [b], response: { replace: { a: 1 } } } } }",
    { url: "/a", do: { act: "modify", removeHeaders: ["b"], response: { replace: { a: "1" } } } },
    "route /a: modify",
  ],
  ["unroute: n", { name: "n" }, "unroute n"],
  ["unroute: all", {}, "unroute all"],
  [
    "expect: { routed: n }",
    { checks: [{ subject: { of: "routed", name: "n" }, matcher: { atLeast: 1 } }] },
    "expect routed n atLeast 1",
  ],
];

test.each(STEPS)("step %s", (step, args, name) => {
  const planned = stepOf("web", step);
  expect(planned.args).toEqual(args);
  expect(planned.name).toBe(name);
  expect(Step.safeParse(finishedStep(planned)).success).toBe(true);
});

const WRONG_STEPS: readonly (readonly [step: string, message: string])[] = [
  ["geolocation: here", 'Unknown word "here": expected off'],
  ["permissions: none", "clear, or permissions such as { grant:"],
  ["network: ofline", 'did you mean "offline"?'],
  ["emulate: { colour: dark }", 'Unknown key "colour" in an emulate'],
  ["viewport: { width: 0, height: 1 }", "Expected a number of pixels from 1 to 10000, found 0"],
  ["storage: { local: {} }", "Missing one of clear, remove, set"],
  ["route: { url: /a }", 'Missing "do" in a route'],
  ["route: { url: /a, do: blok }", 'did you mean "block"?'],
  ["route: { url: '/(/', do: block }", "Not an address to look for"],
  [
    "route: { url: /a, do: { mock: { json: 1, body: x } } }",
    'Expected one body, found "json" and "body"',
  ],
  [
    "route: { url: /a, do: { mock: { status: 99 } } }",
    "Expected a status from 200 to 599, found 99",
  ],
  ["route: { url: /a, do: { mock: { file: no.png } } }", 'there is no "no.png"'],
  [
    "route: { url: /a, do: { mock: { status: 200 }, block: failed } }",
    'Expected one act in what a route does, found "mock" and "block"',
  ],
  ["route: { url: /a, do: block, times: 0 }", "Expected a number from 1 to 1000000, found 0"],
  ["unroute: []", "Expected the name of a route, or all"],
];

test.each(WRONG_STEPS)("wrong step: %s", (step, message) => {
  const text = `tests: [{ name: t, steps: [{ ${step} }] }]`;
  expect(
    errorsOf(text)
      .map((fault) => fault.message)
      .join("\n"),
  ).toContain(message);
});

const MATCHES: readonly (readonly [pattern: string, url: string, isMet: boolean])[] = [
  ["/api/*", "http://a/api/x?q=1", true],
  ["/api/*", "http://a/api/x/y", false],
  ["/api/**", "http://a/api/x/y", true],
  ["/api/x?q=*", "http://a/api/x?q=1", true],
  ["/api/x?q=*", "http://a/api/x", false],
  ["**/*.{png,jpg}", "https://a.b/c/d.jpg", true],
  ["**/*.{png,jpg}", "https://a.b/c/d.gif", false],
  ["https://a.b/**", "https://a.b/", true],
  ["https://a.b/**", "https://axb/", false],
  ["/api/", "http://a/api/", true],
  ["/api/", "http://a/xapix", false],
  ["/\\d+$/", "http://a/7", true],
  ["/A\\.PNG/i", "http://b/a.png", true],
];
test.each(MATCHES)("address %s of %s: %s", (pattern, url, isMet) => {
  const parsed = parseUrlPattern(pattern);
  if (typeof parsed === "string") throw new Error(parsed);
  expect(parsed.test(new URL(url))).toBe(isMet);
});

/** Sessions of suites, by the real executor: with a real browser, and with a driver that is lost while it logs in. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Driver, type Session, StepError } from "#node/drivers/driver.ts";
import { createWebDriver } from "#node/drivers/web/driver.ts";
import type { StepEnded } from "#proto/event.ts";
import { openBench, planned } from "./bench-attempt.ts";

const PASSWORD = "right-password-7";
const site = { logins: 0, isBroken: false, valid: new Set<string>() };
let bench: Awaited<ReturnType<typeof openBench>>;

beforeAll(async () => {
  bench = await openBench({
    drivers: [createWebDriver({})],
    handle: (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://site");
      const sid = /sid=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
      response.setHeader("content-type", "text/html");
      if (pathname === "/login" && searchParams.get("p") === PASSWORD && !site.isBroken) {
        site.logins += 1;
        const made = `session-value-${site.logins}`;
        site.valid.add(made);
        response.writeHead(302, { "set-cookie": `sid=${made}; Path=/; HttpOnly`, location: "/me" });
        response.end();
        return;
      }
      const isIn = pathname === "/me" && site.valid.has(sid);
      const form = "<form action=/login><input type=password name=p><button>Go</button></form>";
      response.end(
        isIn ? `<h1>in</h1><script>localStorage.at ??= "kept-token-value-1"</script>` : form,
      );
    },
  });
});
afterAll(() => bench.close());

const css = (value: string) => ({ by: "css", value });
const visible = (value: string) => ({
  kind: "expect",
  args: { checks: [{ subject: { of: "visible", locator: css(value) } }] },
});
const goto = (url: string) => ({ kind: "goto", args: { url } });

const session = planned({
  kind: "session",
  phase: "before",
  args: { name: "signIn" },
  blocks: {
    steps: [
      goto("/"),
      { kind: "fill", args: { locator: css("input"), value: "${secrets.P}" } },
      { kind: "click", args: { locator: css("button") } },
      visible("h1"),
    ].map((step, index) => planned(step, 20 + index)),
    validate: [goto("/me"), visible("h1")].map((step, index) => planned(step, 30 + index)),
  },
});
const steps = [
  session,
  planned({ kind: "eval", args: { js: "location.href", save: "began" } }, 1),
  planned(
    {
      kind: "expect",
      args: {
        checks: [
          { subject: { of: "that", value: "${saved.began}" }, matcher: { equals: "about:blank" } },
        ],
      },
    },
    5,
  ),
  planned(goto("/me"), 2),
  planned(visible("h1"), 3),
  planned({ kind: "eval", args: { js: "if (localStorage.at.length < 9) throw Error('no')" } }, 4),
];
const run = () =>
  bench.begin({ platform: "web", stepTimeoutMs: 500, steps, secrets: ["P"] }, { P: PASSWORD })
    .ended;
const toldOf = ([first]: readonly StepEnded[]) =>
  first?.children?.told.filter(({ kind }) => kind === "session").map(({ name }) => name);

test("one attempt logs in for all, in a context of its own; the others are lent it, and nothing of it is told", async () => {
  const together = await Promise.all([run(), run()]);
  const later = await run();
  const all = [...together, later];
  expect(all.map(({ outcome }) => outcome)).toEqual(
    all.map(() => expect.objectContaining({ status: "passed" })),
  );
  expect(site.logins).toBe(1);
  const told = all.map((ran) => String(toldOf(ran.steps)));
  expect(told.filter((text) => /^signIn made at \d{4}-/.test(text))).toHaveLength(1);
  expect(
    told.filter((text) => /^signIn reused: made at .* "suite › test"$/.test(text)),
  ).toHaveLength(2);
  const blocks = together.flatMap(({ steps: [first] }) =>
    first?.children?.told.map(({ block }) => block),
  );
  expect(blocks.filter((block) => block === "validate")).toHaveLength(2);
  expect(JSON.stringify(all)).not.toMatch(/right-password|session-value|kept-token/);
});

test("one that is not valid any more is made again, and says so", async () => {
  site.valid.clear();
  const ran = await run();
  expect(ran.outcome).toMatchObject({ status: "passed" });
  expect(site.logins).toBe(2);
  expect(toldOf(ran.steps)?.join()).toMatch(
    /made again: that of .* was not valid any more,signIn made at/,
  );
});

test("a login that fails fails those that need it, at its step; the next attempt tries again", async () => {
  site.valid.clear();
  site.isBroken = true;
  const [one, other] = await Promise.all([run(), run()]);
  const failed = [one, other].map(({ outcome }) => outcome.error);
  for (const error of failed)
    expect(error).toMatchObject({ file: "suites/shop.yaml", line: 33, code: "expect" });
  expect(failed.map((error) => error?.message.includes("another attempt of this node"))).toContain(
    true,
  );
  expect(one.steps.map(({ stepIndex, status }) => [stepIndex, status])).toEqual([[0, "failed"]]);
  expect([one, other].flatMap(({ artifacts }) => artifacts.map(({ name }) => name))).toContain(
    "failure.png",
  );
  site.isBroken = false;
  expect((await run()).outcome).toMatchObject({ status: "passed" });
});

test("a browser that dies in a login is a loss, and no one else's", async () => {
  let openings = 0;
  const broken: Session = {
    perform: async () => {
      throw new StepError("lost", "browser_crash", "The browser process died");
    },
    collectEvidence: async () => undefined,
    conclude: async () => undefined,
    close: async () => undefined,
  };
  const well: Session = {
    ...broken,
    perform: async () => undefined,
    exportState: async () => ({ value: {}, bytes: 2 }),
  };
  const driver: Driver = {
    platform: "web",
    probe: async () => ({ kind: "unable", platform: "web", reason: "a driver of the test" }),
    createSlot: () => ({
      open: async () => {
        openings += 1;
        return openings === 1 ? broken : well;
      },
      close: async () => undefined,
    }),
  };
  const other = await openBench({ drivers: [driver] });
  const begin = () => other.begin({ platform: "web", steps: [session] }, { P: PASSWORD }).ended;
  const [first, second] = await Promise.all([begin(), begin()]);
  await other.close();
  expect(first.outcome).toMatchObject({ status: "lost", loss: "browser_crash" });
  expect(second.outcome).toMatchObject({ status: "passed" });
});

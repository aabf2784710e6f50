/** Sessions of suites, by the real executor: with a real browser, and with a driver that is lost while it logs in. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Driver, type Session, type SessionOptions, StepError } from "#node/drivers/driver.ts";
import { createWebDriver } from "#node/drivers/web/driver.ts";
import type { StepEnded } from "#proto/event.ts";
import type { Step } from "#proto/step.ts";
import type { PlannedStep } from "#proto/test.ts";
import { openBench, planned } from "./bench-attempt.ts";

const PASSWORD = "right-password-7";
const site = { logins: 0, valid: new Set<string>() };
let bench: Awaited<ReturnType<typeof openBench>>;

beforeAll(async () => {
  bench = await openBench({
    drivers: [createWebDriver({})],
    handle: (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://site");
      const sid = /sid=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
      response.setHeader("content-type", "text/html");
      if (pathname === "/login" && searchParams.get("p") === PASSWORD) {
        site.logins += 1;
        const made = `session-value-${site.logins}`;
        site.valid.add(made);
        response.writeHead(302, { "set-cookie": `sid=${made}; Path=/; HttpOnly`, location: "/me" });
        response.end();
        return;
      }
      const isLoggedIn = pathname === "/me" && site.valid.has(sid);
      const form = "<form action=/login><input type=password name=p><button>Go</button></form>";
      response.end(
        isLoggedIn ? `<h1>in</h1><script>localStorage.at ??= "kept-token-value-1"</script>` : form,
      );
    },
  });
});
afterAll(() => bench.close());

const css = (value: string) => ({ by: "css", value });
const goto = (url: string) => ({ kind: "goto", args: { url } });
/** Says no at once. */
const isIn = {
  kind: "eval",
  args: { js: "if (!document.querySelector('h1')) throw new Error('not logged in')" },
};

const session = planned({
  kind: "session",
  phase: "before",
  args: { name: "signIn" },
  blocks: {
    steps: [
      goto("/"),
      { kind: "fill", args: { locator: css("input"), value: "${secrets.P}" } },
      goto("/login?p=${secrets.P}"),
      isIn,
    ].map((step, index) => planned(step, 20 + index)),
    validate: [goto("/me"), isIn].map((step, index) => planned(step, 30 + index)),
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
  planned(isIn, 3),
  planned({ kind: "eval", args: { js: "if (localStorage.at.length < 9) throw Error('no')" } }, 4),
];
const run = () => bench.begin({ platform: "web", steps, secrets: ["P"] }, { P: PASSWORD }).ended;
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

/** A driver whose pages are these: `/login` logs in, `/me` is for who is logged in, and `eval` says no to everybody else. */
function pretend() {
  const world = { logins: 0, isBroken: false, isLost: false, valid: new Set<unknown>() };
  const open = async ({ state, attach }: SessionOptions): Promise<Session> => {
    let sid: unknown = state?.value;
    const act = (step: Step): void => {
      if (world.isLost) throw new StepError("lost", "browser_crash", "The browser process died");
      const isLogin = step.kind === "goto" && step.url.startsWith("/login") && !world.isBroken;
      if (isLogin) {
        world.logins += 1;
        sid = `session ${world.logins}`;
        world.valid.add(sid);
      }
      if (step.kind === "eval" && !world.valid.has(sid))
        throw new StepError("failed", "eval", "not logged in");
    };
    return {
      perform: async (step) => act(step),
      exportState: async () => ({ value: sid, bytes: 1 }),
      collectEvidence: async () => attach({ name: "dom.html", kind: "dom", bytes: BYTES }),
      conclude: async () => undefined,
      close: async () => undefined,
    };
  };
  const driver: Driver = {
    platform: "web",
    probe: async () => ({ kind: "unable", platform: "web", reason: "a driver of the test" }),
    createSlot: () => ({ open, close: async () => undefined }),
  };
  return { driver, world };
}
const BYTES = new TextEncoder().encode("<p>");

describe("with a driver that pretends", () => {
  const { driver, world } = pretend();
  let bench: Awaited<ReturnType<typeof openBench>>;
  beforeAll(async () => {
    bench = await openBench({ drivers: [driver] });
  });
  afterAll(() => bench.close());
  const run = (change: Partial<PlannedStep> = {}) => {
    const all = [{ ...session, ...change }, planned(isIn, 3)];
    return bench.begin({ platform: "web", steps: all }, { P: PASSWORD }).ended;
  };

  test("one that is not valid any more is made again, and says so", async () => {
    expect((await run()).outcome.status).toBe("passed");
    world.valid.clear();
    const ran = await run();
    expect(ran.outcome).toMatchObject({ status: "passed" });
    expect(world.logins).toBe(2);
    const told = toldOf(ran.steps)?.join() ?? "";
    expect(told).toMatch(/made again: that of .* was not valid any more,signIn made at/);
  });

  test("without validate nobody asks; of other steps it is another one", async () => {
    world.valid.clear();
    const { blocks } = session;
    const bare = { blocks: { steps: blocks?.["steps"] ?? [] } };
    expect((await run(bare)).outcome.status).toBe("passed");
    expect(world.logins).toBe(3);
    world.valid.clear();
    expect((await run(bare)).outcome).toMatchObject({ status: "failed", error: { line: 13 } });
    expect(world.logins).toBe(3);
  });

  test("a login that fails fails those that need it, at its step; the next attempt tries again", async () => {
    world.valid.clear();
    world.isBroken = true;
    const [one, other] = await Promise.all([run(), run()]);
    const failed = [one, other].map(({ outcome }) => outcome.error);
    for (const error of failed)
      expect(error).toMatchObject({ file: "suites/shop.yaml", line: 33, code: "eval" });
    const isOthers = (text = "") => text.includes("another attempt of this node");
    expect(failed.map((error) => isOthers(error?.message)).toSorted(byText)).toEqual([false, true]);
    const steps = one.steps.map(({ stepIndex, status }) => [stepIndex, status]);
    expect(steps).toEqual([[0, "failed"]]);
    const kept = [one, other].flatMap(({ artifacts }) => artifacts.map(({ name }) => name));
    expect(kept).toEqual(["dom.html"]);
    world.isBroken = false;
    expect((await run()).outcome).toMatchObject({ status: "passed" });
  });

  test("a browser that dies in a login is a loss, and no one else's", async () => {
    world.valid.clear();
    world.isLost = true;
    const lost = run({ args: { name: "other" } });
    const waiting = run({ args: { name: "other" } });
    expect((await lost).outcome).toMatchObject({ status: "lost", loss: "browser_crash" });
    world.isLost = false;
    expect(["passed", "lost"]).toContain((await waiting).outcome.status);
    expect((await run({ args: { name: "other" } })).outcome.status).toBe("passed");
  });
});

const byText = (a: unknown, b: unknown): number => String(a).localeCompare(String(b));

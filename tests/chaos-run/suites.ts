/** P: the tests of a run: what the oracle knows of them, and the suite that the product is given. */
import { createRandom, type Random } from "../sim/random.ts";
import type { Platform, TestKind, TestSpec } from "./books.ts";
import type { Profile } from "./profiles.ts";

/** What a token looks like wherever it is shown. */
export const TOKEN = /tok-\d+-[0-9a-f]{8}/;

/** The tests of the run with this number (1-based); the same for the same seed. */
export function planTests(seed: number, run: number, profile: Profile): TestSpec[] {
  const random = createRandom(`chaos/${seed}/run/${run}`);
  const of = (platform: Platform, count: number) =>
    Array.from({ length: count }, (_, index) =>
      planTest({ random, profile, run, platform, id: `${platform}-${index + 1}` }),
    );
  return [...of("http", profile.tests.http), ...of("web", profile.tests.web)];
}

type Planning = {
  readonly random: Random;
  readonly profile: Profile;
  readonly run: number;
  readonly platform: Platform;
  readonly id: string;
};

function planTest({ random, profile, run, platform, id }: Planning): TestSpec {
  const hopCount = random.int(...profile.hopCount);
  const hops = Array.from({ length: hopCount }, (_, index) => `hop/${index + 1}`);
  const asks = ["open", ...hops, "end"];
  return {
    key: `chaos-${run} › ${id}`,
    place: `${run}/${id}`,
    kind: drawKind(random, profile.passShare),
    platform,
    asks,
    answerMs: asks.map(() => random.int(...profile.answerMs)),
  };
}

function drawKind(random: Random, passShare: number): TestKind {
  if (random.chance(passShare)) return "pass";
  return random.pick(["fail", "fail", "flaky", "flaky", "flaky", "skip"]);
}

/** The suite as JSON text. Bounds are wide: what is slow because the machine is frozen is not what is tested here. */
export function suiteOf(run: number, tests: readonly TestSpec[], url: string): string {
  return JSON.stringify({
    name: `chaos-${run}`,
    defaults: { baseUrl: url, timeout: "180s", stepTimeout: "90s", retries: 1 },
    tests: tests.map((test) => ({
      name: test.place.split("/")[1],
      platform: test.platform,
      ...(test.kind === "skip" ? { skip: "Chaos skips it" } : {}),
      steps: test.platform === "http" ? httpSteps(test) : webSteps(test),
    })),
  });
}

/** Fails by design, without harm: so that the token stands in the report, and was saved before the next step. */
const SHOW_TOKEN = {
  name: "show the token",
  optional: true,
  expect: { that: "${saved.token}", equals: "-" },
};

const address = (test: TestSpec, ask: string) =>
  `/c/${test.place}/${ask}${ask === "open" ? "" : "?token=${saved.token}"}`;

function httpSteps(test: TestSpec): object[] {
  return test.asks.flatMap((ask): object[] => {
    const request = { request: { [ask === "end" ? "post" : "get"]: address(test, ask) } };
    if (ask === "open") return [request, { save: { token: "$.token" } }, SHOW_TOKEN];
    if (ask === "end") return [request, { expect: { json: { "$.verdict": "ok" } } }];
    return [request, { expect: { status: 200 } }];
  });
}

function webSteps(test: TestSpec): object[] {
  return test.asks.flatMap((ask): object[] => {
    const goto = { goto: { url: address(test, ask), status: 200 } };
    if (ask === "open") return [goto, { save: { token: { text: "#token" } } }, SHOW_TOKEN];
    if (ask === "end") {
      // Read once: an expectation that waits would need a bound, and the machine is busy.
      const told = { save: { verdict: { text: "#verdict" } } };
      const verdict = { expect: { that: "${saved.verdict}", equals: "ok" } };
      return [{ screenshot: "before-the-end" }, goto, told, verdict];
    }
    return [goto];
  });
}

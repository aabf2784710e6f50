/** Plays steps as a person writes them: read by the suite reader, run by the real executor against a real http server. */
import type { TestDefinition } from "#proto/test.ts";
import { testOf } from "../../suite/suite-kit.ts";
import { openBench } from "./bench-attempt.ts";

export type Bench = Awaited<ReturnType<typeof openBench>>;

/** A server that counts its visits: `/n` says how many there were, `/fail` and what is below it answers 500, `/slow` never. */
export async function openFlowBench(): Promise<{ readonly bench: Bench; readonly seen: string[] }> {
  const seen: string[] = [];
  let visits = 0;
  const bench = await openBench({
    handle: (request, response) => {
      const url = request.url ?? "";
      seen.push(url);
      if (url.startsWith("/slow")) return;
      visits += 1;
      response.statusCode = url.startsWith("/fail") ? 500 : 200;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ visits, users: [{ name: "ann" }, { name: "bob" }] }));
    },
  });
  return { bench, seen };
}

/** The planned steps of a test of these, each in YAML's flow style; the first stands on line 6. */
export function stepsOf(
  steps: readonly string[],
  root = "name: s",
  platform = "http",
): TestDefinition["steps"] {
  const head = [root, "tests:", "  - name: t", `    platform: ${platform}`, "    steps:"];
  return testOf([...head, ...steps.map((step) => `      - ${step}`), ""].join("\n")).steps;
}

/** Steps inside the first step, in words: `round block name status`. */
export function insideOf(ran: Awaited<ReturnType<Bench["run"]>>, index = 0): readonly string[] {
  const { told = [], counted = [] } = ran.steps[index]?.children ?? {};
  return [
    ...told.map(({ iteration, block, name, status, depth }) =>
      [">".repeat(depth ?? 0), iteration ?? "", block ?? "", name, status]
        .filter((word) => word !== "")
        .join(" "),
    ),
    ...counted.map(({ name, status, count }) => `${count}x ${name} ${status}`),
  ];
}

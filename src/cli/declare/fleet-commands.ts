/** The commands about nodes, quotas and what tests wait for: their options. What they do is commands/. */
import type { Command } from "commander";
import type { DrainOptions } from "../commands/drain.ts";
import type { EndpointOptions } from "../endpoint.ts";
import { parseDuration, parseName } from "../option-values.ts";
import type { Act } from "../program.ts";
import { asking } from "./endpoint-options.ts";

const REASON_LENGTH_MAX = 1_000;

type Asking = EndpointOptions & { readonly json?: boolean };

/** Adds all of them. */
export function addFleetCommands(program: Command, act: Act): void {
  asking(program.command("nodes").description("the nodes of the mesh")).action((options: Asking) =>
    act(async (context) => (await import("../commands/nodes.ts")).listNodes(options, context)),
  );
  addOrders(program, act);
  asking(
    program
      .command("quota")
      .description("slots that a project may use at once: show, set, or lift by none")
      .argument("[project]")
      .argument("[slots]", "a number, or none"),
  ).action((project: string | undefined, slots: string | undefined, options: Asking) =>
    act(async (context) =>
      (await import("../commands/quota.ts")).quota({ project, slots }, options, context),
    ),
  );
  asking(
    program
      .command("why")
      .description("what a test waits for, where it runs, or what it came to")
      .argument("<run>")
      .argument("<test>", "its key, or a part of it that no other has"),
  ).action((run: string, test: string, options: Asking) =>
    act(async (context) =>
      (await import("../commands/why.ts")).explainWhy({ run, test }, options, context),
    ),
  );
}

function addOrders(program: Command, act: Act): void {
  asking(
    program
      .command("drain")
      .description("give a node no new tests, and take back what has not started")
      .argument("<node>"),
  )
    .option("--reason <text>", "shown wherever the node is", parseName(REASON_LENGTH_MAX))
    .option("--deadline <d>", "what still runs then is ended, and runs elsewhere", parseDuration)
    .action((node: string, options: DrainOptions) =>
      act(async (context) =>
        (await import("../commands/drain.ts")).drainNode(node, options, context),
      ),
    );
  asking(
    program
      .command("cordon")
      .description("give a node no new tests; it keeps what it has")
      .argument("<node>"),
  )
    .requiredOption("--reason <text>", "shown wherever the node is", parseName(REASON_LENGTH_MAX))
    .action((node: string, options: Asking & { readonly reason: string }) =>
      act(async (context) =>
        (await import("../commands/cordon.ts")).cordonNode(node, options, context),
      ),
    );
  for (const [name, description] of [
    ["resume", "give a drained or cordoned node tests again"],
    ["uncordon", "the same as resume"],
  ] as const)
    asking(program.command(name).description(description).argument("<node>")).action(
      (node: string, options: Asking) =>
        act(async (context) =>
          (await import("../commands/resume.ts")).resumeNode(node, options, context),
        ),
    );
}

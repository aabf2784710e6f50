/** The commands that serve a mesh or ask one: their options. What they do is commands/. */
import type { Command } from "commander";
import type { GatewayOptions } from "../commands/gateway.ts";
import type { NodeOptions } from "../commands/node.ts";
import type { UpOptions } from "../commands/up.ts";
import type { EndpointOptions } from "../endpoint.ts";
import { gather, parseHttpUrl, parseName, parseWhole } from "../option-values.ts";
import type { Act } from "../program.ts";
import { addEndpointOptions, asking } from "./endpoint-options.ts";
import { addKeepingOptions, addProfileOption } from "./keeping-options.ts";

const PORT_MAX = 65_535;

type Asking = EndpointOptions & { readonly json?: boolean };
type Reporting = Asking & { readonly out: string };

/** Adds all of them. */
export function addMeshCommands(program: Command, act: Act): void {
  addServers(program, act);
  addRunQuestions(program, act);
}

function addServers(program: Command, act: Act): void {
  addGatewayOptions(
    program.command("gateway").description("serve a mesh: HTTP API, nats-server, scheduler"),
  ).action((options: GatewayOptions) =>
    act(async (context) => (await import("../commands/gateway.ts")).serveGateway(options, context)),
  );
  addKeepingOptions(program.command("node").description("join a mesh with this machine"))
    .option("--join <token>", "join token of the gateway (environment: PANOPTIC_JOIN)")
    .option("--join-file <file>", "the same in a file, which no list of processes shows")
    .option("--ca <file>", "CA that signed the gateway's certificate (environment: PANOPTIC_CA)")
    .option("--data <dir>", "data folder of the node (default: ~/.panoptic/node)")
    .option("--name <name>", "unique among live nodes (default: the host's name)")
    .option("--slots <n>", "attempts at once (default: the cores)", parseWhole(1, 1_000))
    .option("--label <label>", "what tests may need by name; may be repeated", gather)
    .option("--pool <name>", "the one pool whose tests it runs (default: default)", parseName(100))
    .option("--json", "ready line as JSON")
    .action((options: NodeOptions) =>
      act(async (context) => (await import("../commands/node.ts")).serveNode(options, context)),
    );
  addProfileOption(
    addGatewayOptions(program.command("up").description("gateway and nodes on this machine")),
  )
    .option("--nodes <n>", "node processes", parseWhole(1, 64), 2)
    .option(
      "--slots <n>",
      "attempts at once on each (default: the cores, shared)",
      parseWhole(1, 1_000),
    )
    .action((options: UpOptions) =>
      act(async (context) => (await import("../commands/up.ts")).serveUp(options, context)),
    );
  addEndpointOptions(program.command("token").description("print a join token")).action(
    (options: EndpointOptions) =>
      act(async (context) => (await import("../commands/token.ts")).printToken(options, context)),
  );
}

function addGatewayOptions(command: Command): Command {
  return command
    .requiredOption("--data <dir>", "data folder of the gateway")
    .option(
      "--port <p>",
      "HTTP port (default: the one used last, else a free one)",
      parseWhole(0, PORT_MAX),
    )
    .option("--host <addr>", "address to listen on (default: 127.0.0.1)")
    .option("--public-url <url>", "how nodes and people reach the HTTP port", parseHttpUrl)
    .option("--nats <url>", "an existing NATS instead of an own nats-server")
    .option("--nats-port <p>", "port of the own nats-server", parseWhole(0, PORT_MAX))
    .option("--tls-cert <file>", "certificate of HTTP and the own nats-server: TLS alone")
    .option("--tls-key <file>", "its private key")
    .option("--tls-ca <file>", "CA that signed it, for join tokens (default: a public one)")
    .option("--json", "ready line as JSON");
}

function addRunQuestions(program: Command, act: Act): void {
  asking(program.command("runs").description("the newest runs")).action((options: Asking) =>
    act(async (context) => (await import("../commands/runs.ts")).listRuns(options, context)),
  );
  asking(program.command("show").description("one run, test by test").argument("<run>")).action(
    (id: string, options: Asking) =>
      act(async (context) => (await import("../commands/show.ts")).showRun(id, options, context)),
  );
  asking(program.command("cancel").description("cancel a run").argument("<run>")).action(
    (id: string, options: Asking) =>
      act(async (context) =>
        (await import("../commands/cancel.ts")).cancelRun(id, options, context),
      ),
  );
  asking(program.command("report").description("write the report of a run").argument("<run>"))
    .option("--out <dir>", "folder of the report", "panoptic-report")
    .action((id: string, options: Reporting) =>
      act(async (context) =>
        (await import("../commands/report.ts")).saveReport(id, options, context),
      ),
    );
}

/** The commands about the program itself: their options. What they do is commands/. */
import type { Command } from "commander";
import type { SelfTestOptions } from "../commands/self-test.ts";
import type { Act, ActAtOnce } from "../program.ts";

/** Adds all of them. */
export function addSelfCommands(program: Command, act: Act, actAtOnce: ActAtOnce): void {
  program
    .command("self-test")
    .description("run tests of its own, and say what works on this machine with this program")
    .option("--json", "JSON on stdout")
    .action((options: SelfTestOptions) =>
      act(async (context) => (await import("../commands/self-test.ts")).testSelf(options, context)),
    );
  program
    .command("version")
    .description("print the version")
    .option("--json", "JSON on stdout")
    .action((options: { readonly json?: boolean }) =>
      actAtOnce(async (terminal) =>
        (await import("../commands/version.ts")).printVersion(options, terminal),
      ),
    );
}

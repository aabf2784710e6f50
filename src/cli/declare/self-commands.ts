/** The commands about the program itself: their options. What they do is commands/. */
import type { Command } from "commander";
import type { Act, ActAtOnce } from "../program.ts";

/** Adds all of them. */
export function addSelfCommands(program: Command, _act: Act, actAtOnce: ActAtOnce): void {
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

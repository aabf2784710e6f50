/** The commands about the program itself: their options. What they do is commands/. */
import { Argument, type Command } from "commander";
import type { Shell } from "../commands/completions.ts";
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
    .command("completions")
    .description("print a completion script for a shell")
    .addArgument(new Argument("<shell>", "which one").choices(["bash", "zsh", "fish"]))
    .action((shell: Shell) =>
      actAtOnce(async (terminal) =>
        (await import("../commands/completions.ts")).printCompletions(shell, program, terminal),
      ),
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

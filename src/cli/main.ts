/** The program: reads the command line, runs one command, ends with its exit code. What commands do is in commands/. */
import { messageOf } from "#shared/errors.ts";
import { EXIT_FAULT } from "./exit-code.ts";
import { endAll } from "./mesh/doomed.ts";
import { runProgram } from "./program.ts";
import { terminal } from "./terminal.ts";

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (thrown) => endByFault(thrown));
}
process.exit(await runProgram(process.argv.slice(2), terminal));

/** A fault of ours ends the process at once: what it was doing cannot be trusted any more (rule 23). */
function endByFault(thrown: unknown): never {
  terminal.warn(`panoptic: a fault of Panoptic itself: ${messageOf(thrown)}`);
  if (thrown instanceof Error && thrown.stack !== undefined) terminal.warn(thrown.stack);
  endAll();
  process.exit(EXIT_FAULT);
}

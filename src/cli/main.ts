/** The program: reads the command line, runs one command, ends with its exit code. What commands do is in commands/. */
import { MeshError, messageOf } from "#shared/errors.ts";
import { printVersion } from "./commands/version.ts";
import { EXIT_FAULT, EXIT_REFUSED } from "./exit-code.ts";
import { endAll } from "./mesh/doomed.ts";
import { terminal } from "./terminal.ts";

const VERSION_WORDS: ReadonlySet<string> = new Set(["version", "--version", "-V"]);
/** What befalls a database wherever it is asked: the disk's fault and no one's else. */
const STORE_CODES: ReadonlySet<string> = new Set(["store_damaged", "store_busy", "disk_full"]);

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (thrown) => endByFault(thrown));
}
process.exit(await start(process.argv.slice(2)));

/** What scripts ask most is answered before the library of the command line is loaded: half of the time (2026-11). */
async function start(words: readonly string[]): Promise<number> {
  if (words.length === 1 && VERSION_WORDS.has(words[0] ?? "")) return printVersion({}, terminal);
  const { runProgram } = await import("./program.ts");
  return runProgram(words, terminal);
}

/** A fault of ours ends the process at once: what it was doing cannot be trusted any more (rule 23). */
function endByFault(thrown: unknown): never {
  if (thrown instanceof MeshError && STORE_CODES.has(thrown.code)) {
    terminal.warn(`panoptic: ${thrown.message}`);
    endAll();
    process.exit(EXIT_REFUSED);
  }
  terminal.warn(`panoptic: a fault of Panoptic itself: ${messageOf(thrown)}`);
  if (thrown instanceof Error && thrown.stack !== undefined) terminal.warn(thrown.stack);
  endAll();
  process.exit(EXIT_FAULT);
}

/** A small process that locks a folder, for the tests that kill it: prints `locked`, then waits. */
import { lockFolder } from "#shared/folder-lock.ts";

lockFolder(process.argv[2] ?? "", "gateway");
process.stdout.write("locked\n");
setInterval(() => undefined, 60_000);

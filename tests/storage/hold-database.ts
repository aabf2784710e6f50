/** A process that holds a database: `hold-database.ts PATH IMMEDIATE` says "held" and lets go when its input ends. */
import { once } from "node:events";
import { openSqlite } from "#shared/sqlite.ts";

const [path = "", kind = "IMMEDIATE"] = process.argv.slice(2);
const db = openSqlite(path, { synchronous: "normal" });
db.exec(`BEGIN ${kind}`);
process.stdout.write("held\n");
process.stdin.resume();
await once(process.stdin, "end");
db.exec("ROLLBACK");
process.stdout.write("free\n");
process.exit(0);

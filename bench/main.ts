/** `npm run bench [-- NAME… [--FLAG…]]`: measures this machine, prints figures, decides nothing. Other work on the machine shows in them. */
import { cpus, loadavg } from "node:os";
import { blob } from "./blob.ts";
import { decisions } from "./decisions.ts";
import { evidence } from "./evidence.ts";
import { figure } from "./figures.ts";
import { fleet } from "./fleet.ts";
import { ingest } from "./ingest.ts";
import { makespan } from "./makespan.ts";
import { makespanReal } from "./makespan-real.ts";
import { pool } from "./pool.ts";
import { races } from "./races.ts";
import { reportPage } from "./report-page.ts";
import { slots } from "./slots.ts";
import { throughput } from "./throughput.ts";
import { version } from "./version.ts";
import { web } from "./web.ts";

const BENCHES: Readonly<Record<string, (flags: readonly string[]) => Promise<void>>> = {
  throughput,
  slots,
  makespan,
  "makespan-real": makespanReal,
  decisions,
  ingest,
  version,
  evidence,
  "report-page": reportPage,
  blob,
  fleet,
  races,
  web,
  pool,
};

/** So large that they run only when they are named. */
const NAMED_ONLY = ["fleet", "races"];

const words = process.argv.slice(2);
const flagsAt = words.findIndex((word) => word.startsWith("--"));
const wanted = flagsAt < 0 ? words : words.slice(0, flagsAt);
const flags = flagsAt < 0 ? [] : words.slice(flagsAt);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(
    `Unknown bench ${unknown.join(", ")}: there are ${Object.keys(BENCHES).join(", ")}`,
  );
  process.exit(2);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 ? !wanted.includes(name) : NAMED_ONLY.includes(name)) continue;
  console.log(`${name} (${cpus().length} cores, load ${figure(loadavg()[0] ?? 0)})`);
  await bench(flags);
}

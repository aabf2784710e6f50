/** `npm run bench [-- NAME…]`: measures this machine, prints figures, decides nothing. Other work on the machine shows in them. */
import { cpus, loadavg } from "node:os";
import { blob } from "./blob.ts";
import { evidence } from "./evidence.ts";
import { figure } from "./figures.ts";
import { ingest } from "./ingest.ts";
import { reportPage } from "./report-page.ts";
import { slots } from "./slots.ts";
import { throughput } from "./throughput.ts";
import { version } from "./version.ts";

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  throughput,
  slots,
  ingest,
  version,
  evidence,
  "report-page": reportPage,
  blob,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(
    `Unknown bench ${unknown.join(", ")}: there are ${Object.keys(BENCHES).join(", ")}`,
  );
  process.exit(2);
}
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`${name} (${cpus().length} cores, load ${figure(loadavg()[0] ?? 0)})`);
  await bench();
}

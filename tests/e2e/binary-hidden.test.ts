/**
 * The single file on a machine from which things are hidden by mounts of its own, which only root may make: the checkout
 * with all its packages, /tmp, nats-server, browsers.
 */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type ProgramEnd, watchProgram } from "#kit/program.ts";
import { bareFolder, builtFile } from "#kit/single-file.ts";
import { ROOT } from "#kit/source-tree.ts";
import {
  expectNothingLeft,
  expectOnlyUnpacked,
  expectReport,
  isTried,
  startSite,
  writeSuite,
} from "./binary-kit.ts";

/** $1 folder of the file, $2 checkout. Nothing is set, /tmp and the checkout are empty. */
const BARE_MACHINE = `mount --bind "$1" /mnt && mount -t tmpfs none "$2" && mount -t tmpfs none /tmp && cd /mnt || exit 90
env -i ./panoptic run suite.yaml; code=$?; ls -A /tmp >left.txt; ls -A "$2" >checkout.txt; exit $code`;

/** $1 program, then tools that are not there: their folders are covered by ones without them. */
const WITHOUT_TOOLS = `program="$1"; shift
mount -t tmpfs none /mnt || exit 90
for tool; do
  [ -e "$tool" ] || continue
  folder=$(dirname "$tool"); cover=/mnt/$(echo "$folder" | tr / _)
  if [ ! -d "$cover" ]; then
    mkdir "$cover" "$cover/upper" "$cover/work"
    layers="lowerdir=$folder,upperdir=$cover/upper,workdir=$cover/work"
    mount -t overlay none -o "$layers" "$folder" || exit 91
  fi
  rm "$tool" || exit 92
done
exec "$program" self-test`;

const mayHide =
  isTried &&
  spawnSync("unshare", ["-m", "sh", "-c", WITHOUT_TOOLS, "probe", "echo", "/usr/bin/yes"])
    .status === 0;

let file = "";
beforeAll(() => {
  if (mayHide) file = builtFile();
}, 180_000);

async function selfTestWithout(...tools: readonly string[]): Promise<ProgramEnd> {
  const bare = bareFolder(file);
  const words = ["-m", "sh", "-c", WITHOUT_TOOLS, "without", bare.binary, ...tools];
  const env = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin", TMPDIR: bare.temporary };
  const child = spawn("unshare", words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const end = await watchProgram(child).ended;
  await expectNothingLeft(bare);
  return end;
}

describe.skipIf(!mayHide)("the single file (needs root, for mounts)", () => {
  test("runs with the checkout hidden, no environment at all and an empty /tmp", async () => {
    const bare = bareFolder(file);
    writeSuite(bare.dir, await startSite());
    const words = ["-m", "sh", "-c", BARE_MACHINE, "bare", bare.dir, ROOT];
    const child = spawn("unshare", words, { stdio: ["ignore", "pipe", "pipe"] });
    expectReport(bare.dir, await watchProgram(child).ended);
    expect(readFileSync(join(bare.dir, "checkout.txt"), "utf8")).toBe("");
    expectOnlyUnpacked(readFileSync(join(bare.dir, "left.txt"), "utf8").trim().split("\n"));
  });

  test("self-test goes red without nats-server", async () => {
    const places = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin"];
    const end = await selfTestWithout(...places.map((folder) => `${folder}/nats-server`));
    expect(end.exitCode, end.stdout).toBe(2);
    expect(end.stdout).toMatch(/^BAD {2}mesh: .*nats-server/m);
    expect(end.stdout).not.toMatch(/^ok {3}(mesh|http tests|failures|web tests)/m);
  });

  test("self-test goes red without a browser, and tells what works all the same", async () => {
    const names = ["chromium-headless-shell", "chromium"];
    const folders = ["/usr/lib/chromium", "/usr/bin"];
    const places = folders.flatMap((folder) => names.map((name) => `${folder}/${name}`));
    const end = await selfTestWithout(...places);
    expect(end.exitCode, end.stdout).toBe(2);
    expect(end.stdout).toMatch(/^ok {3}http tests/m);
    expect(end.stdout).toMatch(/^BAD {2}web tests: /m);
  });

  test("self-test without ffmpeg: recordings are absent, which is said and no failure", async () => {
    const end = await selfTestWithout("/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg");
    expect(end.exitCode, end.stdout).toBe(0);
    expect(end.stdout).toMatch(/^-- {3}recordings: there is no ffmpeg\n {5}fix: /m);
  });
});

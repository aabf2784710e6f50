/** Signals as people and terminals send them: who passes them on, what is finished in order, and that nothing stays. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { type GatedApp, startGatedApp } from "#kit/gated-app.ts";
import { endLeftNats, isAlive, readReport, startMesh } from "#kit/mesh.ts";
import { programEnvironment, startProgram } from "#kit/program.ts";
import { startInPty } from "#kit/pty-program.ts";
import { removeWhenUnused } from "#kit/remove-when-unused.ts";
import { ROOT } from "#kit/source-tree.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { markProcesses } from "./remains.ts";

const isLinux = process.platform === "linux";

function place(app?: GatedApp) {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-signal-"));
  const temporary = join(dir, "tmp");
  mkdirSync(temporary);
  if (app !== undefined)
    writeFileSync(
      join(dir, "suite.json"),
      gateSuite(app.url, [{ name: "slow", paths: ["/gate/slow"] }]),
    );
  onTestFinished(async () => {
    await endLeftNats(join(dir, "mesh"));
    await removeWhenUnused(dir);
  });
  const mark = markProcesses(randomUUID());
  const options = { callerDir: dir, env: { ...mark.env, TMPDIR: temporary } };
  const untilGone = (deadlineMs: number) =>
    waitUntil(() => mark.look().length === 0 && leftIn(temporary).length === 0, {
      what: `nothing is left: ${mark.look().map(({ command }) => command)}, ${leftIn(temporary)}`,
      deadlineMs,
    });
  return { dir, mark, options, untilGone };
}

const leftIn = (temporary: string) =>
  readdirSync(temporary).filter((name) => name.startsWith("panoptic"));

const RUN = ["run", "suite.json", "--nodes", "1", "--out", "report"];
const inItsMiddle = (app: GatedApp) =>
  waitUntil(() => app.hits("slow") === 1, { what: "the test runs", deadlineMs: 60_000 });

test.skipIf(!isLinux).each(["SIGINT", "SIGTERM"] as const)(
  "%s to npm alone reaches the run: it is cancelled, the report is written, exit 3",
  async (signal) => {
    await using app = await startGatedApp();
    const { dir, options, untilGone } = place(app);
    const env = { ...programEnvironment(options), npm_lifecycle_event: undefined };
    const words = ["--prefix", ROOT, "run", "-s", "panoptic", "--", ...RUN];
    const npm = spawn("npm", words, {
      cwd: dir,
      env: { ...env, INIT_CWD: undefined } as NodeJS.ProcessEnv,
      stdio: "ignore",
      detached: true,
    });
    onTestFinished(() => void npm.kill("SIGKILL"));
    await inItsMiddle(app);
    npm.kill(signal);
    const [code] = await once(npm, "exit");
    expect(readReport(join(dir, "report"))?.run.status).toBe("incomplete");
    expect(code).toBe(3);
    await untilGone(3_000);
  },
);

test.skipIf(!isLinux)(
  "the terminal is closed: the run is cancelled, its report is written, nothing stays",
  async () => {
    await using app = await startGatedApp();
    const { dir, options, untilGone } = place(app);
    await using pty = startInPty(RUN, { ...options, size: { columns: 80, rows: 24 } });
    await inItsMiddle(app);
    const pid = pty.pid();
    await pty[Symbol.asyncDispose](); // its master ends: the kernel sends SIGHUP
    await waitUntil(() => !isAlive(pid), { what: "the run has ended" });
    expect(readReport(join(dir, "report"))?.run.status).toBe("incomplete");
    await untilGone(3_000);
  },
);

test.skipIf(!isLinux)(
  "Ctrl-C twice in a terminal: 130, and nothing lives, not even what stands still",
  async () => {
    await using app = await startGatedApp();
    const { options, mark, untilGone } = place(app);
    await using pty = startInPty(RUN, { ...options, size: { columns: 80, rows: 24 } });
    await inItsMiddle(app);
    const parts = /nats-server -c|main\.ts node /;
    for (const { pid, command } of mark.look())
      if (parts.test(command)) process.kill(pid, "SIGSTOP");
    pty.type("\u0003");
    await waitUntil(() => pty.written().includes("cancelling"), { what: "the first is heard" });
    const again = setInterval(() => pty.type("\u0003"), 100);
    expect(await pty.ended).toBe(130);
    clearInterval(again);
    await untilGone(3_000);
  },
);

test.skipIf(!isLinux).each(["SIGTERM", "SIGHUP"] as const)(
  "%s to `up` while it starts: nats-server and nodes go with it",
  async (signal) => {
    const { dir, options, untilGone } = place();
    const program = startProgram(["up", "--data", "mesh", "--nodes", "1"], options);
    onTestFinished(() => program.signal("SIGKILL"));
    const natsPid = () => readPidFile(join(dir, "mesh", "nats.pid"));
    await waitUntil(() => natsPid() !== undefined, { what: "nats-server", deadlineMs: 40_000 });
    program.signal(signal);
    await program.ended;
    await untilGone(3_000);
    expect(natsPid()).toBeUndefined();
  },
);

test.skipIf(!isLinux)(
  "a second Ctrl-C to a node with an attempt: 130 at once, the first would wait",
  async () => {
    await using app = await startGatedApp();
    await using mesh = await startMesh({ nodes: 0, limits: { stopGraceMs: 60_000 } });
    const { options, untilGone } = place();
    const token = (await mesh.ask("token")).stdout.trim();
    const env = { ...options.env, PANOPTIC_JOIN: token };
    const node = startProgram(["node", "--data", "node", "--json"], { ...options, env });
    onTestFinished(() => node.signal("SIGKILL"));
    await node.ready();
    const run = mesh.start({
      "a.json": gateSuite(app.url, [{ name: "slow", paths: ["/gate/slow"] }]),
    });
    onTestFinished(() => run.program.signal("SIGKILL"));
    await inItsMiddle(app);
    node.signal("SIGINT");
    const again = setInterval(() => node.signal("SIGINT"), 500);
    const { exitCode } = await node.ended;
    clearInterval(again);
    expect(exitCode).toBe(130);
    await untilGone(3_000);
  },
);

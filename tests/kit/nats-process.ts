/** A real nats-server for a test: on a free port of this machine, frozen, killed and started again at will. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { freePort } from "#shared/runtime/free-port.ts";
import { waitUntil } from "./wait-until.ts";

export type NatsProcess = {
  readonly url: string;
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
  /** Resolves when it stands still: a stop takes a moment to arrive. */
  readonly freeze: () => Promise<void>;
  readonly thaw: () => void;
};

export type NatsProcessOptions = { readonly user?: string; readonly password?: string };

export async function startNatsProcess(options: NatsProcessOptions = {}): Promise<NatsProcess> {
  const port = await freePort("127.0.0.1");
  const credentials =
    options.user === undefined ? [] : ["--user", options.user, "--pass", options.password ?? ""];
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(port), ...credentials], {
      stdio: "ignore",
    });
    await waitUntil(() => answers(port), { what: `nats-server on port ${port}` });
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    start,
    kill: async () => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
    freeze: async () => {
      child?.kill("SIGSTOP");
      await waitUntil(() => hasStopped(child?.pid), { what: "nats-server stands still" });
    },
    thaw: () => void child?.kill("SIGCONT"),
  };
}

/** Whether the kernel says that the process is stopped (proc(5), stat). */
function hasStopped(pid: number | undefined): boolean {
  return / T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

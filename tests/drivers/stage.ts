/** A stage for driver tests: a site of ours on port 0, and sessions whose evidence and warnings are kept. */
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { z } from "zod";
import { BrowserSetup } from "#proto/browser-context.ts";
import { EvidencePolicy, WebOptions } from "#proto/evidence.ts";
import type { Json } from "#proto/matcher.ts";
import { Step } from "#proto/step.ts";
import type { Tls } from "#proto/tls.ts";
import { createRedactor } from "#shared/redactor.ts";
import type {
  Baselines,
  DriverSlot,
  Evidence,
  MissedEvidence,
  Session,
  SessionState,
  StepContext,
} from "../../src/node/drivers/driver.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export type Site = { readonly url: string; readonly close: () => Promise<void> };

/** Serves `routes` by path; any other path is 404. */
export async function serve(routes: Readonly<Record<string, Answer | string>>): Promise<Site> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://site").pathname;
    const route = routes[path];
    if (route === undefined) {
      response.writeHead(404, { "content-type": "text/html" }).end("<h1>Not here</h1>");
    } else if (typeof route === "string") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(route);
    } else route(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

/** Reads a request's body to its end. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

export type Played = {
  readonly session: Session;
  readonly saved: Record<string, Json>;
  readonly warnings: string[];
  readonly evidence: Evidence[];
  readonly missed: MissedEvidence[];
  /** What steps have said to be still to come, as `CODE: MESSAGE`. */
  readonly owed: string[];
  readonly workspaceDir: string;
  /** Performs a step as the wire carries it, within `timeoutMs`: 20 s, as what is to pass on a busy machine needs its time. */
  readonly play: (step: unknown, timeoutMs?: number) => Promise<void>;
  /** As `play`, for a step that must fail, within 2 s: its error. */
  readonly failed: (
    step: unknown,
    timeoutMs?: number,
  ) => Promise<Error & { code?: string; outcome?: string }>;
  /** Ends the attempt's evidence, as an attempt of that status does. */
  readonly conclude: (status: "passed" | "failed", leftMs?: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type PlayOptions = {
  readonly baseUrl?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly web?: z.input<typeof WebOptions>;
  readonly browser?: z.input<typeof BrowserSetup>;
  readonly state?: SessionState;
  readonly tls?: Tls;
  readonly evidence?: z.input<typeof EvidencePolicy>;
  readonly usesSecrets?: boolean;
  readonly usesDownloads?: boolean;
  readonly baselines?: Baselines;
  readonly viewport?: { readonly width: number; readonly height: number; readonly touch: boolean };
};

const STEP_MS = 20_000;
const FAILED_STEP_MS = 2_000;
const LEFT_MS = 20_000;
const CONCLUDE_MS = 60_000;

/** Opens a session of its own workspace on a slot. */
export async function openOn(slot: DriverSlot, options: PlayOptions = {}): Promise<Played> {
  const workspaceDir = await mkdtemp(join(tmpdir(), "panoptic-stage-"));
  const saved: Record<string, Json> = {};
  const warnings: string[] = [];
  const evidence: Evidence[] = [];
  const missed: MissedEvidence[] = [];
  const owed: string[] = [];
  const opened = slot.open({
    ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
    viewport: options.viewport ?? { width: 800, height: 600, touch: false },
    web: WebOptions.parse(options.web ?? {}),
    ...(options.browser === undefined ? {} : { browser: BrowserSetup.parse(options.browser) }),
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    evidence: EvidencePolicy.parse(options.evidence ?? {}),
    usesSecrets: options.usesSecrets ?? false,
    ...(options.baselines === undefined ? {} : { baselines: options.baselines }),
    usesDownloads: options.usesDownloads ?? false,
    workspaceDir,
    resolveFile: (path) => resolve(workspaceDir, path),
    redactor: createRedactor(options.secrets ?? {}),
    warn: (text) => warnings.push(text),
    attach: (one) => evidence.push(one),
    attachFile: ({ path, ...one }) => {
      evidence.push({ ...one, bytes: readFileSync(path) });
      rmSync(path);
    },
    miss: (one) => missed.push(one),
  });
  const remove = () => rm(workspaceDir, { recursive: true, force: true });
  const session = await opened.catch(async (thrown: unknown) => {
    await remove();
    throw thrown;
  });
  const play = (step: unknown, timeoutMs = STEP_MS) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const save: StepContext["save"] = (key, value) => {
      saved[key] = value;
    };
    const owe: StepContext["owe"] = (code, message) => {
      const text = `${code}: ${message}`;
      owed.push(text);
      return () => void owed.splice(owed.indexOf(text), 1);
    };
    return perform(session, Step.parse(step), { signal, timeoutMs, save, owe });
  };
  const failed = async (step: unknown, timeoutMs = FAILED_STEP_MS) => {
    const thrown = await play(step, timeoutMs).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown instanceof Error) return thrown;
    throw new Error(`The step passed: ${JSON.stringify(step)}`);
  };
  const conclude: Played["conclude"] = (status, leftMs = LEFT_MS) =>
    session.conclude({ status, leftMs, signal: AbortSignal.timeout(CONCLUDE_MS) });
  const close = async () => {
    await session.close();
    await remove();
  };
  const kept = { saved, warnings, evidence, missed, owed };
  return { session, ...kept, workspaceDir, play, failed, conclude, close };
}

/** As an attempt does: a step begins when what the one before has started is there. */
async function perform(session: Session, step: Step, context: StepContext): Promise<void> {
  await session.ready?.(step, context);
  await session.perform(step, context);
}

/** The text of everything that a session let out. */
export function textOf(evidence: readonly Evidence[]): string {
  return evidence
    .filter((one) => one.kind !== "screenshot")
    .map((one) => new TextDecoder().decode(one.bytes))
    .join("\n");
}

/** A locator in its normal form. */
export const css = (value: string): { by: "css"; value: string } => ({ by: "css", value });

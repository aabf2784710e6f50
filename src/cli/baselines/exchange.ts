/** Baselines between a gateway and a folder, in pages. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { BASELINE_PAGE_MAX, type Baseline, BaselineCount, BaselinePage } from "#proto/baseline.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import type { ApiClient } from "../api-client.ts";
import { downloadBlob } from "../report/download-blob.ts";
import {
  indexPath,
  indexText,
  type KeptBaseline,
  placeOfBaseline,
  shaOf,
} from "./baseline-folder.ts";

type Client = Pick<ApiClient, "ask" | "blob" | "upload">;

/** Between two looks for bytes that are still under way. */
const RETRY_MS = 200;

/** All baselines of the gateway. */
export async function fetchBaselines(client: Pick<Client, "ask">): Promise<Baseline[]> {
  const baselines: Baseline[] = [];
  for (let after = ""; ; ) {
    const page = await client.ask(BaselinePage, `/v1/baselines?limit=${BASELINE_PAGE_MAX}${after}`);
    baselines.push(...page.baselines);
    if (page.next === undefined) return baselines;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** Brings all of a folder to the gateway. @throws {MeshError} When the folder cannot be read, or what the gateway says. */
export async function sendBaselines(
  client: Pick<Client, "ask" | "upload">,
  kept: readonly KeptBaseline[],
): Promise<void> {
  const paths = new Map(kept.map(({ sha256, path }) => [sha256, path]));
  for (const [sha256, path] of paths) await client.upload(sha256, readFileSync(path));
  for (let start = 0; start < kept.length; start += BASELINE_PAGE_MAX) {
    const baselines = kept
      .slice(start, start + BASELINE_PAGE_MAX)
      .map(({ path: _, ...baseline }) => baseline);
    await client.ask(BaselineCount, "/v1/baselines", { method: "PUT", body: { baselines } });
  }
}

export type Export = {
  readonly dir: string;
  readonly clock: Clock;
  /** How long bytes that are under way are waited for, milliseconds. */
  readonly pendingMsMax: number;
};

/** How many were written, and what could not be had. */
export type Exported = { readonly written: number; readonly missed: readonly string[] };

/** Writes all of the gateway's that the folder has not, and an index of both. @throws {MeshError} `usage` when the folder cannot be written. */
export async function exportBaselines(client: Client, options: Export): Promise<Exported> {
  const { dir, clock } = options;
  const all = await fetchBaselines(client);
  const untilMs = clock.monotonicMs() + options.pendingMsMax;
  const missed: string[] = [];
  let written = 0;
  try {
    mkdirSync(dir, { recursive: true });
    const here: Baseline[] = [];
    for (const baseline of all) {
      const path = placeOfBaseline(dir, baseline);
      const isThere = existsSync(path) && shaOf(path) === baseline.sha256;
      const fault = isThere
        ? undefined
        : await fetchPicture(client, { path, baseline, clock, untilMs });
      if (fault !== undefined) missed.push(`${baseline.name} of ${baseline.key}: ${fault}`);
      if (fault === undefined && !isThere) written += 1;
      if (existsSync(path)) here.push(baseline);
    }
    writeFileSync(indexPath(dir), indexText(here));
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
    throw new MeshError("usage", `Cannot write the baselines ${dir}: ${messageOf(cause)}`, {
      cause,
    });
  }
  return { written, missed };
}

type Wanted = {
  readonly path: string;
  readonly baseline: Baseline;
  readonly clock: Clock;
  readonly untilMs: number;
};

/** Why it cannot be had; undefined when it is there. */
async function fetchPicture(client: Client, wanted: Wanted): Promise<string | undefined> {
  const { path, baseline, clock, untilMs } = wanted;
  for (;;) {
    try {
      await downloadBlob({ client, clock, sha256: baseline.sha256, path: `${path}.tmp` });
      writeFileSync(path, readFileSync(`${path}.tmp`));
      return undefined;
    } catch (thrown) {
      const isPending = thrown instanceof MeshError && thrown.code === "not_found";
      if (!isPending || clock.monotonicMs() >= untilMs) return messageOf(thrown);
      await pause(clock, RETRY_MS);
    } finally {
      rmSync(`${path}.tmp`, { force: true });
    }
  }
}

/** Takes those off the gateway that are of a test, and of its browser, system and name where they are given. @throws {MeshError} `not_found` */
export async function removeBaselines(
  client: Pick<Client, "ask">,
  which: {
    readonly key: string;
    readonly browser?: string;
    readonly os?: string;
    readonly name?: string;
  },
): Promise<number> {
  const query = new URLSearchParams(
    Object.entries(which).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const answer = await client.ask(z.object({ baselines: z.number() }), `/v1/baselines?${query}`, {
    method: "DELETE",
  });
  return answer.baselines;
}

/** Fuzzes the HTTP API of a real gateway over sockets. */
import { createHash } from "node:crypto";
import { messageOf } from "#shared/errors.ts";
import { type Figures, type FuzzOrder, newFigures, noteTime } from "../figures.ts";
import type { FuzzMesh } from "../fuzz-mesh.ts";
import { type ApiFacts, type ApiInput, makeApiInput } from "./api-input.ts";
import { exchangeBytes } from "./exchange.ts";
import { isWholeAnswer, judgeAnswer } from "./judge-answer.ts";

const BATCH = 100;
const AT_ONCE = 8;
/** Of the gateway, beyond what it had at the start; runs and their reports are kept in memory up to a count. */
const RSS_GROWTH_MAX = 500 * 1024 ** 2;

/** Sends inputs `from` to `from + inputs - 1`; a healthy run must pass afterwards. */
export async function fuzzApi(fuzz: FuzzMesh, order: FuzzOrder): Promise<Figures> {
  const figures = newFigures("api");
  const facts = await factsOf(fuzz);
  const rssAtStart = fuzz.gatewayRssBytes() ?? 0;
  const end = order.from + order.inputs;
  for (let next = order.from; next < end && !order.isOver(); next += BATCH) {
    const indexes = Array.from({ length: Math.min(BATCH, end - next) }, (_, at) => next + at);
    const queue = [...indexes];
    const send = async () => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift())
        await sendOne({ fuzz, facts, figures }, order.seed, index);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, send));
    if (!(await isHealthy(fuzz, figures, next))) return figures;
    const rss = fuzz.gatewayRssBytes() ?? 0;
    figures.peakRssBytes = Math.max(figures.peakRssBytes, rss);
    if (rss - rssAtStart > RSS_GROWTH_MAX) {
      figures.broken.push({ index: next, text: `The gateway's memory grew to ${rss} bytes` });
      return figures;
    }
  }
  await fuzz.checkHealthyRun().catch((thrown: unknown) => {
    figures.broken.push({ index: end, text: messageOf(thrown) });
  });
  return figures;
}

type Sending = { readonly fuzz: FuzzMesh; readonly facts: ApiFacts; readonly figures: Figures };

async function sendOne({ fuzz, facts, figures }: Sending, seed: string, index: number) {
  const input = makeApiInput(`${seed}/api/${index}`, facts);
  const isWhole = (bytes: Uint8Array) => isWholeAnswer(bytes, input.method);
  const exchanged = await exchangeBytes(fuzz.port, input, isWhole);
  figures.inputs += 1;
  noteTime(figures, index, exchanged.tookMs);
  try {
    figures[judgeAnswer(input, exchanged)] += 1;
  } catch (thrown) {
    figures.broken.push({ index, text: messageOf(thrown), input: bytesOf(input) });
  }
}

const bytesOf = (input: ApiInput): Uint8Array => Buffer.concat(input.chunks);

async function isHealthy(fuzz: FuzzMesh, figures: Figures, index: number): Promise<boolean> {
  const answer = await fetch(`${fuzz.url}/healthz`, { signal: AbortSignal.timeout(30_000) }).catch(
    (thrown: unknown) => messageOf(thrown),
  );
  if (typeof answer !== "string" && answer.ok) return true;
  const found = typeof answer === "string" ? answer : `status ${answer.status}`;
  const said = fuzz.mesh.said().slice(-3_000);
  figures.broken.push({
    index,
    text: `After inputs from ${index} on the gateway answers no more: ${found}\n${said}`,
  });
  return false;
}

/** A run that has ended, a blob that is there, the node's id. */
async function factsOf(fuzz: FuzzMesh): Promise<ApiFacts> {
  await fuzz.checkHealthyRun();
  const bytes = new TextEncoder().encode("a blob");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await fuzz.call(`/v1/blobs/${sha256}`, { method: "PUT", body: bytes });
  const { runs } = (await (await fuzz.call("/v1/runs")).json()) as {
    runs: readonly { id: string }[];
  };
  const { nodes } = (await (await fuzz.call("/v1/nodes")).json()) as {
    nodes: readonly { id: string }[];
  };
  const [runId, nodeId] = [runs[0]?.id ?? "", nodes[0]?.id ?? ""];
  return { apiKey: fuzz.apiKey, blobKey: "no-blob-key", runId, nodeId, sha256 };
}

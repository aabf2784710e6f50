/** One message for the wire, made of its seed and of what the mesh said last: nearly right, or not at all. */
import { Control } from "#proto/lease.ts";
import { createRandom, type Random } from "../../sim/random.ts";
import { goldenMessages } from "../corpus.ts";
import { mutateJson } from "../mutate-json.ts";
import { oddValue } from "../odd-values.ts";

export type WireKind = "hello" | "heartbeat" | "events" | "offer" | "control";
export type WireInput = { readonly kind: WireKind; readonly bytes: Uint8Array };

/** What right messages of this mesh say. */
export type WireFacts = {
  readonly meshId: string;
  readonly nodeId: string;
  readonly epoch: number;
  /** The fuzzer's own node's term and last confirmed event. */
  readonly ownEpoch: number;
  readonly confirmed: number;
};

type Message = { readonly [key: string]: unknown };

const KINDS: readonly WireKind[] = ["hello", "heartbeat", "events", "events", "offer", "control"];
const GOLDENS = goldenMessages();
const CONTROLS = ["cancel", "drain", "probe", "recall", "resume", "stop"];
const EVENTS = ["artifact-found", "attempt-ended", "attempt-started", "step-ended"];
const BYTES_MAX = 1024 * 1024;

/** @param seed Any text; the same seed and facts make the same message. */
export function makeWireInput(seed: string, facts: WireFacts): WireInput {
  const random = createRandom(seed);
  const kind = random.pick(KINDS);
  const right = messageOf(kind, facts, random);
  const changed = random.chance(0.75)
    ? mutateJson(right, random, random.pick([1, 1, 2, 4]))
    : right;
  // A stop of this very term ends the node, as it should.
  const isStop = Control.safeParse(changed).data?.kind === "stop";
  const message = isStop ? { ...(changed as Message), meshId: "mesh-of-others" } : changed;
  return { kind, bytes: bytesOf(message, random).subarray(0, BYTES_MAX) };
}

function messageOf(kind: WireKind, facts: WireFacts, random: Random): Message {
  const { meshId, nodeId, confirmed } = facts;
  const own = { meshId, nodeId, bootId: "boot-of-the-fuzzer", storeId: "store-of-the-fuzzer" };
  switch (kind) {
    case "hello":
      return {
        ...golden("hello"),
        ...own,
        versions: { min: 1, max: 99 },
        name: "fuzzer",
        held: [],
        lastEvent: confirmed,
      };
    case "heartbeat":
      return {
        ...golden("heartbeat"),
        ...own,
        epoch: facts.ownEpoch,
        held: [],
        lastEvent: confirmed,
      };
    case "events":
      return {
        ...own,
        events: eventsFrom(confirmed + 1 + random.pick([0, 0, 0, 0, 1, -1, 1e9]), random),
      };
    case "offer":
      return { ...golden("offer"), meshId, epoch: facts.epoch, leases: leasesOf(random) };
    case "control":
      return { ...golden(`control-${random.pick(CONTROLS)}`), meshId, epoch: facts.epoch };
  }
}

function golden(name: string): Message {
  return GOLDENS.get(name) as Message;
}

function eventsFrom(first: number, random: Random): unknown[] {
  return Array.from({ length: random.pick([1, 1, 2, 5]) }, (_, index) => ({
    number: first + index,
    event: mutateJson(golden(`event-${random.pick(EVENTS)}`), random, random.pick([0, 1, 3])),
  }));
}

/** Tests that end at once, of runs that nobody knows. */
function leasesOf(random: Random): unknown[] {
  const [lease] = golden("offer")["leases"] as readonly Message[];
  const definition = lease?.["definition"] as Message;
  const step = {
    name: "w",
    kind: "wait",
    phase: "main",
    line: 1,
    column: 1,
    args: { for: { kind: "time", ms: 1 } },
  };
  const { baseUrl: _, skip: __, web: ___, evidence: ____, ...rest } = definition;
  return Array.from({ length: random.int(1, 2) }, () => ({
    ...lease,
    leaseId: `run-of-the-fuzzer:${random.int(0, 1_000_000)}:1`,
    definition: {
      ...rest,
      platform: "http",
      needs: { labels: [] },
      timeoutMs: 2_000,
      stepTimeoutMs: 1_000,
      steps: [step],
      files: [],
    },
  }));
}

function bytesOf(message: unknown, random: Random): Uint8Array {
  const text = JSON.stringify(message) ?? "";
  const encoder = new TextEncoder();
  switch (random.int(0, 19)) {
    case 0:
      return Uint8Array.from({ length: random.int(0, 500) }, () => random.int(0, 255));
    case 1:
      return encoder.encode(text).subarray(0, random.int(0, text.length));
    case 2:
      return encoder.encode(`${"[".repeat(random.pick([100, 10_000, 200_000]))}`);
    case 3:
      return encoder.encode(
        text.replace(/}$/, `,"deep":${"[".repeat(20_000)}${"]".repeat(20_000)}}`),
      );
    case 4:
      return encoder.encode(text.replace(/}$/, `,"x":"${"y".repeat(900_000)}"}`));
    case 5:
      return encoder.encode(
        text.replace(
          /:(\d+)/,
          random.pick([":1e999", ":-1", ":0.5", ":99999999999999999999", ':"1"', ":null"]),
        ),
      );
    case 6:
      return encoder.encode(JSON.stringify(oddValue(random)) ?? "");
    default:
      return encoder.encode(text);
  }
}

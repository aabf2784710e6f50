/** Fuzzes what gateway and node hear on NATS, both of them real processes. */
import { z } from "zod";
import { EventReply } from "#proto/event.ts";
import { HelloReply } from "#proto/hello.ts";
import { ControlReply, OfferReply } from "#proto/lease.ts";
import {
  controlSubject,
  eventsSubject,
  heartbeatSubject,
  helloSubject,
  offerSubject,
} from "#proto/subjects.ts";
import { decodeMessage } from "#shared/bus.ts";
import { messageOf } from "#shared/errors.ts";
import { type Figures, type FuzzOrder, newFigures, noteTime } from "../figures.ts";
import type { FuzzMesh } from "../fuzz-mesh.ts";
import { connectWire, type WireClient } from "./wire-client.ts";
import { makeWireInput, type WireFacts, type WireInput } from "./wire-input.ts";

const BATCH = 100;
const ANSWER_MS_MAX = 20_000;
const RSS_GROWTH_MAX = 400 * 1024 ** 2;

/** Sends messages `from` to `from + inputs - 1`; a healthy run must pass afterwards. */
export async function fuzzWire(fuzz: FuzzMesh, order: FuzzOrder): Promise<Figures> {
  const figures = newFigures("wire");
  await fuzz.checkHealthyRun();
  const begin = { gateway: fuzz.gatewayRssBytes() ?? 0, node: fuzz.nodeRssBytes() ?? 0 };
  const end = order.from + order.inputs;
  {
    await using client = await connectWire(fuzz);
    const talk = createTalk(client);
    for (let index = order.from; index < end && !order.isOver(); index += 1) {
      const brokenBefore = figures.broken.length;
      await sendOne({ talk, figures }, order.seed, index);
      // Who does not answer may have died: not asked again for every message.
      if (index % BATCH !== BATCH - 1 && figures.broken.length === brokenBefore) continue;
      const gateway = fuzz.gatewayRssBytes();
      const node = fuzz.nodeRssBytes();
      figures.peakRssBytes = Math.max(figures.peakRssBytes, gateway ?? 0, node ?? 0);
      const fault = faultOf({ gateway, node }, begin);
      if (fault === undefined) continue;
      figures.broken.push({ index, text: `${fault}\n${fuzz.mesh.said().slice(-3_000)}` });
      return figures;
    }
  }
  await checkEnd(fuzz).catch((thrown: unknown) => {
    figures.broken.push({
      index: end,
      text: `${messageOf(thrown)}\n${fuzz.mesh.said().slice(-3_000)}`,
    });
  });
  return figures;
}

type Memory = { readonly gateway: number | undefined; readonly node: number | undefined };

function faultOf(now: Memory, begin: { readonly gateway: number; readonly node: number }) {
  if (now.gateway === undefined) return "The gateway has died";
  if (now.node === undefined) return "The node has died";
  if (now.gateway - begin.gateway > RSS_GROWTH_MAX)
    return `The gateway's memory grew to ${now.gateway} bytes`;
  return now.node - begin.node > RSS_GROWTH_MAX
    ? `The node's memory grew to ${now.node} bytes`
    : undefined;
}

async function checkEnd(fuzz: FuzzMesh): Promise<void> {
  const text = await (await fuzz.call("/metrics")).text();
  const unreadable = /^panoptic_unreadable_messages_total (\d+)/m.exec(text)?.[1];
  if (Number(unreadable ?? 0) === 0) throw new Error("No metric counted what could not be read");
  await fuzz.checkHealthyRun();
}

type Talk = {
  readonly facts: () => WireFacts;
  /** The answer's kind; undefined where none is due. @throws {Error} When there is none, or it is not one. */
  readonly send: (input: WireInput) => Promise<string | undefined>;
};

function createTalk(client: WireClient): Talk {
  const { meshId, nodeId, realNodeId, epoch } = client;
  let facts: WireFacts = { meshId, nodeId, epoch, ownEpoch: 1, confirmed: 0 };
  const learn = (reply: HelloReply | EventReply) => {
    if (reply.kind === "welcome")
      facts = { ...facts, ownEpoch: reply.epoch, confirmed: reply.confirmed };
    if (reply.kind === "confirmed") facts = { ...facts, confirmed: reply.number };
    return reply.kind;
  };
  const send = async ({ kind, bytes }: WireInput): Promise<string | undefined> => {
    switch (kind) {
      case "hello":
        return learn(
          decodeMessage(
            HelloReply,
            await client.node.request(helloSubject(nodeId), bytes, ANSWER_MS_MAX),
          ),
        );
      case "heartbeat":
        client.node.publish(heartbeatSubject(nodeId), bytes);
        return undefined;
      case "events":
        return learn(
          decodeMessage(
            EventReply,
            await client.node.request(eventsSubject(nodeId), bytes, ANSWER_MS_MAX),
          ),
        );
      case "offer": {
        const reply = await client.gateway.request(offerSubject(realNodeId), bytes, ANSWER_MS_MAX);
        return decodeMessage(OfferReply, reply).answers.some((one) => one.kind === "accepted")
          ? "accepted"
          : "refused";
      }
      case "control": {
        const reply = await client.gateway.request(
          controlSubject(realNodeId),
          bytes,
          ANSWER_MS_MAX,
        );
        return decodeMessage(z.union([ControlReply, z.looseObject({ kind: z.string() })]), reply)
          .kind;
      }
    }
  };
  return { facts: () => facts, send };
}

async function sendOne(
  { talk, figures }: { talk: Talk; figures: Figures },
  seed: string,
  index: number,
) {
  const input = makeWireInput(`${seed}/wire/${index}`, talk.facts());
  const begunMs = performance.now();
  figures.inputs += 1;
  try {
    const answer = await talk.send(input);
    if (answer === undefined) figures.unanswered += 1;
    else figures[answer === "refused" ? "refused" : "accepted"] += 1;
  } catch (thrown) {
    const text = `${input.kind}: ${messageOf(thrown)}`;
    figures.broken.push({ index, text, input: input.bytes });
  }
  noteTime(figures, index, performance.now() - begunMs);
}

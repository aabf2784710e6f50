/** Steps that hold a connection open: WebSocket and server-sent events. A connection without a name is `default`. */
import { z } from "zod";
import { Json, Matcher, Text } from "../matcher.ts";
import { CONNECTING } from "./request.ts";

const name = Text.default("default");

/** What is demanded of one message. */
const MessageCheck = z.strictObject({
  of: z.discriminatedUnion("part", [
    z.strictObject({ part: z.enum(["text", "base64", "event", "id"]) }),
    z.strictObject({ part: z.literal("json"), path: z.string().min(1) }),
  ]),
  matcher: Matcher,
});
export type MessageCheck = z.infer<typeof MessageCheck>;

const Receive = {
  do: z.literal("receive"),
  name,
  /** All must hold; none: any message. */
  checks: z.array(MessageCheck),
  /** Keys to JSON paths into the message; `text` is all of it. */
  save: z
    .record(z.string(), z.union([z.strictObject({ path: z.string() }), z.literal("text")]))
    .default({}),
};

export const Ws = z.strictObject({
  kind: z.literal("ws"),
  act: z.discriminatedUnion("do", [
    z.strictObject({
      do: z.literal("connect"),
      name,
      ...CONNECTING,
      protocols: z.array(Text).default([]),
    }),
    z.strictObject({
      do: z.literal("send"),
      name,
      message: z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("text"), text: Text }),
        z.strictObject({ kind: z.literal("json"), value: Json }),
        z.strictObject({ kind: z.literal("base64"), data: Text }),
      ]),
    }),
    z.strictObject({
      ...Receive,
      /** The server's closing with such a code is waited for instead. */
      close: Matcher.optional(),
    }),
    z.strictObject({
      do: z.literal("close"),
      name,
      code: z.number().int().min(1000).max(4999).default(1000),
      reason: Text.default(""),
    }),
  ]),
});

export const Sse = z.strictObject({
  kind: z.literal("sse"),
  act: z.discriminatedUnion("do", [
    z.strictObject({
      do: z.literal("connect"),
      name,
      ...CONNECTING,
      lastEventId: Text.optional(),
    }),
    z.strictObject(Receive),
    z.strictObject({ do: z.literal("close"), name }),
  ]),
});

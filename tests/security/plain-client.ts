/** A plain NATS client, as whoever holds a credential may write one, and what it may do with it. */
import { type Authenticator, connect, jwtAuthenticator } from "@nats-io/transport-node";
import { waitUntil } from "#kit/wait-until.ts";

/** How a client is refused, or not. */
export type Verdict = "allowed" | "refused";

export type PlainClient = AsyncDisposable & {
  readonly publish: (
    subject: string,
    text?: string,
    options?: { readonly reply: string },
  ) => Promise<Verdict>;
  readonly subscribe: (subject: string) => Promise<Verdict>;
  /** Everything heard on what was subscribed, as `SUBJECT TEXT`. */
  readonly heard: readonly string[];
  /** The addresses at which the messages that were heard want their answers. */
  readonly replyTo: readonly string[];
  /** Resolves when something with that text was heard. */
  readonly untilHeard: (text: string) => Promise<void>;
};

export const byKey = (jwt: string, seed: string): Authenticator =>
  jwtAuthenticator(jwt, new TextEncoder().encode(seed));

/** Connects once. @throws What the client throws when the server refuses it. */
export async function connectPlain(
  url: string,
  authenticator?: Authenticator,
): Promise<PlainClient> {
  const connection = await connect({
    servers: url,
    reconnect: false,
    ...(authenticator !== undefined && { authenticator }),
  });
  const violations: string[] = [];
  const heard: string[] = [];
  const replyTo: string[] = [];
  const follow = async () => {
    for await (const status of connection.status())
      if (status.type === "error") violations.push(status.error.message);
  };
  const following = follow();
  /** The server says what it refuses before it answers a ping, on the same connection. */
  const verdictAfter = async (act: () => void): Promise<Verdict> => {
    const before = violations.length;
    act();
    await connection.flush();
    await new Promise((resolve) => setImmediate(resolve));
    return violations.length > before ? "refused" : "allowed";
  };
  return {
    publish: (subject, text = "", options) =>
      verdictAfter(() => connection.publish(subject, text, options)),
    subscribe: (subject) =>
      verdictAfter(
        () =>
          void connection.subscribe(subject, {
            callback: (error, message) => {
              if (error !== null) return;
              heard.push(`${message.subject} ${message.string()}`);
              if (message.reply !== undefined) replyTo.push(message.reply);
            },
          }),
      ),
    heard,
    replyTo,
    untilHeard: (text) =>
      waitUntil(() => heard.some((one) => one.includes(text)), { what: `"${text}" is heard` }),
    [Symbol.asyncDispose]: async () => {
      await connection.close();
      await following;
    },
  };
}

/** Whether a message is the one that a step waits for, and what of it is kept. */
import type { Json } from "#proto/matcher.ts";
import type { MessageCheck } from "#proto/steps/streams.ts";
import { messageOf } from "#shared/errors.ts";
import { queryJsonPath } from "#shared/json-path.ts";
import { StepError } from "../../driver.ts";
import { checkMatcher, describeMatcher } from "../../matcher.ts";
import type { Message } from "./inbox.ts";

/** Whether all checks hold. */
export function isFitting(checks: readonly MessageCheck[], message: Message): boolean {
  return checks.every(({ of, matcher }) => {
    const asText = of.part !== "json";
    return checkMatcher(matcher, partOf(of, message), { asText }).ok;
  });
}

/** `with text to equal "x" and $.a to equal 1 `; empty when any will do. */
export function describeChecks(checks: readonly MessageCheck[]): string {
  if (checks.length === 0) return "";
  const words = checks.map(({ of, matcher }) => {
    const asText = of.part !== "json";
    return `${of.part === "json" ? of.path : of.part} ${describeMatcher(matcher, { asText })}`;
  });
  return `with ${words.join(" and ")} `;
}

/** Reads what a step keeps of a message. @throws {StepError} When there is nothing at that place. */
export function readForSave(message: Message, from: "text" | { readonly path: string }): Json {
  if (from === "text") return message.text;
  const value = partOf({ part: "json", path: from.path }, message);
  if (value !== undefined) return value;
  const text = `Cannot save ${from.path}: the message has none`;
  throw new StepError("failed", "save", text);
}

function partOf(of: MessageCheck["of"], message: Message): Json | undefined {
  switch (of.part) {
    case "text":
      return message.text;
    case "base64":
      return Buffer.from(message.bytes ?? Buffer.from(message.text)).toString("base64");
    case "event":
      return message.event;
    case "id":
      return message.id;
    case "json":
      return jsonAt(of.path, message.text);
  }
}

function jsonAt(path: string, text: string): Json | undefined {
  let document: Json;
  try {
    document = JSON.parse(text) as Json;
  } catch {
    // No JSON: nothing is at any path of it.
    return undefined;
  }
  try {
    const result = queryJsonPath(path, document);
    if ("found" in result) return result.found;
    return "list" in result ? result.list : undefined;
  } catch (thrown) {
    throw new StepError("failed", "expect", `Cannot read ${path}: ${messageOf(thrown)}`);
  }
}

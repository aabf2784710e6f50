/** How an attempt's browser context and its requests' TLS are set up: the test's own words, with the node's values filled in. */
import type { z } from "zod";
import { BrowserSetup } from "#proto/browser-context.ts";
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition } from "#proto/test.ts";
import { Tls } from "#proto/tls.ts";
import { type SessionOptions, StepError } from "../drivers/driver.ts";

/**
 * Fills in and reads both setups; nothing where the test has none.
 *
 * @throws {StepError} `failed`, `browser_setup` or `tls_setup` when a value that was filled in does not fit; it does not show the value.
 */
export function readSetup(
  { browser, tls }: Pick<TestDefinition, "browser" | "tls">,
  fill: (value: Json) => Json,
): Pick<SessionOptions, "browser" | "tls"> {
  return {
    ...(browser !== undefined && { browser: read(BrowserSetup, fill(browser), "browser") }),
    ...(tls !== undefined && { tls: read(Tls, fill(tls), "tls") }),
  };
}

const WORDS = { browser: "set the browser up", tls: "set TLS up" };

function read<T>(schema: z.ZodType<T>, filled: Json, what: keyof typeof WORDS): T {
  const parsed = schema.safeParse(filled);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  const text = `Cannot ${WORDS[what]}: its values do not fit at ${where}: ${issue?.message ?? "unreadable"}`;
  throw new StepError("failed", `${what}_setup`, text);
}

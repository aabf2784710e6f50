/** How an attempt's browser context is set up: the test's own words, with the node's values filled in. */
import { BrowserSetup } from "#proto/browser-context.ts";
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition } from "#proto/test.ts";
import { Tls } from "#proto/tls.ts";
import { type SessionOptions, StepError } from "../drivers/driver.ts";

/**
 * Fills in and reads how requests make TLS; nothing where the test does not say.
 *
 * @throws {StepError} `failed`, `tls_setup` when a value that was filled in does not fit; it does not show the value.
 */
export function readTls(
  { tls }: Pick<TestDefinition, "tls">,
  fill: (value: Json) => Json,
): Pick<SessionOptions, "tls"> {
  if (tls === undefined) return {};
  const parsed = Tls.safeParse(fill(tls));
  if (parsed.success) return { tls: parsed.data };
  const issue = parsed.error.issues[0];
  const text = `Cannot set TLS up: its values do not fit at ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unreadable"}`;
  throw new StepError("failed", "tls_setup", text);
}

/**
 * Fills in and reads the setup; nothing where the test has none.
 *
 * @throws {StepError} `failed`, `browser_setup` when a value that was filled in does not fit; it does not show the value.
 */
export function readSetup(
  { browser }: Pick<TestDefinition, "browser">,
  fill: (value: Json) => Json,
): Pick<SessionOptions, "browser"> {
  if (browser === undefined) return {};
  const parsed = BrowserSetup.safeParse(fill(browser));
  if (parsed.success) return { browser: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".") ?? "";
  const text = `Cannot set the browser up: its values do not fit at ${where}: ${issue?.message ?? "unreadable"}`;
  throw new StepError("failed", "browser_setup", text);
}

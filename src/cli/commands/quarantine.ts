/** `panoptic quarantine`: the gateway's list of tests whose failures do not fail a run. */
import type { QuarantineEntry } from "#proto/quarantine.ts";
import { MeshError } from "#shared/errors.ts";
import { createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { fetchQuarantine, removeQuarantine, sendQuarantine } from "../history/exchange.ts";
import { tableText } from "../table.ts";

export type QuarantineOptions = EndpointOptions & {
  readonly owner?: string;
  readonly reason?: string;
  /** From now, milliseconds. */
  readonly expires?: number;
  readonly json?: boolean;
};

type Words = { readonly action?: string | undefined; readonly key?: string | undefined };

/** Lists, adds to or takes off the list. */
export async function quarantine(
  words: Words,
  options: QuarantineOptions,
  context: Context,
): Promise<number> {
  refuseIdleWords(words, options);
  const { action = "list", key = "" } = words;
  const client = createApiClient(needEndpoint(options, context.config));
  if (action === "remove") {
    await removeQuarantine(client, key);
    context.terminal.say(
      options.json ? JSON.stringify({ key }) : `${key} is not quarantined any more`,
    );
    return 0;
  }
  if (action === "list") {
    const entries = await fetchQuarantine(client);
    context.terminal.say(options.json ? JSON.stringify(entries) : listText(entries, context));
    return 0;
  }
  const entry = newEntry(key, options, context);
  await sendQuarantine(client, [entry]);
  context.terminal.say(
    options.json ? JSON.stringify(entry) : `${key} is quarantined until ${entry.expiresAt}`,
  );
  return 0;
}

function refuseIdleWords({ action, key }: Words, options: QuarantineOptions): void {
  const needsKey = action === "add" || action === "remove";
  if (needsKey && key === undefined)
    throw new MeshError(
      "usage",
      `Cannot ${action} a quarantine: the test's key is missing (quarantine ${action} KEY)`,
    );
  if (!needsKey && key !== undefined)
    throw new MeshError("usage", `Cannot use ${key}: quarantine list takes no key`);
  for (const name of ["owner", "reason", "expires"] as const) {
    if (action === "add" && options[name] === undefined)
      throw new MeshError(
        "usage",
        `Cannot quarantine ${key}: --${name} is missing; an entry has an owner, a reason and an end`,
      );
    if (action !== "add" && options[name] !== undefined)
      throw new MeshError("usage", `Cannot use --${name}: it is for quarantine add`);
  }
}

function newEntry(
  key: string,
  { owner = "", reason = "", expires = 0 }: QuarantineOptions,
  { clock }: Context,
): QuarantineEntry {
  return { key, owner, reason, expiresAt: new Date(clock.wallMs() + expires).toISOString() };
}

function listText(entries: readonly QuarantineEntry[], { clock }: Context): string {
  if (entries.length === 0) return "no test is quarantined";
  const rows = entries.map(({ key, owner, reason, expiresAt }) => {
    const isOver = Date.parse(expiresAt) <= clock.wallMs();
    return [isOver ? `${expiresAt} (expired)` : expiresAt, owner, key, reason];
  });
  return tableText([["UNTIL", "OWNER", "TEST", "REASON"], ...rows]);
}

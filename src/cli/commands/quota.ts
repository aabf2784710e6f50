/** `panoptic quota`: how many slots the tests of a project may use at once. */
import type { QuotaList } from "#proto/fleet.ts";
import { MeshError } from "#shared/errors.ts";
import { type ApiClient, createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";
import { tableText } from "../table.ts";

export type QuotaWords = {
  readonly project: string | undefined;
  /** A number, or `none`. */
  readonly slots: string | undefined;
};

/** Shows all, shows one, sets one, or lifts one. @throws {MeshError} `usage` */
export async function quota(
  words: QuotaWords,
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const { project } = words;
  const slots = slotsOf(words.slots);
  const client = createApiClient(needEndpoint(options, context.config));
  const all = await answer(client, { project, slots });
  const shown = all.quotas.filter((one) => project === undefined || one.project === project);
  if (options.json) context.terminal.say(JSON.stringify({ quotas: shown }));
  else context.terminal.say(textOf(shown, project));
  return 0;
}

type Wish = { readonly project: string | undefined; readonly slots: number | "none" | undefined };

function answer(client: ApiClient, { project, slots }: Wish): Promise<QuotaList> {
  if (project === undefined || slots === undefined) return client.quotas();
  return client.setQuota(project, slots === "none" ? undefined : slots);
}

function slotsOf(text: string | undefined): number | "none" | undefined {
  if (text === undefined || text === "none") return text;
  const slots = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (slots >= 1 && slots <= 1_000_000) return slots;
  throw new MeshError(
    "usage",
    `Cannot set the quota: a whole number from 1 to 1000000, or none, is wanted, ${text.slice(0, 50)} was given`,
  );
}

function textOf(quotas: QuotaList["quotas"], project: string | undefined): string {
  if (quotas.length > 0)
    return tableText([
      ["PROJECT", "SLOTS", "BUSY"],
      ...quotas.map((one) => [one.project, String(one.slots), String(one.busy)]),
    ]);
  return project === undefined
    ? "no quotas: every project may use all slots"
    : `${project} has no quota: it may use all slots`;
}

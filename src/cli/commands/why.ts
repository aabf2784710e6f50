/** `panoptic why`: what a test of a run waits for, where it runs, or what it came to. */
import type { TestWhy } from "#proto/why.ts";
import { MeshError } from "#shared/errors.ts";
import { type ApiClient, createApiClient } from "../api-client.ts";
import type { Context } from "../context.ts";
import { type EndpointOptions, needEndpoint } from "../endpoint.ts";

/** `test`: a key, or a part of the key of one test. */
export type WhyWords = { readonly run: string; readonly test: string };

const PAGE = 1_000;
const NAMED_MAX = 5;

/** Prints its reasons, the strongest first. @throws {MeshError} `not_found`; `usage` when the part is of several tests. */
export async function explainWhy(
  { run, test }: WhyWords,
  options: EndpointOptions & { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const client = createApiClient(needEndpoint(options, context.config));
  const why = await client.why(run, test).catch(async (thrown: unknown) => {
    if (!(thrown instanceof MeshError) || thrown.code !== "not_found") throw thrown;
    return client.why(run, await keyWith(client, { run, test }));
  });
  context.terminal.say(options.json ? JSON.stringify(why) : textOf(why));
  return 0;
}

function textOf({ key, state, reasons }: TestWhy): string {
  return [`${key}: ${state}`, ...reasons.map(({ code, text }) => `  ${text} (${code})`)].join("\n");
}

async function keyWith(client: ApiClient, { run, test }: WhyWords): Promise<string> {
  const found: string[] = [];
  let after: number | undefined;
  do {
    const page = await client.tests(run, { limit: PAGE, after });
    found.push(...page.tests.map(({ key }) => key).filter((key) => key.includes(test)));
    after = page.next;
  } while (after !== undefined && found.length <= NAMED_MAX);
  const [key] = found;
  if (key === undefined)
    throw new MeshError("not_found", `Cannot find a test of ${run} whose key has ${test}`);
  if (found.length === 1) return key;
  const named = found.slice(0, NAMED_MAX).join("\n  ");
  const more = found.length > NAMED_MAX ? "\n  and more" : "";
  throw new MeshError("usage", `Cannot say why: several tests have ${test}:\n  ${named}${more}`);
}

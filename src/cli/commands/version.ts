/** `panoptic version`: the program's version and the protocol that it speaks. */
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";
import { PROGRAM_VERSION } from "#shared/program-version.ts";
import type { Context } from "../context.ts";

/** Prints one line. */
export async function printVersion(
  options: { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const protocol = { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX };
  context.terminal.say(
    options.json ? JSON.stringify({ version: PROGRAM_VERSION, protocol }) : PROGRAM_VERSION,
  );
  return 0;
}

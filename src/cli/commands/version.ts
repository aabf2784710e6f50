/** `panoptic version`: the program's version and the protocol that it speaks. Loads nothing that it does not print. */
import { PROGRAM_VERSION } from "#shared/program-version.ts";
import type { Terminal } from "../terminal.ts";

/** Prints one line. */
export async function printVersion(
  options: { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  terminal.say(options.json ? JSON.stringify(await described()) : PROGRAM_VERSION);
  return 0;
}

async function described() {
  const { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } = await import("#proto/version.ts");
  const protocol = { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX };
  return { version: PROGRAM_VERSION, protocol };
}

/** `panoptic validate`: every fault of suites at once, without a mesh. */
import type { Context } from "../context.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { loadSuites } from "../run/load-suites.ts";

export type ValidateOptions = { readonly json?: boolean; readonly skipUnsupported?: boolean };

/** Prints `FILE:LINE:COLUMN message` for each fault and warning; 0 when there is no fault. */
export async function validateSuites(
  words: readonly string[],
  options: ValidateOptions,
  context: Context,
): Promise<number> {
  const { terminal, config } = context;
  const { faults, warnings, tests, body } = loadSuites(words, {
    callerDir: config.callerDir,
    isStrict: false,
    skipUnsupported: options.skipUnsupported,
  });
  if (options.json) {
    terminal.say(
      JSON.stringify({ faults, warnings, suites: body.suites.length, tests: tests.length }),
    );
  } else {
    for (const line of [...faults, ...warnings]) terminal.say(line);
    if (faults.length === 0)
      terminal.warn(`${body.suites.length} suites, ${tests.length} tests: no faults`);
  }
  return faults.length === 0 ? 0 : EXIT_REFUSED;
}

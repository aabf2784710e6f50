/** `panoptic convert`: a suite file of the original Panoptic as a native suite. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { MeshError, messageOf } from "#shared/errors.ts";
import { CONVERTED_MARK, convertSuite } from "#suite/convert/convert-suite.ts";
import { decodeSuite, faultText } from "#suite/source.ts";
import type { Context } from "../context.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { fromCaller } from "../paths.ts";
import { readSuiteBytes } from "../run/read-suite-file.ts";

export type ConvertOptions = { readonly out?: string; readonly skipUnsupported?: boolean };

/**
 * Prints the native suite, or writes it to a file; warnings and faults go to stderr.
 *
 * @throws {MeshError} `usage` when the file cannot be read or is native, or when the other may not be replaced.
 */
export async function convert(
  file: string,
  options: ConvertOptions,
  { terminal, config }: Context,
): Promise<number> {
  const source = decodeSuite(file, readSuiteBytes(file, fromCaller(config.callerDir, file)));
  if ("severity" in source) return refuse([faultText(source)]);
  const outcome = convertSuite(source, { skipUnsupported: options.skipUnsupported === true });
  if (outcome.kind === "native") {
    const reason = `it is no suite of the original Panoptic: its root has neither "apps" nor "actions", or it has "tests"`;
    throw new MeshError("usage", `Cannot convert ${file}: ${reason}`);
  }
  if (outcome.kind === "refused") return refuse(outcome.faults.map(faultText));
  for (const warning of outcome.warnings) terminal.warn(faultText(warning));
  if (options.out === undefined) terminal.say(outcome.text.trimEnd());
  else write(options.out, fromCaller(config.callerDir, options.out), outcome.text);
  return 0;

  function refuse(lines: readonly string[]): number {
    for (const line of lines) terminal.warn(line);
    return EXIT_REFUSED;
  }
}

/** Replaces only what an earlier call has written. */
function write(out: string, path: string, text: string): void {
  try {
    const isOurs =
      !existsSync(path) || readFileSync(path, "utf8").startsWith(`# ${CONVERTED_MARK}`);
    if (!isOurs)
      throw new MeshError("usage", "it was not written by convert; choose another name by -o");
    writeFileSync(path, text);
  } catch (cause) {
    throw new MeshError("usage", `Cannot write ${out}: ${messageOf(cause)}`, { cause });
  }
}

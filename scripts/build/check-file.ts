/** Looks into a built file before it gets its name: for the right machine, whole, without traces of this one. */
import { readFileSync } from "node:fs";
import { sep } from "node:path";
import { BuildError } from "./build-error.ts";
import { formatOf } from "./executable-format.ts";
import { signatureFault } from "./mach-o-signature.ts";
import { ROOT } from "./paths.ts";
import type { Target } from "./targets.ts";

export type BuiltFile = { readonly bytes: number; readonly format: string };

/** @throws {BuildError} With what is wrong. */
export function checkFile(path: string, target: Target, addonPath: string): BuiltFile {
  const file = readFileSync(path);
  const addon = readFileSync(addonPath);
  const fault = faultOf(file, addon, target);
  if (fault === undefined) return { bytes: file.length, format: target.format };
  throw new BuildError(`Cannot build ${target.name}: ${fault}`);
}

/** What is wrong with a file of the target; undefined when it may be given to people. */
export function faultOf(file: Buffer, addon: Buffer, target: Target): string | undefined {
  const format = formatOf(file);
  if (format !== target.format) return `it came out as ${format ?? "no executable"}`;
  const addonFormat = formatOf(addon) ?? "no library";
  if (!target.format.startsWith(addonFormat)) return `the native part is ${addonFormat}`;
  if (!file.includes(addon)) return "the native part is not in it";
  // With its slash: each file names its own place in the file system that bun packs into it, which may begin the same.
  if (file.includes(ROOT + sep)) return "it names a folder of the machine that built it";
  if (target.isSigned && signatureFault(file) !== undefined) return signatureFault(file);
  if (file.length > target.bytesMax)
    return `it has ${file.length} bytes, more than ${target.bytesMax}`;
  return undefined;
}

/** P: which folder gets the report: that of the call, else the one that all suites of the run name, else ours. */
import { normalize } from "node:path";
import type { WantedOutput } from "#suite/expand.ts";
import { faultText } from "#suite/source.ts";

const OUT_DEFAULT = "panoptic-report";

export type ChosenOut = {
  /** Relative to the caller's folder, or absolute. */
  readonly folder: string;
  /** One for each suite whose wish is not followed. */
  readonly warnings: readonly string[];
};

/** Chooses the folder. A suite that names none agrees with none. */
export function chooseOut(outputs: readonly WantedOutput[], given: string | undefined): ChosenOut {
  const [first] = outputs;
  const wanted = first?.folder;
  const doAgree = wanted !== undefined && outputs.every(({ folder }) => isSame(folder, wanted));
  const folder = given ?? (doAgree ? wanted : OUT_DEFAULT);
  const why =
    given === undefined ? "the suites of the run do not agree on it" : `--out says ${given}`;
  return {
    folder,
    warnings: outputs.flatMap((output) =>
      output.folder === undefined || isSame(output.folder, folder)
        ? []
        : [warningText(output, `No effect of output: ${why}; the report goes to ${folder}`)],
    ),
  };
}

function isSame(a: string | undefined, b: string): boolean {
  return a !== undefined && plain(a) === plain(b);
}

const plain = (folder: string): string => normalize(folder).replace(/(?<=.)[\\/]+$/, "");

function warningText({ file, at }: WantedOutput, message: string): string {
  const { line, column } = at;
  return faultText({ file, line, column, message, severity: "warning" });
}

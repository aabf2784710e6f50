/** What goes into the suite reader and what it says about it. The reader touches no disk and no environment: all is handed in. */

/** The most a suite file may hold, bytes of UTF-8. */
export const SUITE_BYTES_MAX = 1024 * 1024;
/** The most tests that one suite may expand to. */
export const TESTS_PER_SUITE_MAX = 10_000;
/** The most tests of one run. */
export const TESTS_PER_RUN_MAX = 100_000;

export type SuiteSource = {
  /** As the person named it: used in every message about it. */
  readonly file: string;
  readonly text: string;
};

/** A file that a suite names. */
export type SuiteFile = { readonly bytes: Uint8Array; readonly sha256: string };

/** Looks up a file by its path relative to the suite's folder, with forward slashes; undefined when there is none. */
export type SuiteFiles = (path: string) => SuiteFile | undefined;

/** Something wrong with a suite; line and column are 1-based. An error refuses the suite, a warning does not. */
export type Fault = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly severity: "error" | "warning";
};

/** `FILE:LINE:COLUMN message`, as `validate` prints it. */
export function faultText(fault: Fault): string {
  const mark = fault.severity === "warning" ? "Warning: " : "";
  return `${fault.file}:${fault.line}:${fault.column} ${mark}${fault.message}`;
}

/** Decodes a suite file; bytes that are not UTF-8 are a fault at their line. */
export function decodeSuite(file: string, bytes: Uint8Array): SuiteSource | Fault {
  try {
    return { file, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    // Decoded again leniently, only to find the place: the first replacement that the bytes did not spell out.
    const before =
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\uFFFD", 1)[0] ?? "";
    const lines = before.split("\n");
    const column = (lines.at(-1) ?? "").length + 1;
    const message = "Expected UTF-8 text, found bytes of another encoding: save the file as UTF-8";
    return { file, line: lines.length, column, message, severity: "error" };
  }
}

/** A suite without a name is named for its file, without folder and extension. */
export function baseNameOf(file: string): string {
  const base = file.split(/[\\/]/).at(-1) ?? file;
  return base.replace(/(?<=.)\.[^.]*$/, "");
}

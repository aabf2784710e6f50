/** A quarantine list as people keep it beside their suites: YAML or JSON, read with places, refused with every fault at once. */
import { QuarantineEntry } from "#proto/quarantine.ts";
import { FaultLog, type Position } from "./reading/fault-log.ts";
import { describeFound, entryOf, jsonOf, type Located } from "./reading/located.ts";
import { parseYamlTree } from "./reading/yaml-tree.ts";
import { type Fault, SUITE_BYTES_MAX, type SuiteSource } from "./source.ts";

const START: Position = { line: 1, column: 1 };

export type QuarantineFile = {
  readonly entries: readonly QuarantineEntry[];
  /** Empty when all is well; then `entries` is everything. */
  readonly faults: readonly Fault[];
};

/** Reads a list of `key, owner, reason, expiresAt`, or a mapping that has it as `entries`. */
export function readQuarantineFile(source: SuiteSource): QuarantineFile {
  const log = new FaultLog(source.file);
  const bytes = Buffer.byteLength(source.text);
  if (bytes > SUITE_BYTES_MAX) {
    log.error(START, `Expected a list of at most ${SUITE_BYTES_MAX} bytes, found ${bytes}`);
    return { entries: [], faults: log.all };
  }
  const { root } = parseYamlTree(source.text, log);
  const list = root?.kind === "mapping" ? (entryOf(root, "entries")?.value ?? root) : root;
  if (list === undefined || (list.kind === "scalar" && list.value === null))
    return { entries: [], faults: log.all };
  if (list.kind !== "list") {
    log.error(list, `Expected a list of quarantined tests, found ${describeFound(list)}`);
    return { entries: [], faults: log.all };
  }
  const seen = new Set<string>();
  const entries = list.items.flatMap((item) => readEntry(item, seen, log) ?? []);
  return { entries, faults: log.all };
}

function readEntry(item: Located, seen: Set<string>, log: FaultLog): QuarantineEntry | undefined {
  const parsed = QuarantineEntry.safeParse(jsonOf(item));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const at = placeOf(item, issue.path[0]);
      const name = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
      log.error(at, `${name}${issue.message}; an entry has key, owner, reason and expiresAt`);
    }
    return undefined;
  }
  if (seen.has(parsed.data.key)) {
    log.error(item, `Expected one entry a key, found a second one of ${parsed.data.key}`);
    return undefined;
  }
  seen.add(parsed.data.key);
  return parsed.data;
}

function placeOf(item: Located, key: PropertyKey | undefined): Position {
  if (item.kind !== "mapping" || typeof key !== "string") return item;
  return entryOf(item, key)?.value ?? item;
}

/**
 * The parts of an original's settings that mean nothing here: each key is a warning at its line, so that nobody counts
 * on it. Values are never shown, since keys to other people's clouds stand among them.
 */
import { adviceFor, type FaultLog } from "../reading/fault-log.ts";
import type { Located, LocatedEntry, LocatedMapping } from "../reading/located.ts";
import { isEmpty } from "./fields.ts";

/** What may stand at a key; `keys` are those of a mapping, `items` those of a list's mappings. */
type Inert =
  | { readonly kind: "value"; readonly of: "anything" | "flag" | "number" }
  | { readonly kind: "mapping"; readonly keys: InertKeys }
  /** Any keys at all. */
  | { readonly kind: "open" }
  | { readonly kind: "list"; readonly keys?: InertKeys };
type InertKeys = { readonly [key: string]: Inert };

const anything: Inert = { kind: "value", of: "anything" };
const flag: Inert = { kind: "value", of: "flag" };
const number: Inert = { kind: "value", of: "number" };

function keysOf(names: string, of: Inert): InertKeys {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, of]));
}

/** The settings without effect, by their key. */
export const INERT_SETTINGS: InertKeys = {
  log_level: anything,
  ai_testing: {
    kind: "mapping",
    keys: {
      ...keysOf(
        `enable_error_detection enable_test_generation enable_vision_analysis auto_generate_tests smart_error_recovery
        adaptive_test_priority enable_learning`,
        flag,
      ),
      ...keysOf("confidence_threshold max_generated_tests", number),
    },
  },
  cloud: {
    kind: "mapping",
    keys: {
      ...keysOf(
        `provider bucket region access_key secret_key endpoint enable_sync sync_interval enable_cdn cdn_endpoint
        compression encryption enable_distributed`,
        anything,
      ),
      retention_policy: {
        kind: "mapping",
        keys: keysOf("enabled days max_size_gb auto_cleanup", anything),
      },
      backup_locations: { kind: "list" },
      distributed_nodes: {
        kind: "list",
        keys: keysOf("id name location capacity endpoint api_key priority", anything),
      },
    },
  },
  enterprise: { kind: "open" },
};

/** Tells that a setting has no effect, key by key; `path` is its name for messages. */
export function tellInert(entry: LocatedEntry, path: string, log: FaultLog): void {
  const inert = INERT_SETTINGS[entry.key];
  if (inert !== undefined) tellEntry({ entry, inert, path }, log);
}

type InertPlace = { readonly entry: LocatedEntry; readonly inert: Inert; readonly path: string };

function tellEntry({ entry, inert, path }: InertPlace, log: FaultLog): void {
  const { value } = entry;
  // A switch that is off is written by somebody who counts on it, too.
  const isSwitch = value.kind === "scalar" && (value.value === false || value.value === 0);
  if (isEmpty(value) && !isSwitch) return;
  switch (inert.kind) {
    case "mapping":
      if (value.kind === "mapping") tellKeys(value, { keys: inert.keys, path }, log);
      else refuseKind(value, { expected: "a mapping", path }, log);
      return;
    case "open":
      if (value.kind === "mapping") for (const one of value.entries) warnAt(one, path, log);
      else refuseKind(value, { expected: "a mapping", path }, log);
      return;
    case "list":
      tellList({ entry, inert, path }, log);
      return;
    default:
      if (fits(value, inert.of)) log.warn(entry.at, `No effect of ${path} here`);
      else refuseKind(value, { expected: EXPECTED[inert.of], path }, log);
  }
}

const EXPECTED = { anything: "a value", flag: "true or false", number: "a number" } as const;

function warnAt(entry: LocatedEntry, path: string, log: FaultLog): void {
  log.warn(entry.at, `No effect of ${path}.${entry.key} here`);
}

function tellList({ entry, inert, path }: InertPlace, log: FaultLog): void {
  if (entry.value.kind !== "list") {
    refuseKind(entry.value, { expected: "a list", path }, log);
    return;
  }
  log.warn(entry.at, `No effect of ${path} here`);
  if (inert.kind !== "list" || inert.keys === undefined) return;
  for (const item of entry.value.items) {
    if (item.kind === "mapping") tellUnknown(item, { keys: inert.keys, path }, log);
    else refuseKind(item, { expected: "a mapping", path: `an item of ${path}` }, log);
  }
}

type Group = { readonly keys: InertKeys; readonly path: string };

function tellKeys(node: LocatedMapping, group: Group, log: FaultLog): void {
  tellUnknown(node, group, log);
  for (const entry of node.entries) {
    const inert = Object.hasOwn(group.keys, entry.key) ? group.keys[entry.key] : undefined;
    if (inert !== undefined) tellEntry({ entry, inert, path: `${group.path}.${entry.key}` }, log);
  }
}

function tellUnknown(node: LocatedMapping, { keys, path }: Group, log: FaultLog): void {
  for (const entry of node.entries)
    if (!Object.hasOwn(keys, entry.key))
      warnUnknown(entry, { what: path, known: Object.keys(keys) }, log);
}

/** A key that the format does not have: in the original it was ignored in silence. */
export function warnUnknown(
  entry: LocatedEntry,
  place: { readonly what: string; readonly known: readonly string[] },
  log: FaultLog,
): void {
  log.warn(
    entry.at,
    `Unknown key ${JSON.stringify(entry.key)} in ${place.what} has no effect: ${adviceFor(entry.key, place.known)}`,
  );
}

function fits(node: Located, of: "anything" | "flag" | "number"): boolean {
  if (of === "anything") return node.kind === "scalar";
  if (node.kind !== "scalar") return false;
  if (of === "number") return typeof node.value === "number";
  return (
    typeof node.value === "boolean" ||
    (typeof node.value === "string" && /^(y|yes|on|n|no|off)$/i.test(node.value))
  );
}

function refuseKind(
  node: Located,
  { expected, path }: { readonly expected: string; readonly path: string },
  log: FaultLog,
): void {
  const found = node.kind === "scalar" ? "a single value" : `a ${node.kind}`;
  log.error(node, `Expected ${expected} for ${path}, found ${found}`);
}

/**
 * The flows of a suite: steps with a name and parameters, written once and used by tests, hooks and other flows. They
 * stand under `flows` of the suite or of another file below its folder, which is read when a step names it.
 */
import type { FaultLog, Position } from "../reading/fault-log.ts";
import { adviceFor } from "../reading/fault-log.ts";
import { tellUnknownKey } from "../reading/group-shapes.ts";
import {
  describeFound,
  entryOf,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
} from "../reading/located.ts";
import { text } from "../reading/scalar-shapes.ts";
import type { Reading } from "../reading/shape.ts";
import { parseYamlTree, type YamlTree } from "../reading/yaml-tree.ts";
import { decodeSuite, SUITE_BYTES_MAX, type SuiteFiles } from "../source.ts";
import { suitePath } from "../suite-path.ts";
import { SUITE_KEYS } from "./suite-keys.ts";

export type Param = {
  readonly name: string;
  /** Absent: it must be given. */
  readonly fallback: Located | undefined;
};

/** Where flows stand: the suite, or a file beside it. */
export type FlowHome = {
  /** As messages name it. */
  readonly file: string;
  /** Whether it is the suite itself, so that its flows know the suite's own names. */
  readonly isSuite: boolean;
  readonly tree: YamlTree;
  readonly flows: ReadonlyMap<string, Flow>;
};

export type Flow = {
  readonly name: string;
  readonly at: Position;
  readonly params: readonly Param[];
  readonly steps: readonly Located[];
  readonly home: FlowHome;
};

/** Where faults of a place are told. */
export type Teller = { readonly log: FaultLog; readonly at: Position };

/** More would be a library, not a suite. */
const FLOWS_MAX = 1_000;
const FILES_MAX = 100;
const FLOW_EXPECTED = "a list of steps, or { params: { user: required }, steps: [...] }";
const FLOW_KEYS = ["description", "params", "steps"];

export type FlowBookInput = {
  readonly file: string;
  readonly tree: YamlTree;
  /** The suite's `flows`. */
  readonly entry: LocatedEntry | undefined;
  readonly files: SuiteFiles;
  readonly log: FaultLog;
};

export class FlowBook {
  /** The suite's own. */
  readonly own: FlowHome;
  readonly #input: FlowBookInput;
  /** By path; undefined: it cannot be used, which is told. */
  readonly #homes = new Map<string, FlowHome | undefined>();

  constructor(input: FlowBookInput) {
    this.#input = input;
    const { file, tree, entry, log } = input;
    this.own = createHome({ file, isSuite: true, tree }, entry, log);
  }

  /** The homes that were used so far, without the suite. */
  get others(): readonly FlowHome[] {
    return [...this.#homes.values()].filter((home) => home !== undefined);
  }

  /** Finds what a step in `from` names; undefined when there is none, which is told at `at`. */
  find(from: FlowHome, target: string, { log, at }: Teller): Flow | undefined {
    const [path = "", name, ...more] = target.split("#");
    if (name === undefined) return findIn(from, { name: target, from, log, at });
    if (more.length > 0 || name === "") {
      const found = JSON.stringify(target);
      log.error(at, `Expected a flow such as login.yaml#signIn, found ${found}`);
      return undefined;
    }
    const home = path === "" ? from : this.#homeAt(path, { log, at });
    return home && findIn(home, { name, from, log, at });
  }

  #homeAt(written: string, { log, at }: Teller): FlowHome | undefined {
    const place = suitePath(written);
    if (place.kind === "refused") {
      log.error(
        at,
        `Expected a file under the suite's folder, found ${JSON.stringify(written)}: ${place.reason}`,
      );
      return undefined;
    }
    const { path } = place;
    if (this.#homes.has(path)) return this.#homes.get(path);
    const source = this.#sourceOf(path, { log, at });
    const home = source === undefined ? undefined : this.#readHome(path, source, log);
    this.#homes.set(path, home);
    return home;
  }

  #sourceOf(path: string, { log, at }: Teller): string | undefined {
    const refuse = (message: string): undefined => {
      log.error(at, message);
      return undefined;
    };
    if (this.#homes.size >= FILES_MAX)
      return refuse(`Expected at most ${FILES_MAX} files of flows, found more`);
    const found = this.#input.files(path);
    if (found === undefined)
      return refuse(`Expected a file beside the suite, but there is no ${JSON.stringify(path)}`);
    const bytes = found.bytes.byteLength;
    if (bytes > SUITE_BYTES_MAX)
      return refuse(
        `Expected a file of at most ${SUITE_BYTES_MAX} bytes, found ${bytes} in ${path}`,
      );
    const decoded = decodeSuite(path, found.bytes);
    if ("text" in decoded) return decoded.text;
    return refuse(`${path}:${decoded.line}:${decoded.column} ${decoded.message}`);
  }

  #readHome(path: string, text: string, around: FaultLog): FlowHome | undefined {
    const file = besideOf(this.#input.file, path);
    const log = around.inFile(file);
    const toldBefore = log.count;
    const tree = parseYamlTree(text, log);
    const { root } = tree;
    if (root === undefined) {
      if (log.count === toldBefore)
        log.error(
          { line: 1, column: 1 },
          'Missing "flows" in a file of flows: found an empty file',
        );
      return undefined;
    }
    const entry = root.kind === "mapping" ? entryOf(root, "flows") : undefined;
    if (entry === undefined) {
      const found = root.kind === "mapping" ? `only ${keysOf(root)}` : describeFound(root);
      log.error(root, `Missing "flows" in a file of flows: found ${found}`);
      return undefined;
    }
    const reading: Reading = { log, files: this.#input.files, used: [] };
    for (const one of root.kind === "mapping" ? root.entries : [])
      if (!SUITE_KEYS.includes(one.key))
        tellUnknownKey(one, { what: "a file of flows", known: SUITE_KEYS }, reading);
    return createHome({ file, isSuite: false, tree }, entry, log);
  }
}

const keysOf = (root: LocatedMapping): string =>
  root.entries.map(({ key }) => key).join(", ") || "nothing";

/** The name of a file for messages: beside the suite, as the person named that. */
function besideOf(suiteFile: string, path: string): string {
  const cut = Math.max(suiteFile.lastIndexOf("/"), suiteFile.lastIndexOf("\\")) + 1;
  return suiteFile.slice(0, cut) + path;
}

type Wanted = Teller & { readonly name: string; readonly from: FlowHome };

function findIn(home: FlowHome, { name, from, log, at }: Wanted): Flow | undefined {
  const flow = home.flows.get(name);
  if (flow !== undefined) return flow;
  if (/\.ya?ml$/i.test(name)) {
    log.error(
      at,
      `Expected a flow of a file such as ${name}#signIn, found ${JSON.stringify(name)}`,
    );
    return undefined;
  }
  const where = home === from ? "" : ` in ${home.file}`;
  log.error(
    at,
    `Unknown flow ${JSON.stringify(name)}${where}: ${adviceFor(name, [...home.flows.keys()])}`,
  );
  return undefined;
}

type HomeParts = Omit<FlowHome, "flows">;

function createHome(parts: HomeParts, entry: LocatedEntry | undefined, log: FaultLog): FlowHome {
  const flows = new Map<string, Flow>();
  const home: FlowHome = { ...parts, flows };
  if (entry === undefined) return home;
  if (entry.value.kind !== "mapping") {
    const found = describeFound(entry.value);
    log.error(entry.value, `Expected a mapping of names to flows, found ${found}`);
    return home;
  }
  const { entries } = entry.value;
  if (entries.length > FLOWS_MAX)
    log.error(entry.at, `Expected at most ${FLOWS_MAX} flows, found ${entries.length}`);
  for (const one of entries.slice(0, FLOWS_MAX)) {
    const read = readFlow(one, log);
    if (read !== undefined) flows.set(one.key, { ...read, home });
  }
  return home;
}

function readFlow(entry: LocatedEntry, log: FaultLog): Omit<Flow, "home"> | undefined {
  const { key: name, at, value } = entry;
  if (name === "" || /[#$]/.test(name)) {
    log.error(at, `Expected the name of a flow without # and $, found ${JSON.stringify(name)}`);
    return undefined;
  }
  if (value.kind === "list") return { name, at, params: [], steps: value.items };
  if (value.kind !== "mapping") {
    log.error(value, `Expected ${FLOW_EXPECTED}, found ${describeFound(value)}`);
    return undefined;
  }
  const reading: Reading = { log, files: () => undefined, used: [] };
  for (const one of value.entries)
    if (!FLOW_KEYS.includes(one.key))
      tellUnknownKey(one, { what: "a flow", known: FLOW_KEYS }, reading);
  const description = entryOf(value, "description");
  if (description !== undefined) text("a description").read(description.value, reading);
  const steps = entryOf(value, "steps");
  if (steps?.value.kind !== "list") {
    const found = steps === undefined ? `only ${keysOf(value)}` : describeFound(steps.value);
    log.error(steps?.value ?? value, `Missing "steps" in a flow: expected a list, found ${found}`);
    return undefined;
  }
  return {
    name,
    at,
    params: readParams(entryOf(value, "params")?.value, log),
    steps: steps.value.items,
  };
}

/** `[user]`, `{ user: required }`, `{ role: admin }`, `{ role: { default: admin } }`. */
function readParams(node: Located | undefined, log: FaultLog): readonly Param[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items.flatMap((item) => listedParam(item, log));
  if (node.kind === "mapping") return node.entries.flatMap((entry) => readParam(entry, log));
  const expected = "a list of names, or a mapping of names to required or a default";
  log.error(node, `Expected ${expected}, found ${describeFound(node)}`);
  return [];
}

function listedParam(item: Located, log: FaultLog): readonly Param[] {
  if (item.kind === "scalar" && typeof item.value === "string" && item.value !== "")
    return [{ name: item.value, fallback: undefined }];
  log.error(item, `Expected the name of a parameter, found ${describeFound(item)}`);
  return [];
}

function readParam({ key: name, value }: LocatedEntry, log: FaultLog): readonly Param[] {
  const isRequired =
    value.kind === "scalar" && (value.value === "required" || value.value === null);
  if (isRequired) return [{ name, fallback: undefined }];
  if (value.kind !== "mapping") return [{ name, fallback: value }];
  const fallback = entryOf(value, "default");
  if (fallback !== undefined && value.entries.length === 1)
    return [{ name, fallback: fallback.value }];
  log.error(
    value,
    `Expected required, a default, or { default: … }, found a mapping of ${keysOf(value)}`,
  );
  return [{ name, fallback: undefined }];
}

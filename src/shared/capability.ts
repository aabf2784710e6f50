/**
 * Capability expressions, pure: `chromium >= 120 < 130`, `linux`, `>= 4`, `>= 8 GB`. A name, up to two bounds, or both,
 * as what is asked for allows. Read once when a suite is loaded, which keeps the one spelling that `text` gives; read
 * again, and remembered, where nodes are matched. Owns no node: what one has is handed in.
 *
 * Versions are compared number by number over the parts that the expression names: `<= 130` and `= 130` take in
 * 130.0.6723, and `> 130` begins at 131. Memory is decimal (GB) or binary (GiB).
 */

/** What an expression is about. */
export type CapabilityKind = "browser" | "os" | "arch" | "cpus" | "memory";

/** The families of operating systems, as nodes tell theirs. */
export const OS_FAMILIES = ["linux", "darwin", "windows"] as const;
export type OsFamily = (typeof OS_FAMILIES)[number];

export type Capability = {
  /** Lower case, in the mesh's word; absent where only an amount is asked for. */
  readonly name?: string;
  /** The least that will do, number by number; absent: any. */
  readonly from?: readonly number[];
  /** What is too much already; absent: nothing is. */
  readonly below?: readonly number[];
  /** The expression in its one spelling. */
  readonly text: string;
};

/** Why a text is no expression. */
export type CapabilityFault =
  | { readonly kind: "malformed"; readonly message: string }
  | { readonly kind: "unknown_name"; readonly name: string; readonly known: readonly string[] };

export type ParsedCapability =
  | { readonly kind: "parsed"; readonly capability: Capability }
  | { readonly kind: "refused"; readonly fault: CapabilityFault };

/** What a node has of one kind: a name, a version or an amount, or both; absent: nobody knows. */
export type Offered = { readonly name?: string | undefined; readonly parts?: readonly number[] };

const TEXT_LENGTH_MAX = 200;
const PARTS_MAX = 8;
const REMEMBERED_MAX = 1_000;
const KNOWN_NAMES: Partial<Record<CapabilityKind, readonly string[]>> = {
  os: OS_FAMILIES,
  arch: ["x64", "arm64", "arm", "ia32", "loong64", "ppc64", "riscv64", "s390x"],
};
/** Other words for the same, as machines and people say them. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["macos", "darwin"],
  ["win32", "windows"],
  ["amd64", "x64"],
  ["x86_64", "x64"],
  ["aarch64", "arm64"],
]);
const EXAMPLES: Readonly<Record<CapabilityKind, string>> = {
  browser: "chromium or chromium >= 120 < 130",
  os: "linux, darwin or windows",
  arch: "x64 or arm64",
  cpus: '">= 4"',
  memory: '">= 8 GB"',
};
const BYTES: ReadonlyMap<string, number> = new Map([
  ["MB", 1e6],
  ["GB", 1e9],
  ["TB", 1e12],
  ["MiB", 2 ** 20],
  ["GiB", 2 ** 30],
  ["TiB", 2 ** 40],
]);
const NAME = /^[a-z][a-z0-9_-]*/i;
const BOUND = /^(>=|<=|>|<|=)\s*([^\s<>=]+(?:\s+[a-z][^\s<>=]*)?)/i;

/** What stands at such a place, for messages: `a browser such as chromium or chromium >= 120 < 130`. */
export function expectedCapability(kind: CapabilityKind): string {
  const what = { browser: "a browser", os: "an os", arch: "an arch", cpus: "processors" };
  return `${kind === "memory" ? "memory" : what[kind]} such as ${EXAMPLES[kind]}`;
}

/** Reads an expression. */
export function parseCapability(kind: CapabilityKind, text: string): ParsedCapability {
  const written = text.trim();
  if (written.length > TEXT_LENGTH_MAX)
    return malformed(`it has more than ${TEXT_LENGTH_MAX} characters`);
  const word = isAmount(kind) ? "" : (NAME.exec(written)?.[0] ?? "");
  const bounds = readBounds(kind, written.slice(word.length).trim());
  const fault = faultIn(kind, word, bounds);
  if (fault !== undefined) return malformed(fault);
  const name = ALIASES.get(word.toLowerCase()) ?? word.toLowerCase();
  const known = KNOWN_NAMES[kind];
  if (known !== undefined && !known.includes(name))
    return { kind: "refused", fault: { kind: "unknown_name", name: word, known } };
  return capabilityOf(name, bounds);
}

const isAmount = (kind: CapabilityKind): boolean => kind === "cpus" || kind === "memory";

function faultIn(
  kind: CapabilityKind,
  word: string,
  bounds: readonly Bound[] | string,
): string | undefined {
  if (!isAmount(kind) && word === "") return "it begins with no name";
  if (typeof bounds === "string") return bounds;
  if (isAmount(kind) && bounds.length === 0) return "it names no amount";
  return kind === "arch" && bounds.length > 0 ? "an arch has no versions" : undefined;
}

function capabilityOf(name: string, bounds: readonly Bound[] | string): ParsedCapability {
  if (typeof bounds === "string") return malformed(bounds);
  const isOdd =
    bounds.length === 2 && (bounds.some(({ operator }) => operator === "=") || areAlike(bounds));
  if (isOdd)
    return malformed("two bounds are one from below (>= or >) and one from above (< or <=)");
  const [lower, upper] = bounds.map(rangeOf);
  const range: Range = { ...lower, ...upper };
  if (range.below !== undefined && compareParts(range.from ?? [], range.below) >= 0)
    return malformed("nothing is in its bounds");
  const spelt = bounds.map(({ operator, value }) => `${operator} ${value}`);
  const text = [...(name === "" ? [] : [name]), ...spelt].join(" ");
  const capability = name === "" ? { ...range, text } : { name, ...range, text };
  return { kind: "parsed", capability };
}

const malformed = (message: string): ParsedCapability => ({
  kind: "refused",
  fault: { kind: "malformed", message },
});

type Operator = ">=" | ">" | "<=" | "<" | "=";
type Bound = {
  readonly operator: Operator;
  /** In its one spelling. */
  readonly value: string;
  readonly parts: readonly number[];
};

/** Lower before upper; a text says why they cannot be read. */
function readBounds(kind: CapabilityKind, written: string): readonly Bound[] | string {
  const bounds: Bound[] = [];
  let rest = written;
  while (rest !== "") {
    const match = BOUND.exec(rest);
    if (match === null)
      return `${JSON.stringify(rest)} is no bound: one is >=, >, <=, < or = and ${VALUES[kind]}`;
    const [whole, operator = "", value = ""] = match;
    const read = readValue(kind, value.trim());
    if (read === undefined) return `${JSON.stringify(value)} is not ${VALUES[kind]}`;
    bounds.push({ operator: operator as Operator, ...read });
    if (bounds.length > 2) return "it has more than two bounds";
    rest = rest.slice(whole.length).trim();
  }
  return bounds.toSorted((a, b) => Number(isUpper(a)) - Number(isUpper(b)));
}

const isUpper = ({ operator }: Bound): boolean => operator === "<" || operator === "<=";

const VALUES: Readonly<Record<CapabilityKind, string>> = {
  browser: "a version such as 120 or 120.0.1",
  os: "a version such as 6 or 6.1",
  arch: "a version",
  cpus: "a whole number from 1 to 100000",
  memory: "an amount such as 8 GB, 512 MB or 7.5 GiB",
};

function readValue(kind: CapabilityKind, text: string): Pick<Bound, "value" | "parts"> | undefined {
  if (kind === "memory") return readMemory(text);
  const limit = kind === "cpus" ? /^[1-9]\d{0,5}$/ : /^\d{1,9}(\.\d{1,9})*$/;
  if (!limit.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  if (parts.length > PARTS_MAX || (kind === "cpus" && (parts[0] ?? 0) > 100_000)) return undefined;
  return { value: parts.join("."), parts };
}

function readMemory(text: string): Pick<Bound, "value" | "parts"> | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)$/i.exec(text);
  const wanted = match?.[2]?.toLowerCase();
  const unit = [...BYTES.keys()].find((one) => one.toLowerCase() === wanted);
  if (match === null || unit === undefined) return undefined;
  const amount = Number(match[1]);
  const bytes = Math.ceil(amount * (BYTES.get(unit) ?? 1));
  return bytes === 0 ? undefined : { value: `${amount} ${unit}`, parts: [bytes] };
}

const areAlike = (bounds: readonly Bound[]): boolean =>
  new Set(bounds.map(isUpper)).size < bounds.length;

type Range = Pick<Capability, "from" | "below">;

/** What a bound leaves: `from` is in it, `below` is not. */
function rangeOf({ operator, parts }: Bound): Range {
  switch (operator) {
    case ">=":
      return { from: parts };
    case ">":
      return { from: afterAll(parts) };
    case "<":
      return { below: parts };
    case "<=":
      return { below: afterAll(parts) };
    default:
      return { from: parts, below: afterAll(parts) };
  }
}

/** The first version that none of `parts` begins. */
function afterAll(parts: readonly number[]): readonly number[] {
  return parts.map((part, index) => (index === parts.length - 1 ? part + 1 : part));
}

/** Negative when `a` is less; what one of them does not name is 0. */
function compareParts(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether what a node has is what an expression asks for. What nobody knows is in no bounds. */
export function isWithin({ name, from, below }: Capability, offered: Offered): boolean {
  if (name !== undefined && offered.name !== name) return false;
  if (from === undefined && below === undefined) return true;
  const { parts } = offered;
  if (parts === undefined) return false;
  if (from !== undefined && compareParts(parts, from) < 0) return false;
  return below === undefined || compareParts(parts, below) < 0;
}

/** The first dotted number in a text such as `HeadlessChrome/140.0.1` or `6.1.0-28-amd64`; undefined when it has none. */
export function versionParts(text: string | undefined): readonly number[] | undefined {
  const found = text === undefined ? null : /\d+(\.\d+)*/.exec(text.slice(0, TEXT_LENGTH_MAX));
  return found === null ? undefined : found[0].split(".").slice(0, PARTS_MAX).map(Number);
}

/** A node's word for its kind of system, out of the text that it tells; undefined when it is none of the known. */
export function osFamilyOf(os: string): OsFamily | undefined {
  const word = NAME.exec(os)?.[0].toLowerCase() ?? "";
  const name = ALIASES.get(word) ?? word;
  return OS_FAMILIES.find((family) => family === name);
}

const REMEMBERED = new Map<string, ParsedCapability>();

/** Like `parseCapability`, and remembers what it read: of the same few texts for every test and node. */
export function rememberedCapability(kind: CapabilityKind, text: string): ParsedCapability {
  const key = `${kind} ${text}`;
  const known = REMEMBERED.get(key);
  if (known !== undefined) return known;
  if (REMEMBERED.size >= REMEMBERED_MAX) REMEMBERED.clear();
  const parsed = parseCapability(kind, text);
  REMEMBERED.set(key, parsed);
  return parsed;
}

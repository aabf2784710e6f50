/**
 * Pure: what a test needs of a node, and whether a node has it. Pools are strict: a node is in one, `default` when it
 * names none, and runs the tests of that pool alone. Expressions are those of src/shared/capability.ts.
 */
import type { Capabilities, Hello } from "#proto/hello.ts";
import type { Needs, NodeTraits, Platform, TestDefinition } from "#proto/test.ts";
import {
  type CapabilityKind,
  isWithin,
  type Offered,
  osFamilyOf,
  rememberedCapability,
  versionParts,
} from "#shared/capability.ts";
import { byCodeUnit } from "#suite/reading/order.ts";

/** The pool of nodes and of tests that name none. */
export const DEFAULT_POOL = "default";

/** What is asked about of a node: as it said hello. */
export type Bearer = Pick<Hello, "name" | "capabilities">;

/** What is asked of one node: a test's own needs, or what another of its group needs. */
type Asked = Omit<Needs, "also"> & { readonly platform: Platform };

const SINGLE_TRAITS = ["browser", "os", "arch", "cpus", "memory", "node"] as const;
const NOTHING: NodeTraits = { labels: [] };

const signatures = new WeakMap<TestDefinition, string>();

/** Tests with one signature can run on exactly the same nodes. Remembered with the definition. */
export function needsSignature(definition: TestDefinition): string {
  const known = signatures.get(definition);
  if (known !== undefined) return known;
  const signature = JSON.stringify(askedBy(definition).map(signed));
  signatures.set(definition, signature);
  return signature;
}

/** Its own first, then those of its group. */
function askedBy({ needs, platform }: TestDefinition): readonly Asked[] {
  return [{ ...needs, platform }, ...(needs.also ?? [])];
}

function signed(asked: Asked): readonly unknown[] {
  const { platform, pool = DEFAULT_POOL, not } = asked;
  return [platform, pool, signedTraits(asked), ...(not === undefined ? [] : [signedTraits(not)])];
}

function signedTraits(traits: NodeTraits): readonly unknown[] {
  return [
    ...SINGLE_TRAITS.map((trait) => traits[trait] ?? ""),
    ...traits.labels.toSorted(byCodeUnit),
  ];
}

/** What is asked, taken apart. */
type Demand = {
  readonly platform: Platform;
  readonly pool: string;
  readonly wanted: readonly Trait[];
  /** A node that has any of these is excluded. */
  readonly excluded: readonly Trait[];
};

type SingleTrait = (typeof SINGLE_TRAITS)[number];
type Trait = { readonly trait: SingleTrait | "label"; readonly text: string };

/** By signature: of the same few needs for every test and node. */
const demands = new Map<string, readonly Demand[]>();
const DEMANDS_MAX = 10_000;

function demandsOf(definition: TestDefinition): readonly Demand[] {
  const signature = needsSignature(definition);
  const known = demands.get(signature);
  if (known !== undefined) return known;
  const all = askedBy(definition).map(
    (asked): Demand => ({
      platform: asked.platform,
      pool: asked.pool ?? DEFAULT_POOL,
      wanted: traitsOf(asked),
      excluded: traitsOf(asked.not ?? NOTHING),
    }),
  );
  if (demands.size >= DEMANDS_MAX) demands.clear();
  demands.set(signature, all);
  return all;
}

/** Each trait by itself, the labels one by one. */
function traitsOf(traits: NodeTraits): readonly Trait[] {
  const single = SINGLE_TRAITS.flatMap((trait): Trait[] => {
    const text = traits[trait];
    return text === undefined ? [] : [{ trait, text }];
  });
  return [...single, ...traits.labels.map((text): Trait => ({ trait: "label", text }))];
}

/** @returns What the node lacks, one text a need, `not …` for what it has and must not; empty when it could run the test. */
export function missingNeeds(definition: TestDefinition, node: Bearer): readonly string[] {
  const [own = [], ...others] = demandsOf(definition).map((demand) => missingOf(demand, node));
  if (others.length === 0) return own;
  const further = others.flat().filter((one) => !own.includes(one));
  return [...own, ...[...new Set(further)].map((one) => `${one} for its group`)];
}

function missingOf({ platform, pool, wanted, excluded }: Demand, node: Bearer): string[] {
  const { able, pool: itsPool = DEFAULT_POOL } = node.capabilities;
  const missing: string[] = [];
  const isAble = able.some((one) => one.platform === platform);
  if (!isAble) missing.push(`platform ${platform}`);
  if (pool !== itsPool) missing.push(`pool ${pool} (it is in ${itsPool})`);
  for (const one of wanted) {
    // Where the platform is missing its browser is, too.
    const isTold = one.trait === "browser" && !isAble;
    if (!isTold && !hasTrait(one, { node, platform }))
      missing.push(`${one.trait} ${one.text}${hadOf(one.trait, { node, platform })}`);
  }
  for (const one of excluded)
    if (hasTrait(one, { node, platform })) missing.push(`not ${one.trait} ${one.text}`);
  return missing;
}

type Place = { readonly node: Bearer; readonly platform: Platform };

function hasTrait({ trait, text }: Trait, place: Place): boolean {
  const { name, capabilities } = place.node;
  if (trait === "node") return name === text;
  if (trait === "label") return capabilities.labels.includes(text);
  const parsed = rememberedCapability(trait, text);
  // What cannot be read is had by no node: the loader of suites refuses it, so only an older program can have said it.
  if (parsed.kind === "refused") return false;
  return offersOf(trait, place).some((one) => isWithin(parsed.capability, one));
}

type Offers = Map<string, readonly Offered[]>;
const offers = new WeakMap<Capabilities, Offers>();

/** Read once of what a node said: its versions are text. */
function offersOf(kind: CapabilityKind, { node, platform }: Place): readonly Offered[] {
  const { capabilities } = node;
  const known: Offers = offers.get(capabilities) ?? new Map();
  offers.set(capabilities, known);
  const key = `${kind} ${platform}`;
  const found = known.get(key) ?? readOffers(kind, capabilities, platform);
  known.set(key, found);
  return found;
}

function readOffers(
  kind: CapabilityKind,
  capabilities: Capabilities,
  platform: Platform,
): readonly Offered[] {
  switch (kind) {
    case "browser":
      return browsersOf(capabilities, platform).map(({ browser, version }) =>
        offered(browser, versionParts(version)),
      );
    case "os": {
      // An older node tells its system as a text alone.
      const family = capabilities.osFamily ?? osFamilyOf(capabilities.os);
      return [offered(family, versionParts(capabilities.os.split(" ")[1]))];
    }
    case "arch":
      return [offered(capabilities.arch)];
    case "cpus":
      return [{ parts: [capabilities.cpuCount] }];
    default:
      return [{ parts: [capabilities.memoryBytes] }];
  }
}

const offered = (name: string | undefined, parts?: readonly number[]): Offered =>
  parts === undefined ? { name } : { name, parts };

/** A browser is a need of its own on platforms that drive none. */
function browsersOf({ able }: Capabilities, platform: Platform): Capabilities["able"] {
  const own = platform === "web" ? able.filter((one) => one.platform === platform) : able;
  return own.filter((one) => one.browser !== undefined);
}

/** What it has instead, for people. */
function hadOf(trait: Trait["trait"], { node, platform }: Place): string {
  const { capabilities } = node;
  switch (trait) {
    case "browser": {
      const found = browsersOf(capabilities, platform).map(({ browser, version }) =>
        [browser, version ?? "of an unknown version"].join(" "),
      );
      return found.length === 0 ? "" : ` (it has ${[...new Set(found)].join(", ")})`;
    }
    case "os":
      return ` (it is ${capabilities.os})`;
    case "arch":
      return ` (it is ${capabilities.arch})`;
    case "cpus":
      return ` (it has ${capabilities.cpuCount})`;
    case "memory":
      return ` (it has ${Math.floor(capabilities.memoryBytes / 1e8) / 10} GB)`;
    default:
      return "";
  }
}

/** What keeps a node from running a test, as a predicate: `lacks label a and is excluded by not label slow`. */
export function unfitInWords(missing: readonly string[]): string {
  const excluded = missing.filter((one) => one.startsWith("not "));
  const lacks = missing.filter((one) => !excluded.includes(one));
  return [
    ...(lacks.length === 0 ? [] : [`lacks ${lacks.join(" and ")}`]),
    ...(excluded.length === 0 ? [] : [`is excluded by ${excluded.join(" and ")}`]),
  ].join(" and ");
}

/** The needs in words: `platform web, browser chromium >= 120, label lab-2, not label slow`. */
export function needsInWords(definition: TestDefinition): string {
  const [own = "", ...others] = demandsOf(definition).map(wordsOf);
  return [own, ...others.map((other) => `for its group ${other}`)].join("; ");
}

function wordsOf({ platform, pool, wanted, excluded }: Demand): string {
  return [
    `platform ${platform}`,
    ...(pool === DEFAULT_POOL ? [] : [`pool ${pool}`]),
    ...wanted.map(({ trait, text }) => `${trait} ${text}`),
    ...excluded.map(({ trait, text }) => `not ${trait} ${text}`),
  ].join(", ");
}

/**
 * Pure: what a test needs of a node, and whether a node has it. Pools are strict: a node is in one, `default` when it
 * names none, and runs the tests of that pool alone. Expressions are those of src/shared/capability.ts.
 */
import type { Capabilities, Hello } from "#proto/hello.ts";
import type { Needs, NodeTraits, Platform, TestDefinition } from "#proto/test.ts";
import {
  type Capability,
  type CapabilityKind,
  isWithin,
  type Offered,
  osFamilyOf,
  rememberedCapability,
  versionParts,
} from "#shared/capability.ts";

/** The pool of nodes and of tests that name none. */
export const DEFAULT_POOL = "default";

/** What is asked about of a node: as it said hello. */
export type Bearer = Pick<Hello, "name" | "capabilities">;

const SIGNATURES = new WeakMap<TestDefinition, string>();

/** Tests with one signature can run on exactly the same nodes. Remembered with the definition. */
export function needsSignature(definition: TestDefinition): string {
  const known = SIGNATURES.get(definition);
  if (known !== undefined) return known;
  const signature = allOf(definition).map(signed).join(" ");
  SIGNATURES.set(definition, signature);
  return signature;
}

/** What is asked of one node: a test's own, or what another of its group needs. */
type Asked = Omit<Needs, "also"> & { readonly platform: Platform };

/** Its own first, then those of its group. */
function allOf({ platform, needs }: TestDefinition): readonly Asked[] {
  return [{ ...needs, platform }, ...(needs.also ?? [])];
}

function signed(asked: Asked): string {
  const { platform, not } = asked;
  const excluded = not === undefined ? [] : [signedTraits(not)];
  return JSON.stringify([platform, poolOf(asked), ...signedTraits(asked), ...excluded]);
}

function signedTraits(traits: NodeTraits): readonly unknown[] {
  const sorted = [...traits.labels].sort((a, b) => (a < b ? -1 : 1));
  return [...SINGLE_TRAITS.map((trait) => traits[trait] ?? ""), sorted];
}

const SINGLE_TRAITS = ["browser", "os", "arch", "cpus", "memory", "node"] as const;

const poolOf = ({ pool = DEFAULT_POOL }: Pick<Needs, "pool">): string => pool;

/** The tests with the pool that each is for: its own, else the run's, else `default`. */
export function withPools(
  definitions: readonly TestDefinition[],
  pool: string = DEFAULT_POOL,
): readonly TestDefinition[] {
  return definitions.map((one) =>
    one.needs.pool === undefined ? { ...one, needs: { ...one.needs, pool } } : one,
  );
}

/**
 * The tests with what the others of their group need beside their own: the first of a group goes only where all of it
 * can run. Those that are skipped need nothing.
 */
export function withGroupNeeds(definitions: readonly TestDefinition[]): readonly TestDefinition[] {
  const members = Map.groupBy(definitions, ({ suite, schedule, skip }) =>
    schedule?.group === undefined || skip !== undefined
      ? undefined
      : JSON.stringify([suite, schedule.group.name]),
  );
  const also = new Map<TestDefinition, Asked[]>();
  for (const [group, tests] of members) {
    const distinct = new Map(tests.map((one) => [needsSignature(one), askedOf(one)]));
    if (group === undefined || distinct.size < 2) continue;
    for (const one of tests) {
      const own = needsSignature(one);
      also.set(
        one,
        [...distinct].flatMap(([key, asked]) => (key === own ? [] : [asked])),
      );
    }
  }
  return definitions.map((one) => {
    const others = also.get(one);
    return others === undefined ? one : { ...one, needs: { ...one.needs, also: others } };
  });
}

function askedOf({ platform, needs: { also: _also, ...needs } }: TestDefinition): Asked {
  return { ...needs, platform };
}

/** @returns What the node lacks, one text a need, `not …` for what it has and must not; empty when it could run the test. */
export function missingNeeds(definition: TestDefinition, node: Bearer): readonly string[] {
  const [own = [], ...others] = allOf(definition).map((asked) => missingOf(asked, node));
  const further = others.flat().filter((one) => !own.includes(one));
  return [...own, ...[...new Set(further)].map((one) => `${one} for its group`)];
}

function missingOf(asked: Asked, node: Bearer): string[] {
  const { platform } = asked;
  const { able, pool = DEFAULT_POOL } = node.capabilities;
  const missing: string[] = [];
  const isAble = able.some((one) => one.platform === platform);
  if (!isAble) missing.push(`platform ${platform}`);
  if (poolOf(asked) !== pool) missing.push(`pool ${poolOf(asked)} (it is in ${pool})`);
  for (const one of traitsOf(asked)) {
    // Where the platform is missing its browser is, too.
    const isTold = one.trait === "browser" && !isAble;
    if (!isTold && !hasTrait(one, { node, platform }))
      missing.push(`${one.trait} ${one.wanted}${hadOf(one.trait, { node, platform })}`);
  }
  for (const one of traitsOf(asked.not ?? NOTHING))
    if (hasTrait(one, { node, platform })) missing.push(`not ${one.trait} ${one.wanted}`);
  return missing;
}

const NOTHING: NodeTraits = { labels: [] };

type SingleTrait = (typeof SINGLE_TRAITS)[number];
type Trait = { readonly trait: SingleTrait | "label"; readonly wanted: string };
type Place = { readonly node: Bearer; readonly platform: Platform };

/** Each trait by itself, the labels one by one. */
function traitsOf(traits: NodeTraits): readonly Trait[] {
  const single = SINGLE_TRAITS.flatMap((trait): Trait[] => {
    const wanted = traits[trait];
    return wanted === undefined ? [] : [{ trait, wanted }];
  });
  return [...single, ...traits.labels.map((wanted): Trait => ({ trait: "label", wanted }))];
}

function hasTrait({ trait, wanted }: Trait, place: Place): boolean {
  if (trait === "node") return place.node.name === wanted;
  if (trait === "label") return place.node.capabilities.labels.includes(wanted);
  const capability = readKept(trait, wanted);
  return (
    capability !== undefined && offersOf(trait, place).some((one) => isWithin(capability, one))
  );
}

/** What cannot be read is had by no node: the loader of suites refuses it, so only an older program can have said it. */
function readKept(kind: CapabilityKind, text: string): Capability | undefined {
  const parsed = rememberedCapability(kind, text);
  return parsed.kind === "parsed" ? parsed.capability : undefined;
}

function offersOf(kind: CapabilityKind, { node, platform }: Place): readonly Offered[] {
  const { capabilities } = node;
  switch (kind) {
    case "browser":
      return browsersOf(capabilities, platform).map(({ browser, version }) =>
        offered(browser, versionParts(version)),
      );
    case "os":
      return [offered(osOf(capabilities), versionParts(capabilities.os.split(" ")[1]))];
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

/** An older node tells its system as a text alone. */
const osOf = ({ osFamily, os }: Capabilities): string | undefined => osFamily ?? osFamilyOf(os);

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
  const [own = "", ...others] = allOf(definition).map(wordsOf);
  return [own, ...others.map((other) => `for its group ${other}`)].join("; ");
}

function wordsOf(asked: Asked): string {
  const pool = poolOf(asked);
  return [
    `platform ${asked.platform}`,
    ...(pool === DEFAULT_POOL ? [] : [`pool ${pool}`]),
    ...traitsOf(asked).map(({ trait, wanted }) => `${trait} ${wanted}`),
    ...traitsOf(asked.not ?? NOTHING).map(({ trait, wanted }) => `not ${trait} ${wanted}`),
  ].join(", ");
}

/**
 * Pure: what a test needs of a node, and whether a node has it. Pools are strict: a node is in one, `default` when it
 * names none, and runs the tests of that pool alone. Expressions are those of src/shared/capability.ts.
 */
import type { Capabilities, Hello } from "#proto/hello.ts";
import type { NodeTraits, Platform, TestDefinition } from "#proto/test.ts";
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
  const { platform, needs } = definition;
  const signature = JSON.stringify([
    platform,
    poolOf(definition),
    ...signedTraits(needs),
    ...(needs.not === undefined ? [] : [signedTraits(needs.not)]),
  ]);
  SIGNATURES.set(definition, signature);
  return signature;
}

function signedTraits({ labels, ...traits }: NodeTraits): readonly unknown[] {
  const sorted = [...labels].sort((a, b) => (a < b ? -1 : 1));
  return [...SINGLE_TRAITS.map((trait) => traits[trait] ?? ""), sorted];
}

const SINGLE_TRAITS = ["browser", "os", "arch", "cpus", "memory", "node"] as const;

const poolOf = ({ needs }: TestDefinition): string => needs.pool ?? DEFAULT_POOL;

/** The tests with the pool that each is for: its own, else the run's, else `default`. */
export function withPools(
  definitions: readonly TestDefinition[],
  pool: string = DEFAULT_POOL,
): readonly TestDefinition[] {
  return definitions.map((one) =>
    one.needs.pool === undefined ? { ...one, needs: { ...one.needs, pool } } : one,
  );
}

/** @returns What the node lacks, one text a need, `not …` for what it has and must not; empty when it could run the test. */
export function missingNeeds(definition: TestDefinition, node: Bearer): readonly string[] {
  const { platform, needs } = definition;
  const { able, pool = DEFAULT_POOL } = node.capabilities;
  const missing: string[] = [];
  const asked = { node, platform };
  const isAble = able.some((one) => one.platform === platform);
  if (!isAble) missing.push(`platform ${platform}`);
  if (poolOf(definition) !== pool) missing.push(`pool ${poolOf(definition)} (it is in ${pool})`);
  for (const one of traitsOf(needs)) {
    // Where the platform is missing its browser is, too.
    const isTold = one.trait === "browser" && !isAble;
    if (!isTold && !hasTrait(one, asked))
      missing.push(`${one.trait} ${one.wanted}${hadOf(one.trait, asked)}`);
  }
  for (const one of traitsOf(needs.not ?? NOTHING))
    if (hasTrait(one, asked)) missing.push(`not ${one.trait} ${one.wanted}`);
  return missing;
}

const NOTHING: NodeTraits = { labels: [] };

type SingleTrait = (typeof SINGLE_TRAITS)[number];
type Trait = { readonly trait: SingleTrait | "label"; readonly wanted: string };
type Asked = { readonly node: Bearer; readonly platform: Platform };

/** Each trait by itself, the labels one by one. */
function traitsOf(traits: NodeTraits): readonly Trait[] {
  const single = SINGLE_TRAITS.flatMap((trait): Trait[] => {
    const wanted = traits[trait];
    return wanted === undefined ? [] : [{ trait, wanted }];
  });
  return [...single, ...traits.labels.map((wanted): Trait => ({ trait: "label", wanted }))];
}

function hasTrait({ trait, wanted }: Trait, asked: Asked): boolean {
  if (trait === "node") return asked.node.name === wanted;
  if (trait === "label") return asked.node.capabilities.labels.includes(wanted);
  const capability = readKept(trait, wanted);
  return (
    capability !== undefined && offersOf(trait, asked).some((one) => isWithin(capability, one))
  );
}

/** What cannot be read is had by no node: the loader of suites refuses it, so only an older program can have said it. */
function readKept(kind: CapabilityKind, text: string): Capability | undefined {
  const parsed = rememberedCapability(kind, text);
  return parsed.kind === "parsed" ? parsed.capability : undefined;
}

function offersOf(kind: CapabilityKind, { node, platform }: Asked): readonly Offered[] {
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
function hadOf(trait: Trait["trait"], { node, platform }: Asked): string {
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
  const { platform, needs } = definition;
  const pool = poolOf(definition);
  return [
    `platform ${platform}`,
    ...(pool === DEFAULT_POOL ? [] : [`pool ${pool}`]),
    ...traitsOf(needs).map(({ trait, wanted }) => `${trait} ${wanted}`),
    ...traitsOf(needs.not ?? NOTHING).map(({ trait, wanted }) => `not ${trait} ${wanted}`),
  ].join(", ");
}

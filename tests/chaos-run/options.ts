/** The words of `npm run chaos`, read and refused by name. */
import { PROFILES, type Profile, type ProfileName } from "./profiles.ts";
import { SABOTAGES, type SabotageName } from "./sabotages.ts";

export type ChaosOptions = {
  /** Kills that must hit work in flight; undefined: as many as the time allows. */
  readonly kills: number | undefined;
  readonly seed: number;
  /** When no further fault begins; undefined: when there were enough. */
  readonly minutes: number | undefined;
  readonly profile: Profile;
  readonly sabotage: SabotageName | undefined;
  readonly isJson: boolean;
};

/** What is wrong with the words, for people. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const FLAGS = ["--kills", "--seed", "--minutes", "--sabotage", "--profile"];

/**
 * Reads the words; a seed that is not given is drawn by `freshSeed`.
 *
 * @throws {UsageError} For an unknown word and for a value that cannot be read.
 */
export function readOptions(words: readonly string[], freshSeed: () => number): ChaosOptions {
  const given = new Map<string, string>();
  const rest = [...words];
  let isJson = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--json") isJson = true;
    else given.set(flagOf(word), neededValue(word, rest.shift()));
  }
  const sabotage = choose(given, "--sabotage", Object.keys(SABOTAGES) as SabotageName[]);
  const named = choose(given, "--profile", Object.keys(PROFILES) as ProfileName[]);
  const profile = PROFILES[named ?? (sabotage === undefined ? "all" : SABOTAGES[sabotage].profile)];
  const minutes = numberOf(given, "--minutes");
  const kills = numberOf(given, "--kills");
  return {
    kills: kills ?? (minutes === undefined ? profile.kills : undefined),
    seed: numberOf(given, "--seed") ?? freshSeed(),
    minutes,
    profile,
    sabotage,
    isJson,
  };
}

function flagOf(word: string): string {
  if (FLAGS.includes(word)) return word;
  throw new UsageError(`Unknown word ${word}: expected ${[...FLAGS, "--json"].join(", ")}`);
}

function neededValue(flag: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new UsageError(`Cannot read ${flag}: its value is missing`);
}

function choose<T extends string>(
  given: ReadonlyMap<string, string>,
  flag: string,
  names: readonly T[],
): T | undefined {
  const value = given.get(flag);
  if (value === undefined) return undefined;
  const name = names.find((one) => one === value);
  if (name !== undefined) return name;
  throw new UsageError(`Cannot read ${flag}: expected ${names.join(", ")}, got ${value}`);
}

function numberOf(given: ReadonlyMap<string, string>, flag: string): number | undefined {
  const text = given.get(flag);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && Number.isFinite(value)) return value;
  throw new UsageError(`Cannot read ${flag}: a number of 0 or more is expected, got ${text}`);
}

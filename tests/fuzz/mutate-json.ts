/** Changes a JSON tree at random places: keys, types, sizes, order. */
import type { Random } from "../sim/random.ts";
import { ODD_KEYS, oddValue } from "./odd-values.ts";

type Mapping = { [key: string]: unknown };
/** A place in a tree: the thing that holds it, and its key there. */
type Place = { readonly holder: Mapping | unknown[]; readonly key: string };

const PLACES_MAX = 20_000;

/** A changed copy; `count` changes at places of their own. */
export function mutateJson(tree: unknown, random: Random, count: number): unknown {
  const root: Mapping = { root: structuredClone(tree) };
  for (let done = 0; done < count; done += 1) {
    const places = placesOf(root);
    const place = random.pick(places);
    changeAt(place, places, random);
  }
  return root["root"];
}

function placesOf(root: Mapping): Place[] {
  const places: Place[] = [];
  const open: (Mapping | unknown[])[] = [root];
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      const value = (holder as Mapping)[key];
      if (typeof value === "object" && value !== null) open.push(value as Mapping);
    }
    if (places.length > PLACES_MAX) break;
  }
  return places;
}

function changeAt({ holder, key }: Place, places: readonly Place[], random: Random): void {
  const value = (holder as Mapping)[key];
  switch (random.int(0, 8)) {
    case 0:
      return removeAt(holder, key);
    case 1:
    case 2:
      return set(holder, key, oddValue(random));
    case 3:
      return rename(holder, key, random);
    case 4: {
      // A part of the tree at a place where another is due.
      const other = random.pick(places);
      return set(holder, key, structuredClone((other.holder as Mapping)[other.key]));
    }
    case 5:
      return set(holder, key, random.chance(0.5) ? [value] : { [random.pick(ODD_KEYS)]: value });
    case 6:
      return repeat(value, random);
    case 7:
      return add(value, random);
    default:
      if (typeof value === "number") set(holder, key, value * random.pick([-1, 0, 1e9, 1e-9]));
      else if (typeof value === "string") set(holder, key, mangle(value, random));
      else set(holder, key, JSON.stringify(value) ?? "");
  }
}

function removeAt(holder: Mapping | unknown[], key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (key !== "root") delete holder[key];
}

/** `__proto__` becomes an own key, as JSON.parse makes it. */
function set(holder: Mapping | unknown[], key: string, value: unknown): void {
  Object.defineProperty(holder, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function rename(holder: Mapping | unknown[], key: string, random: Random): void {
  if (Array.isArray(holder) || key === "root") return;
  const value = holder[key];
  delete holder[key];
  const typo = key.slice(0, random.int(0, key.length)) + random.pick(["", "x", "S", " "]);
  set(holder, random.chance(0.5) ? typo : random.pick(ODD_KEYS), value);
}

function repeat(value: unknown, random: Random): void {
  if (!Array.isArray(value) || value.length === 0) return;
  const count = random.pick([2, 2, 3, 50]);
  const item: unknown = random.pick(value);
  for (let made = 0; made < count; made += 1) value.push(structuredClone(item));
}

function add(value: unknown, random: Random): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) value.splice(random.int(0, value.length), 0, oddValue(random));
  else set(value as Mapping, random.pick(ODD_KEYS), oddValue(random));
}

function mangle(text: string, random: Random): string {
  const at = random.int(0, text.length);
  const put = random.pick(["", "\n", "\u0000", "${vars.x}", "'", '"', "../", "é", "\ud83d", " "]);
  return text.slice(0, at) + put + text.slice(at + random.int(0, 3));
}

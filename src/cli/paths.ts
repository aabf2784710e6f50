/** P: paths as the caller means them. */
import { isAbsolute, relative, resolve } from "node:path";

/** Makes a path that a person gave absolute. */
export function fromCaller(callerDir: string, path: string): string {
  return resolve(callerDir, path);
}

/** The short form of a path for people: relative to the caller's folder unless it lies outside. */
export function forPeople(callerDir: string, path: string): string {
  const short = relative(callerDir, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

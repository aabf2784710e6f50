/** P: where a suite's file lies for a CI system: relative to the folder that it checked out. */
import { isAbsolute, relative, resolve, sep } from "node:path";

/** The file relative to `rootDir` with forward slashes; undefined when it lies outside. */
export function withinRoot(rootDir: string, path: string): string | undefined {
  const within = relative(rootDir, path);
  const isOutside = within === ".." || within.startsWith(`..${sep}`) || isAbsolute(within);
  if (within === "" || isOutside) return undefined;
  return within.split(sep).join("/");
}

/** A suite's file as the person named it, for the CI system. */
export function suiteWithin(rootDir: string, callerDir: string, file: string): string | undefined {
  return withinRoot(rootDir, resolve(callerDir, file));
}

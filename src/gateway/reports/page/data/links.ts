/** P: addresses of artifacts, and the words of a shell. */
import type { PageArtifact, PageTest } from "../../packed/unpack.ts";

/** Relative to the page: each part percent-encoded, so that no name can be a query, a scheme or another folder. */
export function artifactHref(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..");
  return parts.map((part) => encodeURIComponent(part.toWellFormed())).join("/");
}

/** Where a stored artifact lies; undefined when it is not beside the page. */
export function hrefOf({ state, path }: PageArtifact): string | undefined {
  return state === "stored" && path !== undefined ? artifactHref(path) : undefined;
}

/** One word of a shell command. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that runs one test again, from where the suite was submitted. */
export function againCommand({ file, key }: PageTest): string {
  const pattern = `^${key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
  return `panoptic run ${shellWord(file)} --grep ${shellWord(pattern)}`;
}

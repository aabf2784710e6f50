/** Reads the folder of a report that somebody brought: it may hold anything, and links in it may lead anywhere. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, sep } from "node:path";
import { z } from "zod";
import { REPORT_SCHEMA_VERSION, Report } from "#proto/report.ts";
import { MeshError, messageOf } from "#shared/errors.ts";

export type ReadReport =
  | { readonly kind: "read"; readonly report: Report }
  /** Why there is none, for the end of a sentence about the folder. */
  | { readonly kind: "unreadable"; readonly why: string };

const REPORT_BYTES_MAX = 512 * 1024 * 1024;
const Versioned = z.object({ schemaVersion: z.number() });

/** @throws {MeshError} `usage` when there is no such folder. */
export function readReportFolder(folder: string): ReadReport {
  if (!isFolder(folder))
    throw new MeshError("usage", `Cannot read ${folder}: there is no such folder`);
  const path = fileInside(folder, "report.json");
  if (path === undefined) return { kind: "unreadable", why: "holds no report.json" };
  const { size } = statSync(path);
  if (size > REPORT_BYTES_MAX)
    return { kind: "unreadable", why: `has a report.json of ${size} bytes, more than can be read` };
  return parseReport(path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function parseReport(path: string): ReadReport {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (thrown) {
    return {
      kind: "unreadable",
      why: `has a report.json that cannot be read: ${messageOf(thrown)}`,
    };
  }
  const version = Versioned.safeParse(value).data?.schemaVersion;
  if (version !== undefined && version !== REPORT_SCHEMA_VERSION)
    return {
      kind: "unreadable",
      why: `has a report.json of version ${version}, this program reads ${REPORT_SCHEMA_VERSION}`,
    };
  const parsed = Report.safeParse(value);
  if (parsed.success) return { kind: "read", report: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? "" : `: ${issue.path.join(".")} ${issue.message}`;
  return { kind: "unreadable", why: `has a report.json that is no report${where}` };
}

/** The real path of a plain file inside a folder; undefined when there is none, or a link leads out of it. */
export function fileInside(folder: string, path: string): string | undefined {
  if (isAbsolute(path)) return undefined;
  try {
    const root = realpathSync(folder);
    const real = realpathSync(join(root, path));
    return real.startsWith(root + sep) && statSync(real).isFile() ? real : undefined;
  } catch {
    // Not there, or not to be reached.
    return undefined;
  }
}

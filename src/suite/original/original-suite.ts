/**
 * A suite file of the original Panoptic, a Go program: read as it is, checked whole.
 *
 * One app is one test, its actions are the steps. In the original unknown keys were ignored, failed apps ended with exit
 * code 0, and most settings and many actions did nothing. Here nothing is ignored in silence: what has no effect is a
 * warning with its line, what cannot be done is refused with its line (or skipped and shown, when that was asked for).
 * Values are literal: a `${` in them refers to nothing.
 */
import type { FaultLog, Position } from "../reading/fault-log.ts";
import type { LocatedMapping } from "../reading/located.ts";
import { baseNameOf, type SuiteSource } from "../source.ts";
import { type OriginalAction, readActions } from "./actions.ts";
import { type OriginalApp, readApps } from "./apps.ts";
import { OriginalFields } from "./fields.ts";
import { warnUnknown } from "./inert.ts";
import { type OriginalSettings, readSettings } from "./settings.ts";
import { ROOT_KEYS } from "./words.ts";

export type OriginalSuite = {
  readonly format: "original";
  readonly file: string;
  readonly name: string;
  readonly nameAt: Position;
  /** The folder that the suite wants its report in. */
  readonly output: { readonly folder: string; readonly at: Position } | undefined;
  readonly apps: readonly OriginalApp[];
  /** Of each app that has none of its own. */
  readonly actions: readonly OriginalAction[];
  readonly settings: OriginalSettings;
};

const START: Position = { line: 1, column: 1 };
const NAME_LENGTH_MAX = 500;

/** Reads a suite; what is wrong with it is in the log. */
export function readOriginalSuite(
  source: SuiteSource,
  root: LocatedMapping,
  log: FaultLog,
): OriginalSuite {
  const fields = new OriginalFields(root, log);
  for (const entry of root.entries)
    if (!ROOT_KEYS.includes(entry.key))
      warnUnknown(entry, { what: "a suite of the original Panoptic", known: ROOT_KEYS }, log);
  const name = fields.text("name")?.trim() ?? "";
  if (name.length > NAME_LENGTH_MAX)
    log.error(
      fields.at("name"),
      `Expected a name of at most ${NAME_LENGTH_MAX} characters, found ${name.length}`,
    );
  const folder = fields.text("output");
  const actions = readActions(fields, log);
  const apps = readApps(fields, log);
  const listed = fields.entry("actions");
  const isReplaced = apps.length > 0 && apps.every((app) => app.actions.length > 0);
  if (listed !== undefined && actions.length > 0 && isReplaced)
    log.warn(
      listed.at,
      "No effect of actions: each app has actions of its own, which replace them",
    );
  return {
    format: "original",
    file: source.file,
    name: name === "" ? baseNameOf(source.file) : name,
    nameAt: fields.entry("name")?.value ?? START,
    output: folder === undefined ? undefined : { folder, at: fields.at("output") },
    apps,
    actions,
    settings: readSettings(fields.inside("settings"), log),
  };
}

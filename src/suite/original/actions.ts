/** Reads the actions of an original suite: each as a typed value with its places; what it needs and does not have is told here. */
import { adviceFor, type FaultLog, type Position } from "../reading/fault-log.ts";
import { describeFound, type Located } from "../reading/located.ts";
import { isEmpty, OriginalFields } from "./fields.ts";
import { type FileKind, hasEnding } from "./file-name.ts";
import { warnUnknown } from "./inert.ts";
import { secondsOf } from "./seconds.ts";
import { ACTION_KEYS, ACTION_TYPES, isWebAction, readsKey, type WebAction } from "./words.ts";

/** What an action does, as a web app can do it. */
export type Deed =
  | { readonly type: "navigate"; readonly url: string }
  | { readonly type: "click"; readonly selector: string }
  | { readonly type: "fill"; readonly selector: string; readonly value: string }
  | { readonly type: "submit"; readonly selector: string | undefined }
  | { readonly type: "wait"; readonly waitMs: number }
  | { readonly type: "screenshot" }
  | { readonly type: "record"; readonly forMs: number }
  /** A type that is not supported yet. */
  | { readonly type: "unsupported" };

export type OriginalAction = {
  /** The type as written. */
  readonly kind: string;
  readonly name: string | undefined;
  readonly deed: Deed;
  /** `parameters.filename`, for the picture or the film that it belongs to. */
  readonly fileName:
    | { readonly of: FileKind; readonly text: string; readonly at: Position }
    | undefined;
  /** A picture after it. */
  readonly isPictured: boolean;
  /** A film during it. */
  readonly isFilmed: boolean;
  readonly at: Position;
  readonly typeAt: Position;
};

const WAIT_MS = 1_000;
const FILM_MS = 30_000;

/** Reads a list of actions; those that are refused are left out, and the log holds why. */
export function readActions(fields: OriginalFields, log: FaultLog): readonly OriginalAction[] {
  return fields
    .items("actions", "a list of actions")
    .flatMap((node) => readAction(node, log) ?? []);
}

function readAction(node: Located, log: FaultLog): OriginalAction | undefined {
  if (node.kind !== "mapping") {
    const found = describeFound(node);
    log.error(
      node,
      `Expected an action such as { type: click, selector: "#save" }, found ${found}`,
    );
    return undefined;
  }
  const fields = new OriginalFields(node, log);
  for (const entry of node.entries)
    if (!ACTION_KEYS.includes(entry.key))
      warnUnknown(entry, { what: "an action", known: ACTION_KEYS }, log);
  const kind = fields.text("type");
  if (kind === undefined) {
    if (!fields.has("type")) log.error(node, 'Missing "type" in an action');
    return undefined;
  }
  if (!ACTION_TYPES.includes(kind)) {
    const advice = adviceFor(kind, ACTION_TYPES);
    log.error(fields.at("type"), `Unknown action type ${JSON.stringify(kind)}: ${advice}`);
    return undefined;
  }
  return new ActionReader(fields, log).read(kind);
}

class ActionReader {
  readonly #fields: OriginalFields;
  readonly #log: FaultLog;

  constructor(fields: OriginalFields, log: FaultLog) {
    this.#fields = fields;
    this.#log = log;
  }

  read(kind: string): OriginalAction | undefined {
    const fields = this.#fields;
    const deed: Deed | undefined = isWebAction(kind) ? this.#deed(kind) : { type: "unsupported" };
    if (isWebAction(kind)) this.#tellUnread(kind);
    const isPictured = fields.flag("screenshot") ?? false;
    const isFilmed = fields.flag("record") ?? false;
    if (isFilmed && kind === "record")
      this.#warnAt("record", "No effect of record on a record: it films anyway");
    const fileName = isWebAction(kind) ? this.#fileName(kind, { isPictured, isFilmed }) : undefined;
    const name = fields.text("name");
    if (deed === undefined) return undefined;
    return {
      kind,
      name: name?.trim() === "" ? undefined : name,
      deed,
      fileName,
      isPictured,
      isFilmed: isFilmed && kind !== "record",
      at: fields.node,
      typeAt: fields.at("type"),
    };
  }

  #deed(type: WebAction): Deed | undefined {
    switch (type) {
      case "navigate":
        return this.#navigate();
      case "click":
        return this.#click();
      case "fill":
        return this.#fill();
      case "submit":
        return { type, selector: this.#filled("selector") };
      case "wait":
        return { type, waitMs: secondsOf(this.#fields, { key: "wait_time", min: 0 }) ?? WAIT_MS };
      case "screenshot":
        return { type };
      case "record":
        return this.#record();
    }
  }

  #navigate(): Deed | undefined {
    const url = this.#filled("url");
    const value = this.#filled("value");
    const to = url ?? value;
    if (to === undefined) return this.#missing("url", "navigate needs a url (or a value)");
    if (url !== undefined && value !== undefined)
      this.#warnAt("value", "No effect of value beside url");
    return { type: "navigate", url: to };
  }

  #click(): Deed | undefined {
    const selector = this.#filled("selector");
    const target = this.#filled("target");
    const found = selector ?? target;
    if (found === undefined)
      return this.#missing("selector", "click needs a selector (or a target)");
    if (selector !== undefined && target !== undefined)
      this.#warnAt("target", "No effect of target beside selector");
    return { type: "click", selector: found };
  }

  #fill(): Deed | undefined {
    const selector = this.#filled("selector");
    const value = this.#fields.text("value") ?? "";
    if (selector === undefined) return this.#missing("selector", "fill needs a selector");
    return { type: "fill", selector, value };
  }

  #record(): Deed {
    const forMs = secondsOf(this.#fields, { key: "duration", min: 0 });
    if (forMs !== 0) return { type: "record", forMs: forMs ?? FILM_MS };
    const text = "A duration of 0 means its default, as in the original: 30 seconds";
    this.#log.warn(this.#fields.at("duration"), text);
    return { type: "record", forMs: FILM_MS };
  }

  /** A text with something in it. */
  #filled(key: string): string | undefined {
    const text = this.#fields.text(key);
    return text === undefined || text.trim() === "" ? undefined : text;
  }

  /** What was refused is told there already. */
  #missing(key: string, message: string): undefined {
    const node = this.#fields.entry(key)?.value;
    if (node !== undefined && node.kind !== "scalar") return undefined;
    // `selector: #user` is a key with a comment behind it.
    const isNothing = node !== undefined && node.value === null && node.source === "";
    const hint = isNothing ? `; what begins with # needs quotes, or it is a comment` : "";
    this.#log.error(this.#fields.node, `Missing "${key}" in an action: ${message}${hint}`);
    return undefined;
  }

  #warnAt(key: string, message: string): void {
    const entry = this.#fields.entry(key);
    if (entry !== undefined) this.#log.warn(entry.at, message);
  }

  #tellUnread(type: WebAction): void {
    for (const { key, at, value } of this.#fields.node.entries) {
      if (!ACTION_KEYS.includes(key) || readsKey(type, key) || key === "parameters") continue;
      if (!isEmpty(value)) this.#log.warn(at, `No effect of ${key} on the action type "${type}"`);
    }
  }

  /** `parameters`: only `filename` means something, where there is a picture or a film. */
  #fileName(
    type: WebAction,
    wants: { readonly isPictured: boolean; readonly isFilmed: boolean },
  ): OriginalAction["fileName"] {
    const parameters = this.#fields.inside("parameters");
    for (const { key, at, value } of parameters?.node.entries ?? []) {
      if (key !== "filename" && !isEmpty(value))
        this.#log.warn(at, `No effect of parameters.${key} on the action type "${type}"`);
    }
    const text = parameters?.text("filename");
    const entry = parameters?.entry("filename");
    if (text === undefined || entry === undefined || parameters === undefined) return undefined;
    const of = ownerOf(text, { type, ...wants });
    if (of !== undefined) return { of, text, at: parameters.at("filename") };
    this.#log.warn(entry.at, `No effect of parameters.filename on the action type "${type}"`);
    return undefined;
  }
}

/** Whether a file name is that of a picture or that of a film. */
function ownerOf(
  name: string,
  { type, isPictured, isFilmed }: { type: WebAction; isPictured: boolean; isFilmed: boolean },
): FileKind | undefined {
  if (type === "screenshot") return "picture";
  if (type === "record") return "video";
  if (isPictured && !hasEnding(name, "video")) return "picture";
  return isFilmed && !hasEnding(name, "picture") ? "video" : undefined;
}

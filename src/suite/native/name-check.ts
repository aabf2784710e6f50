/**
 * Checks every `${…}` of a suite as soon as it is loaded: its grammar, its scope, and whether it may stand where it
 * stands. Names of data and matrix differ by test and are checked when tests are expanded.
 */
import { scanTemplate, type TemplatePart, type TemplateReference } from "#shared/template.ts";
import { adviceFor, type FaultLog, type Position } from "../reading/fault-log.ts";
import { entryOf, type Located, type LocatedMapping } from "../reading/located.ts";
import { RUN_SCOPES, STATIC_SCOPES } from "../reading/openness.ts";
import type { YamlTree } from "../reading/yaml-tree.ts";

/** Later ones of one reference in one text are told at the text. */
const OCCURRENCES_MAX = 100;
const SCOPES: readonly string[] = [...STATIC_SCOPES, ...RUN_SCOPES];
const FIXED_NAMES: ReadonlyMap<string, string> = new Map([
  ["run", "id"],
  ["attempt", "number"],
]);

/** Where a part of a suite stands, which decides what it may refer to. */
export type NamePlace = {
  /** "vars", for messages. */
  readonly what: string;
  readonly scopes: readonly string[];
  /** The vars that are defined at this point. */
  readonly vars: readonly string[];
  /** The parameters of the flow around it. */
  readonly params?: readonly string[];
};

export type EnvReference = {
  readonly name: string;
  readonly hasDefault: boolean;
  readonly at: Position;
  readonly source: string;
  /** The file in which it stands. */
  readonly file: string;
};

export type NameCheckInput = {
  readonly tree: YamlTree;
  readonly log: FaultLog;
  readonly secrets: readonly string[];
  /** All vars of the suite, in order. */
  readonly vars: readonly string[];
};

/** Walks parts of one suite; collects what they want from the environment. */
export class NameCheck {
  readonly #input: NameCheckInput;
  readonly env: EnvReference[] = [];

  constructor(input: NameCheckInput) {
    this.#input = input;
  }

  check(node: Located, place: NamePlace): void {
    switch (node.kind) {
      case "scalar":
        if (typeof node.value === "string") this.#checkText(node.value, node, place);
        return;
      case "list":
        for (const item of node.items) this.check(item, place);
        return;
      default:
        this.#checkEntries(node, place);
    }
  }

  #checkEntries(node: LocatedMapping, place: NamePlace): void {
    const given = loopNamesIn(node);
    const inside = given.length === 0 ? place : { ...place, scopes: [...place.scopes, ...given] };
    for (const entry of node.entries) {
      this.#checkText(entry.key, { ...node, ...entry.at }, place);
      const isLoop = entry.key === "repeat" && entry.value.kind === "mapping";
      if (isLoop && given.length > 0) this.#checkRepeat(entry.value, { place, inside });
      else this.check(entry.value, entry.key === "steps" ? inside : place);
    }
  }

  /** Its steps may stand in its mapping. */
  #checkRepeat(
    node: Located,
    { place, inside }: { readonly place: NamePlace; readonly inside: NamePlace },
  ): void {
    if (node.kind !== "mapping") return this.check(node, place);
    for (const entry of node.entries)
      this.check(entry.value, entry.key === "steps" ? inside : place);
  }

  #checkText(text: string, node: Located, place: NamePlace): void {
    if (!text.includes("${") || this.#input.log.isFull) return;
    const seen = new Map<string, number>();
    for (const part of scanTemplate(text)) {
      if (part.kind === "text") continue;
      const occurrence = seen.get(part.source) ?? 0;
      seen.set(part.source, occurrence + 1);
      this.#checkPart(
        part,
        positionInside(this.#input.tree, node, { source: part.source, occurrence }),
        place,
      );
    }
  }

  #checkPart(part: Exclude<TemplatePart, { kind: "text" }>, at: Position, place: NamePlace): void {
    if (part.kind === "malformed") {
      this.#input.log.error(
        at,
        `Cannot read ${part.source}: ${part.reason}; a literal \${ is written $\${`,
      );
      return;
    }
    const fault = this.#faultIn(part, place);
    if (fault !== undefined) this.#input.log.error(at, fault);
    else if (part.scope === "env") this.#noteEnv(part, at);
  }

  #noteEnv(part: TemplateReference, at: Position): void {
    this.env.push({
      name: part.path.join("."),
      hasDefault: part.fallback !== undefined,
      at,
      source: part.source,
      file: this.#input.log.file,
    });
    if (this.#input.secrets.includes(part.path.join("."))) {
      this.#input.log.warn(
        at,
        `${part.source} is declared a secret: \${secrets.${part.path.join(".")}} keeps it out of names and keys`,
      );
    }
  }

  #faultIn(part: TemplateReference, place: NamePlace): string | undefined {
    const unknown = `Unknown name ${part.source}`;
    const isOfLoop = !SCOPES.includes(part.scope) && place.scopes.includes(part.scope);
    if (!SCOPES.includes(part.scope) && !isOfLoop)
      return `${unknown}: ${adviceFor(part.scope, [...new Set([...SCOPES, ...place.scopes])])}`;
    if (part.path.length === 0 && !isOfLoop)
      return `${unknown}: expected a name after "${part.scope}", such as \${${part.scope}.${FIXED_NAMES.get(part.scope) ?? "x"}}`;
    if (!place.scopes.includes(part.scope)) return misplaced(part, place);
    if (part.fallback !== undefined && part.scope !== "env")
      return `Cannot read ${part.source}: only env takes a default after ??`;
    return this.#faultInPath(part, place);
  }

  #faultInPath(part: TemplateReference, place: NamePlace): string | undefined {
    const unknown = `Unknown name ${part.source}`;
    const name = part.path.join(".");
    const [first = ""] = part.path;
    const fixed = FIXED_NAMES.get(part.scope);
    if (fixed !== undefined)
      return name === fixed ? undefined : `${unknown}: ${adviceFor(name, [fixed])}`;
    if (part.scope === "secrets" && !this.#input.secrets.includes(name)) {
      return `${unknown}: not in the suite's secrets; ${adviceFor(name, this.#input.secrets)}`;
    }
    if (part.scope === "params") {
      const { params = [] } = place;
      return isDefined(part.path, params)
        ? undefined
        : `${unknown}: not in the flow's params; ${adviceFor(first, params)}`;
    }
    if (part.scope !== "vars" || isDefined(part.path, place.vars)) return undefined;
    if (isDefined(part.path, this.#input.vars))
      return `${unknown}: "${first}" is not defined above; vars may use env and the vars above them`;
    return `${unknown}: not in the suite's vars; ${adviceFor(first, place.vars)}`;
  }
}

/** The names that a step gives to the steps inside it. */
function loopNamesIn(node: LocatedMapping): readonly string[] {
  const { value: repeat } = entryOf(node, "repeat") ?? {};
  const isEach = entryOf(node, "forEach") !== undefined;
  if (!isEach && repeat === undefined) return [];
  const index =
    entryOf(node, "index") ?? (repeat?.kind === "mapping" ? entryOf(repeat, "index") : undefined);
  const names = [isEach ? (entryOf(node, "as")?.value ?? "item") : undefined, index?.value];
  return names.flatMap((name) => {
    const text = typeof name === "object" && name.kind === "scalar" ? name.value : name;
    return typeof text === "string" ? [text] : [];
  });
}

/** A var's own name may hold dots. */
function isDefined(path: readonly string[], vars: readonly string[]): boolean {
  return path.some((_, index) => vars.includes(path.slice(0, index + 1).join(".")));
}

function misplaced(part: TemplateReference, place: NamePlace): string {
  const scopes = place.scopes.length === 0 ? "no names" : place.scopes.join(", ");
  const when = (RUN_SCOPES as readonly string[]).includes(part.scope)
    ? "is known only on the node"
    : "is not known here";
  return `${part.source} ${when}: ${place.what} may use ${scopes}`;
}

/** The position of a reference inside a text that may run over many lines; of the text itself when it is not found. */
export function positionInside(
  tree: YamlTree,
  node: Position,
  reference: { readonly source: string; readonly occurrence: number },
): Position {
  const span = tree.spans.get(node);
  if (span === undefined || reference.occurrence > OCCURRENCES_MAX) return node;
  const [start, end] = span;
  let index = start - 1;
  for (let count = 0; count <= reference.occurrence; count += 1) {
    index = tree.source.text.indexOf(reference.source, index + 1);
    if (index === -1 || index >= end) return node;
  }
  return tree.source.positionAt(index);
}

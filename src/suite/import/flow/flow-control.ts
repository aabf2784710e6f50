/** Walks through commands of a flow: those that hold others, files of flows, conditions; what cannot be translated is listed. */
import type { Json } from "#proto/matcher.ts";
import { describeFound, type Located } from "../../reading/located.ts";
import type { Entries, Item } from "../imported.ts";
import { Recorder } from "../recorder.ts";
import { Untranslated } from "../untranslated.ts";
import type { FlowCommand } from "./flow-command.ts";
import { COMMANDS } from "./flow-commands.ts";
import { type Conditions, conditionsOf } from "./flow-conditions.ts";
import { readFlowFile } from "./flow-file.ts";
import { namesIn } from "./flow-names.ts";
import { tellOtherKeys } from "./flow-options.ts";
import { entryIn, flagIn, numberIn } from "./flow-selector.ts";
import { addStep, type FlowWalk, flowText, tellMissing } from "./flow-walk.ts";

const FILES_DEEP_MAX = 10;
const ROUNDS_MAX = 1_000;

/** Records the steps of a list of commands. */
export function walkCommands(walk: FlowWalk, commands: readonly Located[]): void {
  for (const node of commands) walkCommand(walk, node);
}

function walkCommand(walk: FlowWalk, node: Located): void {
  const command = commandIn(node);
  if (command === undefined)
    return tellMissing(walk, {
      at: node,
      text: describeFound(node),
      why: "a command is a word, or a mapping with one",
    });
  const { name, args } = command;
  try {
    const carried = carriedBy(walk, args);
    perform(walk, { name, args, carried });
    tellOtherKeys(walk, name, args);
  } catch (thrown) {
    if (!(thrown instanceof Untranslated)) throw thrown;
    tellMissing(walk, { at: node, text: textOfCommand(name, args), why: thrown.message });
  }
}

function perform(walk: FlowWalk, command: FlowCommand): void {
  switch (command.name) {
    case "runFlow":
      return runFlow(walk, command);
    case "repeat":
      return repeat(walk, command);
    default: {
      const found = COMMANDS.get(command.name);
      if (found === undefined) throw new Untranslated(`a suite has no step for ${command.name}`);
      return found(walk, command);
    }
  }
}

type Named = { readonly name: string; readonly args: Located };

/** `- back`, or `- tapOn: …`. */
function commandIn(node: Located): Named | undefined {
  if (node.kind === "scalar" && typeof node.value === "string")
    return { name: node.value, args: { ...node, value: null } };
  if (node.kind !== "mapping") return undefined;
  const [first] = node.entries;
  return first === undefined ? undefined : { name: first.key, args: first.value };
}

function carriedBy(walk: FlowWalk, args: Located): Entries {
  const label = entryIn(args, "label");
  const optional = entryIn(args, "optional");
  return {
    ...(label === undefined ? {} : { name: flowText(walk, label, "the label") }),
    ...(optional !== undefined && flagIn(walk, optional, "optional") ? { optional: true } : {}),
  };
}

function textOfCommand(name: string, args: Located): string {
  if (args.kind === "scalar") return args.value === null ? name : `${name}: ${args.source}`;
  const keys = args.kind === "mapping" ? args.entries.map(({ key }) => key).join(", ") : "a list";
  return `${name}: { ${keys} }`;
}

function runFlow(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const when = entryIn(args, "when");
  const conditions = when === undefined ? [] : conditionsOf(walk, when);
  if (conditions === "never") return walk.recorder.remark(args, "runFlow: only on other platforms");
  if (conditions.length === 0) return walkInner(walk, args);
  let steps = collect(walk, (inner) => walkInner(inner, args));
  if (steps.length === 0) return;
  // All of them have to hold: one within the other.
  for (const condition of conditions.toReversed()) steps = [ifStep(condition, steps)];
  for (const step of steps) addStep(walk, step, carried);
}

const HELD = "then";

function ifStep(condition: Entries, steps: readonly Entries[]): Entries {
  return { if: condition, [HELD]: steps };
}

/** The commands that stand there, or those of a file. */
function walkInner(walk: FlowWalk, args: Located): void {
  const env = entryIn(args, "env");
  const names = env === undefined ? walk.names : namesIn(walk, env);
  const commands = entryIn(args, "commands");
  if (commands?.kind === "list")
    return withState(walk, { ...walk, names }, (inner) => walkCommands(inner, commands.items));
  const file = flowText(walk, entryIn(args, "file") ?? args, "the file");
  walkFile({ ...walk, names }, file, walk);
}

function walkFile(walk: FlowWalk, file: string, outer: FlowWalk): void {
  const here = walk.files.at(-1) ?? "";
  const path = joined(here, file);
  if (walk.files.includes(path)) throw new Untranslated(`${file} runs itself`);
  if (walk.files.length >= FILES_DEEP_MAX)
    throw new Untranslated(`flows run one another ${FILES_DEEP_MAX} deep`);
  const text = walk.readFile(path);
  if (text === undefined) throw new Untranslated(`the file ${path} cannot be read`);
  const read = readFlowFile({ file: path, text });
  if (read.kind === "refused")
    throw new Untranslated(`${path} is no flow: ${read.faults[0]?.message ?? "it cannot be read"}`);
  walk.recorder.remark({ line: 1, column: 1 }, `here begins ${path}`);
  const { header, commands } = read.flow;
  const env = header === undefined ? undefined : entryIn(header, "env");
  // What the caller gives wins over what the file says of itself.
  const names = env === undefined ? walk.names : new Map([...namesIn(walk, env), ...walk.names]);
  const { recorder } = walk;
  const around = recorder.file;
  recorder.file = path;
  withState(outer, { ...walk, names, files: [...walk.files, path] }, (inner) =>
    walkCommands(inner, commands),
  );
  recorder.file = around;
}

/** Paths of files are relative to the file that names them. */
function joined(from: string, file: string): string {
  const folder = from.split("/").slice(0, -1);
  const parts: string[] = [];
  for (const part of [...folder, ...file.split(/[\\/]/)]) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** What an inner walk has done is known to the outer one. */
function withState(outer: FlowWalk, inner: FlowWalk, act: (inner: FlowWalk) => void): void {
  act(inner);
  outer.tapped = inner.tapped;
  outer.isFresh = inner.isFresh;
}

/** The steps that an inner walk comes to; what it lists is said before the step that holds them. */
function collect(walk: FlowWalk, act: (inner: FlowWalk) => void): readonly Entries[] {
  const recorder = new Recorder(walk.recorder.book);
  recorder.file = walk.recorder.file;
  withState(walk, { ...walk, recorder }, act);
  for (const item of recorder.items) if (item.kind === "remark") walk.recorder.items.push(item);
  return recorder.items.filter(isStep).map(({ entries }) => entries);
}

const isStep = (item: Item): item is Extract<Item, { kind: "step" }> => item.kind === "step";

function repeat(walk: FlowWalk, { args, carried }: FlowCommand): void {
  const commands = entryIn(args, "commands");
  if (commands?.kind !== "list") throw new Untranslated("it repeats no commands");
  const ends = repeatEnd(walk, args);
  const steps = collect(walk, (inner) => walkCommands(inner, commands.items));
  if (steps.length > 0) addStep(walk, { repeat: ends, steps }, carried);
}

function repeatEnd(walk: FlowWalk, args: Located): Json {
  const times = entryIn(args, "times");
  const count = times === undefined ? undefined : numberIn(walk, times, "times");
  if (count !== undefined && (!Number.isInteger(count) || count < 0 || count > ROUNDS_MAX))
    throw new Untranslated(`a suite repeats at most ${ROUNDS_MAX} times`);
  const when = entryIn(args, "while");
  if (when === undefined) {
    if (count === undefined) throw new Untranslated("it repeats without an end");
    return count;
  }
  const [condition, second] = endingOf(conditionsOf(walk, when));
  if (second !== undefined) throw new Untranslated("several conditions at once");
  if (condition === undefined || count !== undefined)
    throw new Untranslated("a condition and a number at once, or a condition that always holds");
  return { while: condition, max: ROUNDS_MAX };
}

const endingOf = (conditions: Conditions): readonly Entries[] =>
  conditions === "never" ? [] : conditions;

/** `sessions` of a suite: steps that log in once a node, and the field `session` of the tests that want to be logged in so. */
import { displayTemplate } from "#shared/template.ts";
import { adviceFor, type Position } from "../reading/fault-log.ts";
import { readGroup } from "../reading/group-shapes.ts";
import { describeFound, entryOf, type Located, type LocatedEntry } from "../reading/located.ts";
import { duration, text } from "../reading/scalar-shapes.ts";
import { type JsonSchema, type Reading, refuse, type Shape, shape } from "../reading/shape.ts";
import { listOf, mappingOf } from "./root-entries.ts";
import type { StepPlan } from "./step.ts";

/** One of them. */
export type SessionSource = {
  readonly name: string;
  readonly at: Position;
  readonly steps: readonly Located[];
  readonly validate: readonly Located[];
  /** Milliseconds since it was made. */
  readonly maxAgeMs?: number;
  /** Bound of making one, milliseconds; absent: the test's timeout. */
  readonly timeoutMs?: number;
};

const SESSIONS_MAX = 100;
/** The word of a test that wants none, where its suite's defaults name one. */
const NONE = "none";
const EXPECTED = "a mapping of names to sessions such as { signIn: { steps: […] } }";
const ONE = "a session such as { steps: […], validate: […], maxAge: 30m }";
const STEPS_SCHEMA = { $ref: "#/$defs/steps" };

/** Steps are planned with the tests that want them; a shape only keeps their place. */
const steps: Shape = { expected: "a list of steps", schema: STEPS_SCHEMA, read: () => undefined };
const anyAge = duration({ isZeroAllowed: false });
/** Sessions are read as they are written: nothing fills in a name here. */
const age: Shape = {
  ...anyAge,
  read: (node, reading) => {
    const found = anyAge.read(node, reading);
    if (found === undefined || typeof found === "number") return found;
    return refuse(node, "a duration that is written out, such as 30m", reading);
  },
};
const GROUP = {
  what: ONE,
  fields: { steps, validate: steps, maxAge: age, timeout: age },
  required: ["steps"],
};

/** The schema of the key `sessions`. */
export const SESSIONS_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: {
    type: "object",
    required: ["steps"],
    additionalProperties: false,
    properties: {
      steps: STEPS_SCHEMA,
      validate: STEPS_SCHEMA,
      maxAge: age.schema,
      timeout: age.schema,
    },
  },
};

/** The field of a test: the name of a session, or none. */
export const sessionName: Shape = shape(
  "the name of a session, or none",
  { type: "string", minLength: 1 },
  (node, reading) => text("the name of a session, or none").read(node, reading),
);

/** Reads them; what is wrong is in the log. */
export function readSessions(
  entry: LocatedEntry | undefined,
  reading: Reading,
): readonly SessionSource[] {
  const entries = mappingOf(entry, EXPECTED, reading)?.entries ?? [];
  if (entry !== undefined && entries.length > SESSIONS_MAX) {
    reading.log.error(
      entry.at,
      `Expected at most ${SESSIONS_MAX} sessions, found ${entries.length}`,
    );
    return [];
  }
  return entries.flatMap((one) => readSession(one, reading) ?? []);
}

function readSession(
  { key, at, value }: LocatedEntry,
  reading: Reading,
): SessionSource | undefined {
  if (key === NONE) {
    reading.log.error(
      at,
      `Expected a name other than "${NONE}", which says that a test wants no session`,
    );
    return undefined;
  }
  if (value.kind !== "mapping") {
    reading.log.error(value, `Expected ${ONE}, found ${describeFound(value)}`);
    return undefined;
  }
  const read = readGroup(value, GROUP, reading) as { maxAge?: unknown; timeout?: unknown };
  const stepsEntry = entryOf(value, "steps");
  const own = listOf(stepsEntry, "a list of steps", reading);
  if (stepsEntry?.value.kind === "list" && own.length === 0)
    reading.log.error(stepsEntry.value, "Expected at least one step in a session, found none");
  tellEarlyEnd(own, reading);
  return {
    name: key,
    at,
    steps: own,
    validate: listOf(entryOf(value, "validate"), "a list of steps", reading),
    ...(typeof read.maxAge === "number" ? { maxAgeMs: read.maxAge } : {}),
    ...(typeof read.timeout === "number" ? { timeoutMs: read.timeout } : {}),
  };
}

const ENDS = [
  "expect",
  "wait",
  "request",
  "graphql",
  "goto",
  "use",
  "if",
  "try",
  "repeat",
  "forEach",
];

/** The state is taken as soon as the last step is over: a click alone is over before its answer is there. */
function tellEarlyEnd(own: readonly Located[], { log }: Reading): void {
  const last = own.at(-1);
  if (last?.kind !== "mapping") return;
  const verb = last.entries.find(({ key }) => !["name", "timeout", "optional"].includes(key));
  if (verb === undefined || ENDS.includes(verb.key)) return;
  log.warn(
    verb.at,
    `The session ends with "${verb.key}": end it with an expect of what only who is logged in sees, or its state is taken too early`,
  );
}

/** The session of a name, or undefined for none; one that is not there is told at `at`. */
export function sessionNamed(
  name: string,
  sessions: readonly SessionSource[],
  { log, at }: { readonly log: Reading["log"]; readonly at: Position },
): SessionSource | undefined {
  const shown = displayTemplate(name);
  if (shown === NONE) return undefined;
  const found = sessions.find((one) => one.name === shown);
  if (found !== undefined) return found;
  const names = sessions.map((one) => one.name);
  const advice = names.length === 0 ? 'the suite has no "sessions"' : adviceFor(shown, names);
  log.error(at, `Unknown session ${JSON.stringify(shown)}: ${advice}`);
  return undefined;
}

/** The planned step of a test that wants it; `plan` plans its steps as the test's own. */
export function planSession(
  session: SessionSource,
  plan: (steps: readonly Located[]) => readonly StepPlan[],
): StepPlan {
  const { name, at, maxAgeMs, timeoutMs } = session;
  const blocks = { steps: plan(session.steps), validate: plan(session.validate) };
  const stepsIn = (plans: readonly StepPlan[]) => plans.map(({ step }) => step);
  return {
    step: {
      name: `session ${name}`,
      kind: "session",
      phase: "before",
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...{ line: at.line, column: at.column },
      args: { name, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) },
      blocks: {
        steps: stepsIn(blocks.steps),
        ...(blocks.validate.length === 0 ? {} : { validate: stepsIn(blocks.validate) }),
      },
    },
    files: [...blocks.steps, ...blocks.validate].flatMap(({ files }) => files),
  };
}

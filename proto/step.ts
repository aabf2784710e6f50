/**
 * The step language in its normal form, one object a verb. The suite reader turns people's short forms into it;
 * on the wire a step's arguments are JSON that may still hold `${saved.…}`, `${secrets.…}`, `${run.id}` and
 * `${attempt.number}` (every other `${` is escaped as `$${`); the node fills those in and parses the result
 * with `Step`, so a driver only ever sees finished, typed values.
 */
import { z } from "zod";
import { PictureFormat, VideoFormat } from "./evidence.ts";
import { Json, Locator, Matcher, StatusMatcher, Text } from "./matcher.ts";

const target = { locator: Locator };

const Goto = z.strictObject({
  kind: z.literal("goto"),
  url: Text,
  waitUntil: z.enum(["load", "domcontentloaded", "networkidle", "commit"]).default("load"),
  status: StatusMatcher.optional(),
});
const Back = z.strictObject({ kind: z.literal("back") });
const Forward = z.strictObject({ kind: z.literal("forward") });
const Reload = z.strictObject({ kind: z.literal("reload") });
const Click = z.strictObject({
  kind: z.literal("click"),
  ...target,
  button: z.enum(["left", "right", "middle"]).optional(),
  modifiers: z.array(z.enum(["Alt", "Control", "ControlOrMeta", "Meta", "Shift"])).optional(),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional(),
  /** Whether a navigation that the click started is waited for: by the step while its bound lasts, then by the next one. */
  waitForLoad: z.boolean().optional(),
});
/**
 * Clicks a button, or submits a form; without a locator the form that was filled in last, else the page's first. Waits as
 * `waitForLoad` of a click.
 */
const Submit = z.strictObject({ kind: z.literal("submit"), locator: Locator.optional() });
const Dblclick = z.strictObject({ kind: z.literal("dblclick"), ...target });
const Hover = z.strictObject({ kind: z.literal("hover"), ...target });
const Check = z.strictObject({ kind: z.literal("check"), ...target });
const Uncheck = z.strictObject({ kind: z.literal("uncheck"), ...target });
const Fill = z.strictObject({ kind: z.literal("fill"), ...target, value: Text });
const Type = z.strictObject({
  kind: z.literal("type"),
  ...target,
  value: Text,
  /** Pause between keys, milliseconds. */
  delayMs: z.number().min(0).optional(),
});
const Press = z.strictObject({ kind: z.literal("press"), key: Text, locator: Locator.optional() });
const Select = z.strictObject({
  kind: z.literal("select"),
  ...target,
  /** Labels or values. */
  options: z.array(Text),
});
const Upload = z.strictObject({
  kind: z.literal("upload"),
  ...target,
  /** Paths relative to the suite's folder, listed in the test's `files`. */
  files: z.array(z.string()),
});
const Scroll = z.strictObject({
  kind: z.literal("scroll"),
  to: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("top") }),
    z.strictObject({ kind: z.literal("bottom") }),
    z.strictObject({ kind: z.literal("locator"), locator: Locator }),
    z.strictObject({ kind: z.literal("by"), x: z.number(), y: z.number() }),
  ]),
});
const Wait = z.strictObject({
  kind: z.literal("wait"),
  for: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("time"), ms: z.number().min(0) }),
    z.strictObject({
      kind: z.literal("locator"),
      locator: Locator,
      state: z.enum(["visible", "hidden", "attached", "detached"]).default("visible"),
    }),
    z.strictObject({ kind: z.literal("text"), text: Text }),
    z.strictObject({ kind: z.literal("url"), matcher: Matcher }),
  ]),
});
const Screenshot = z.strictObject({
  kind: z.literal("screenshot"),
  name: Text,
  locator: Locator.optional(),
  fullPage: z.boolean().default(false),
  /** Absent: what the name's ending says, else the test's `web.picture`. */
  format: PictureFormat.optional(),
  /** Of JPEG, 1 to 100; absent: the test's `web.picture`. */
  quality: z.number().int().min(1).max(100).optional(),
});
/** Films the page from `start` on: until `stop`, or for `forMs`, or until the attempt ends. Films of several names may overlap. */
const Record = z.strictObject({
  kind: z.literal("record"),
  action: z.enum(["start", "stop"]),
  /** Of the file; absent: `video` for start, the film that was started last for stop. */
  name: Text.optional(),
  /**
   * Milliseconds; start only. Steps go on beside it; a passed attempt ends only when it is over, of a failed one the
   * film so far is kept.
   */
  forMs: z.number().min(1).optional(),
  /** The step itself lasts as long as its film, and no step's bound counts it; start with `forMs` only. */
  hold: z.boolean().optional(),
  /** Absent: what the name's ending says, else the test's `web.videoFormat`. */
  format: VideoFormat.optional(),
});
const Eval = z.strictObject({
  kind: z.literal("eval"),
  js: Text,
  /** Key under which the value is saved. */
  save: z.string().optional(),
});

/** What `save` and `expect` can read. `body`, `status`, `header`, `json`, `durationMs` are of the last response. */
export const Subject = z.discriminatedUnion("of", [
  z.strictObject({
    of: z.enum([
      "visible",
      "hidden",
      "enabled",
      "disabled",
      "checked",
      "unchecked",
      "text",
      "value",
      "count",
    ]),
    locator: Locator,
  }),
  z.strictObject({ of: z.literal("attribute"), name: z.string().min(1), locator: Locator }),
  z.strictObject({ of: z.enum(["url", "title", "body", "status", "durationMs"]) }),
  z.strictObject({ of: z.literal("header"), name: z.string().min(1) }),
  z.strictObject({ of: z.literal("json"), path: z.string().min(1) }),
  z.strictObject({ of: z.literal("that"), value: Json }),
]);
export type Subject = z.infer<typeof Subject>;

const Save = z.strictObject({ kind: z.literal("save"), values: z.record(z.string(), Subject) });

/** One thing that `expect` demands. Exactly one of `matcher` and `status`, none for the states (visible, checked …). */
export const Demand = z.strictObject({
  subject: Subject,
  matcher: Matcher.optional(),
  status: StatusMatcher.optional(),
});
export type Demand = z.infer<typeof Demand>;
const Expect = z.strictObject({ kind: z.literal("expect"), checks: z.array(Demand).min(1) });

/** A field of a multipart form. */
const Part = z.union([Text, z.strictObject({ file: z.string(), type: z.string().optional() })]);
const Request = z.strictObject({
  kind: z.literal("request"),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
  url: Text,
  headers: z.record(z.string(), Text).default({}),
  query: z.record(z.string(), z.union([z.array(Text), Text])).default({}),
  body: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("json"), value: Json }),
      z.strictObject({ kind: z.literal("form"), fields: z.record(z.string(), Text) }),
      z.strictObject({ kind: z.literal("multipart"), fields: z.record(z.string(), Part) }),
      z.strictObject({ kind: z.literal("text"), text: Text }),
    ])
    .optional(),
  auth: z
    .union([
      z.strictObject({ basic: z.strictObject({ user: Text, password: Text }) }),
      z.strictObject({ bearer: Text }),
    ])
    .optional(),
  followRedirects: z.boolean().default(true),
});

/** A finished step: what a driver performs. */
export const Step = z.discriminatedUnion("kind", [
  Goto,
  Back,
  Forward,
  Reload,
  Click,
  Submit,
  Dblclick,
  Hover,
  Check,
  Uncheck,
  Fill,
  Type,
  Press,
  Select,
  Upload,
  Scroll,
  Wait,
  Screenshot,
  Record,
  Eval,
  Save,
  Expect,
  Request,
]);
export type Step = z.infer<typeof Step>;
export type StepKind = Step["kind"];

/** The verbs that each platform has. The suite reader refuses the others at load. */
export const PLATFORM_STEPS = {
  web: [
    "goto",
    "back",
    "forward",
    "reload",
    "click",
    "submit",
    "dblclick",
    "hover",
    "check",
    "uncheck",
    "fill",
    "type",
    "press",
    "select",
    "upload",
    "scroll",
    "wait",
    "screenshot",
    "record",
    "eval",
    "save",
    "expect",
    "request",
  ],
  http: ["request", "expect", "save", "wait"],
} as const satisfies Record<string, readonly StepKind[]>;

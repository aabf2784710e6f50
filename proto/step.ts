/**
 * The step language in its normal form, one object a verb. The suite reader turns people's short forms into it;
 * on the wire a step's arguments are JSON that may still hold `${saved.…}`, `${secrets.…}`, `${run.id}` and
 * `${attempt.number}` (every other `${` is escaped as `$${`); the node fills those in and parses the result
 * with `Step`, so a driver only ever sees finished, typed values.
 */
import { z } from "zod";
import * as acts from "./steps/acts.ts";
import * as cookies from "./steps/cookies.ts";
import { FLOW_VERBS, type FlowStep } from "./steps/flow.ts";
import * as page from "./steps/page.ts";
import * as pictures from "./steps/pictures.ts";
import * as request from "./steps/request.ts";
import * as routes from "./steps/routes.ts";
import * as storage from "./steps/storage.ts";
import * as streams from "./steps/streams.ts";
import * as subject from "./steps/subject.ts";
import * as surroundings from "./steps/surroundings.ts";
import * as tabs from "./steps/tabs.ts";

/** A finished step: what a driver performs. */
export const Step = z.discriminatedUnion("kind", [
  page.Goto,
  page.Back,
  page.Forward,
  page.Reload,
  page.Click,
  page.Submit,
  page.Dblclick,
  page.Hover,
  page.Check,
  page.Uncheck,
  page.Fill,
  page.Type,
  page.Press,
  page.Select,
  page.Upload,
  page.Scroll,
  page.Wait,
  acts.Tap,
  acts.Focus,
  acts.Blur,
  acts.Clear,
  acts.SelectText,
  acts.Drag,
  acts.Drop,
  acts.KeyDown,
  acts.KeyUp,
  acts.Wheel,
  acts.Mouse,
  acts.Clipboard,
  tabs.Tab,
  tabs.Dialog,
  tabs.Download,
  pictures.Screenshot,
  pictures.Record,
  page.Eval,
  subject.Save,
  subject.Expect,
  request.Request,
  request.Graphql,
  streams.Ws,
  streams.Sse,
  cookies.Cookies,
  surroundings.Geolocation,
  surroundings.Permissions,
  surroundings.Network,
  surroundings.Emulate,
  surroundings.ViewportStep,
  storage.Storage,
  routes.Route,
  routes.Unroute,
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
    "tap",
    "focus",
    "blur",
    "clear",
    "selectText",
    "drag",
    "drop",
    "keyDown",
    "keyUp",
    "wheel",
    "mouse",
    "clipboard",
    "tab",
    "dialog",
    "download",
    "screenshot",
    "record",
    "eval",
    "save",
    "expect",
    "request",
    "graphql",
    "ws",
    "sse",
    "geolocation",
    "permissions",
    "network",
    "emulate",
    "viewport",
    "cookies",
    "storage",
    "route",
    "unroute",
    ...FLOW_VERBS,
  ],
  http: ["request", "graphql", "ws", "sse", "cookies", "expect", "save", "wait", ...FLOW_VERBS],
} as const satisfies Record<string, readonly (StepKind | FlowStep["kind"])[]>;

/** Every message of the wire by the name of its golden fixture in proto/fixtures/v1: what the tests of this folder run over. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import {
  BlobState,
  CancelRun,
  CreatedRun,
  JoinAnswer,
  JoinRequest,
  JoinToken,
  NodeList,
  NumberedNotice,
  Problem,
  RunPage,
  RunSummary,
  SubmitRun,
  TestPage,
  TokenAnswer,
} from "#proto/api.ts";
import { EventBatch, EventReply, LiveNote, NodeEvent } from "#proto/event.ts";
import { GatewayUp, Heartbeat, Hello, HelloReply } from "#proto/hello.ts";
import { HistoryExport, HistoryFile, HistoryPage } from "#proto/history.ts";
import { Control, ControlReply, Offer, OfferReply } from "#proto/lease.ts";
import { QuarantineList } from "#proto/quarantine.ts";
import { Report } from "#proto/report.ts";
import { Step } from "#proto/step.ts";

export type Message = {
  readonly schema: z.ZodType;
  /** Names of its fixtures, without `.json`: one a variant. */
  readonly fixtures: readonly string[];
  /** Fixtures of what a sender may leave out: `{ said, read }`. */
  readonly defaults?: readonly string[];
  /** People write it: unknown keys are refused, not dropped. */
  readonly isStrict?: boolean;
};

const EVENTS = ["attempt-started", "step-ended", "artifact-found", "attempt-ended"] as const;
const NOTICES = ["test-started", "attempt-ended", "test-ended", "waiting", "run-ended"] as const;
const CONTROLS = ["probe", "recall", "cancel", "drain", "resume", "stop"] as const;
const STEPS = ["goto", "pointer", "input", "page", "acts", "request", "expect"] as const;

export const MESSAGES: Readonly<Record<string, Message>> = {
  hello: { schema: Hello, fixtures: ["hello", "hello-pool"] },
  "hello-reply": {
    schema: HelloReply,
    fixtures: ["hello-reply-welcome", "hello-reply-refused"],
  },
  "gateway-up": { schema: GatewayUp, fixtures: ["gateway-up"] },
  heartbeat: { schema: Heartbeat, fixtures: ["heartbeat"] },
  offer: { schema: Offer, fixtures: ["offer"], defaults: ["offer-defaults"] },
  "offer-reply": { schema: OfferReply, fixtures: ["offer-reply"] },
  control: { schema: Control, fixtures: CONTROLS.map((kind) => `control-${kind}`) },
  "control-reply": {
    schema: ControlReply,
    fixtures: ["control-reply-done", "control-reply-refused"],
  },
  "event-batch": { schema: EventBatch, fixtures: ["event-batch"] },
  event: { schema: NodeEvent, fixtures: EVENTS.map((kind) => `event-${kind}`) },
  "event-reply": { schema: EventReply, fixtures: ["event-reply-confirmed", "event-reply-refused"] },
  live: { schema: LiveNote, fixtures: ["live"] },
  "submit-run": {
    schema: SubmitRun,
    fixtures: ["submit-run"],
    defaults: ["submit-run-defaults"],
    isStrict: true,
  },
  "run-summary": { schema: RunSummary, fixtures: ["run-summary"] },
  "created-run": {
    schema: CreatedRun,
    fixtures: ["created-run"],
    defaults: ["created-run-defaults"],
  },
  "run-page": { schema: RunPage, fixtures: ["run-page"] },
  "test-page": { schema: TestPage, fixtures: ["test-page"] },
  "cancel-run": { schema: CancelRun, fixtures: ["cancel-run"], isStrict: true },
  "node-list": { schema: NodeList, fixtures: ["node-list"] },
  token: { schema: TokenAnswer, fixtures: ["token"] },
  notice: {
    schema: NumberedNotice,
    fixtures: NOTICES.map((kind) => `notice-${kind}`),
  },
  "history-file": { schema: HistoryFile, fixtures: ["history-file"] },
  "history-export": { schema: HistoryExport, fixtures: ["history-export"] },
  "history-page": { schema: HistoryPage, fixtures: ["history-page"] },
  "quarantine-list": { schema: QuarantineList, fixtures: ["quarantine-list"], isStrict: true },
  problem: { schema: Problem, fixtures: ["problem"], defaults: ["problem-defaults"] },
  "blob-state": { schema: BlobState, fixtures: ["blob-state"] },
  "join-request": { schema: JoinRequest, fixtures: ["join-request"], isStrict: true },
  "join-answer": { schema: JoinAnswer, fixtures: ["join-answer"] },
  "join-token": { schema: JoinToken, fixtures: ["join-token"] },
  report: { schema: Report, fixtures: ["report"] },
  step: {
    schema: Step.array(),
    fixtures: STEPS.map((kind) => `step-${kind}`),
    defaults: ["step-defaults"],
    isStrict: true,
  },
};

export const FIXTURES = join(import.meta.dirname, "../../proto/fixtures/v1");

/** Reads a golden file. @throws When it is not there: a message without a fixture is no message. */
export function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), "utf8"));
}

/**
 * The seam between an attempt and a platform. `attempts/run.ts` owns order, bounds, retries of nothing, `${…}`
 * and events; a driver owns what a step does on its platform. One contract test (tests/contract) runs for all.
 */
import type { ArtifactKind } from "#proto/artifact.ts";
import type { BrowserSetup } from "#proto/browser-context.ts";
import type { EvidencePolicy, WebOptions } from "#proto/evidence.ts";
import type { Json, Locator } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import type { Platform, Viewport } from "#proto/test.ts";
import type { Tls } from "#proto/tls.ts";
import type { Redactor } from "#shared/redactor.ts";

/** What this machine can do on a platform, found by doing it once. */
export type Capability = {
  readonly platform: Platform;
  /** `chromium` …; absent where the platform has none. */
  readonly browser?: string;
  readonly version?: string;
  /** It is not this node's own. */
  readonly isRemote?: boolean;
};

export type DriverProbe =
  | { readonly kind: "able"; readonly capability: Capability }
  | { readonly kind: "unable"; readonly platform: Platform; readonly reason: string };

/** What a step left: a file with its bytes, already redacted. */
export type Evidence = {
  readonly name: string;
  readonly kind: ArtifactKind;
  readonly bytes: Uint8Array;
};

/** A file that a step left, already redacted: too large to be held in memory. Its maker leaves it alone from then on. */
export type FileEvidence = Omit<Evidence, "bytes"> & { readonly path: string };

/** Evidence that was asked for and could not be had. */
export type MissedEvidence = {
  readonly name: string;
  readonly kind: ArtifactKind;
  readonly reason: string;
};

/** What makes a session be logged in, in its driver's own form; kept in memory alone (K1). */
export type SessionState = {
  readonly value: unknown;
  /** As JSON text. */
  readonly bytes: number;
};

export type Baseline = {
  /** A PNG. */
  readonly bytes: Uint8Array;
  /** It was made by this attempt. */
  readonly isOfAttempt: boolean;
};

/** What pictures of this test are compared with, on this browser and system. */
export type Baselines = {
  /** Pictures that differ are to be the baselines from now on, if the attempt passes. */
  readonly isUpdating: boolean;
  /** Undefined when there is none of that name. */
  readonly read: (name: string) => Promise<Baseline | undefined>;
  /** Makes a picture the baseline for the rest of this attempt. */
  readonly learn: (name: string, bytes: Uint8Array) => void;
};

/** Everything that a session may know of its attempt. */
export type SessionOptions = {
  readonly baseUrl?: string;
  readonly viewport: Viewport;
  readonly web: WebOptions;
  /** How its browser context is set up, filled in; absent: as the browser has it. */
  readonly browser?: BrowserSetup;
  /** What an earlier session of this driver has given by `exportState`: whoever was logged in there is so here. */
  readonly state?: SessionState;
  /** How requests make TLS unless they say otherwise; absent: the usual trust. */
  readonly tls?: Tls;
  readonly evidence: EvidencePolicy;
  /** Absent: there are none, and none are made. */
  readonly baselines?: Baselines;
  /** Whether a step or the base URL refers to a secret: it is filmed in masked pictures from the start then. */
  readonly usesSecrets: boolean;
  /** Whether a step takes a download; absent: none does, and nothing that a page sends for download is taken. */
  readonly usesDownloads?: boolean;
  /** An existing empty folder, the attempt's own; nothing is written outside it. */
  readonly workspaceDir: string;
  /** Turns a suite-relative path of the test's `files` into the path of its copy in the workspace. */
  readonly resolveFile: (path: string) => string;
  readonly redactor: Redactor;
  /** Shows a warning on the step that is running (a dismissed dialog …). */
  readonly warn: (text: string) => void;
  /** Hands over evidence of the running step or of the attempt. */
  readonly attach: (evidence: Evidence) => void;
  /** The same of a file. */
  readonly attachFile: (evidence: FileEvidence) => void;
  /** Says that evidence which was asked for does not exist, and why: an artifact that is missing. */
  readonly miss: (evidence: MissedEvidence) => void;
};

export type StepContext = {
  /** Aborted when the step's bound or the attempt's bound is reached, or the attempt is cancelled. */
  readonly signal: AbortSignal;
  /** The step's bound in milliseconds from its start: what `expect` is retried for. */
  readonly timeoutMs: number;
  /** Keeps a value for `${saved.key}`. */
  readonly save: (key: string, value: Json) => void;
  /**
   * Says that something is still to come of this step, which fails with `code` and `message` at the end of the main steps
   * when it has not come until then. To be called back when it came.
   */
  readonly owe?: (code: string, message: string) => () => void;
};

/**
 * How a driver says that a step did not do what it should.
 *
 * `failed`: the test's fault, or the tested application's (a crashed page too, C3).
 * `lost`: the machine's fault (the browser process died); the attempt is lost and runs elsewhere.
 * Anything else that a driver throws is a fault of ours: it is shown as a failed step with code `driver_fault`.
 */
export class StepError extends Error {
  override readonly name = "StepError";
  readonly outcome: "failed" | "lost";
  /** `expect`, `timeout`, `locator`, `navigation`, `page_crash`, `browser_crash`, `request` … */
  readonly code: string;

  constructor(outcome: "failed" | "lost", code: string, message: string) {
    super(message);
    this.outcome = outcome;
    this.code = code;
  }
}

/** How an attempt ended by itself. */
export type Ending = {
  readonly status: "passed" | "failed";
  /** What is left of the attempt's timeout, milliseconds: timed films of a passed attempt are waited for so long. */
  readonly leftMs: number;
  /** Aborted when it takes too long, or the attempt is ended from outside. */
  readonly signal: AbortSignal;
};

/** What a locator finds now. */
export type FoundElements = {
  readonly count: number;
  /** The first of them, in words. */
  readonly elements: readonly string[];
  /** PNG of the page with them outlined; absent when there are none. */
  readonly picture?: Uint8Array;
};

/** What a person may ask of a session whose attempt stands still. Everything is masked; nothing of it changes a verdict. */
export type Inspector = {
  readonly url: () => string;
  /** @throws {StepError} As all of them, when it cannot be told. */
  readonly find: (locator: Locator, signal: AbortSignal) => Promise<FoundElements>;
  /** The value of an expression, as JSON. */
  readonly evaluate: (js: string) => Promise<string>;
  /** PNG. */
  readonly picture: (signal: AbortSignal) => Promise<Uint8Array>;
};

/** One attempt on one platform: a fresh browser context, a fresh cookie jar. */
export type Session = {
  /**
   * Waits for what the step before has started and left (a page that loads), within the context's bound; called before each
   * step where there is one.
   *
   * @throws {StepError} When it did not come.
   */
  readonly ready?: (step: Step, context: StepContext) => Promise<void>;
  /**
   * Performs one step to its end.
   *
   * @throws {StepError} When it did not do what it should.
   */
  readonly perform: (step: Step, context: StepContext) => Promise<void>;
  /** Called once after the first failed step: takes screenshot, console, failed requests, last response. Never throws; what could not be taken is a warning. */
  readonly collectEvidence: (signal: AbortSignal) => Promise<void>;
  /**
   * Called once after the last step of an attempt that ended by itself: ends films and trace, and attaches what the
   * policy keeps of an attempt that ended so. Never throws; what could not be had is missing, with its reason.
   */
  readonly conclude: (ending: Ending) => Promise<void>;
  /** What makes it be logged in; absent where the platform has no such thing. @throws {StepError} When it cannot be had. */
  readonly exportState?: (signal: AbortSignal) => Promise<SessionState>;
  /** Absent where there is nothing to look at. */
  readonly inspect?: () => Inspector;
  /** The root of the processes that are there for this attempt, on this machine; absent: none. */
  readonly rootPid?: number | undefined;
  /** Releases everything of the attempt, bounded; may be called while a step runs. */
  readonly close: () => Promise<void>;
};

/** One slot's lasting part of a driver: a warm browser process. Reused by attempts one after the other. */
export type DriverSlot = {
  /** @throws {StepError} `lost` when the machine cannot (the browser does not start). */
  readonly open: (options: SessionOptions) => Promise<Session>;
  readonly close: () => Promise<void>;
};

export type Driver = {
  readonly platform: Platform;
  /** Really does it once (launches the browser), within `timeoutMs`. */
  readonly probe: (timeoutMs: number) => Promise<DriverProbe>;
  readonly createSlot: () => DriverSlot;
  /** Releases what was kept for slots that were never made. */
  readonly close?: () => Promise<void>;
};

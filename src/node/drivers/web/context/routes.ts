/**
 * The routes of an attempt: which requests of its pages are answered, blocked, held back or changed, and how often each was.
 * The last that was declared and matches has a request; one that has had its `times` is as if it were not there.
 *
 * Chromium is only told to stop at requests while there are routes: it costs each request a turn to this process, and the
 * cache of the browser. Not reached: what a service worker asks for itself, and WebSockets.
 */
import { readFile } from "node:fs/promises";
import type { BrowserContext, Route as PageRoute, Request } from "playwright-core";
import type { Step } from "#proto/step.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { parseUrlPattern, type UrlPattern } from "#shared/url-pattern.ts";
import { type SessionOptions, StepError } from "../../driver.ts";
import { firstLines } from "../playwright-error.ts";
import { type Body, performAct } from "./route-act.ts";

type RouteStep = Extract<Step, { kind: "route" }>;

export type RouteParts = {
  readonly context: BrowserContext;
  readonly options: SessionOptions;
  readonly clock: Clock;
};

type OpenRoute = {
  readonly name: string;
  readonly step: RouteStep;
  readonly pattern: UrlPattern;
  readonly body: Body;
  hits: number;
};

/** An attempt that declares more has lost count itself. */
const ROUTES_MAX = 500;

export class Routes {
  readonly #parts: RouteParts;
  /** The last declared first. */
  #open: readonly OpenRoute[] = [];
  /** How often each name was hit, whether it is still there or not. */
  readonly #hits = new Map<string, number>();
  #isListening = false;

  constructor(parts: RouteParts) {
    this.#parts = parts;
  }

  /** Declares a route. @throws {StepError} `route` when it cannot be what it says. */
  async add(step: RouteStep): Promise<void> {
    if (this.#open.length >= ROUTES_MAX) throw refused(`there are ${ROUTES_MAX} already`);
    const pattern = parseUrlPattern(step.url);
    if (typeof pattern === "string") throw refused(`its url is no address to look for: ${pattern}`);
    const name = step.name ?? step.url;
    const body = await this.#bodyOf(step);
    this.#hits.set(name, this.#hits.get(name) ?? 0);
    this.#open = [{ name, step, pattern, body, hits: 0 }, ...this.#open];
    await this.#listen();
  }

  /** Takes routes of a name away, or all. @throws {StepError} `unroute` when there is none of the name. */
  async remove(name: string | undefined): Promise<void> {
    const kept = name === undefined ? [] : this.#open.filter((route) => route.name !== name);
    if (name !== undefined && kept.length === this.#open.length)
      throw unknownRoute(name, this.#hits);
    this.#open = kept;
    if (kept.length > 0 || !this.#isListening) return;
    this.#isListening = false;
    await this.#parts.context.unroute(ANY, this.#handle);
  }

  /** How many requests routes of a name have had; undefined when none of it was ever declared. */
  hitsOf(name: string): number | undefined {
    return this.#hits.get(name);
  }

  /** The names of those that no request has met. */
  idle(): readonly string[] {
    return [...this.#hits].flatMap(([name, hits]) => (hits === 0 ? [name] : []));
  }

  async #listen(): Promise<void> {
    if (this.#isListening) return;
    this.#isListening = true;
    await this.#parts.context.route(ANY, this.#handle);
  }

  readonly #handle = async (paused: PageRoute): Promise<void> => {
    const request = paused.request();
    const found = this.#open.find((route) => isMet(route, request));
    try {
      if (found === undefined) return await paused.continue();
      found.hits += 1;
      this.#hits.set(found.name, (this.#hits.get(found.name) ?? 0) + 1);
      const { step, body } = found;
      if (step.delayMs !== undefined) await pause(this.#parts.clock, step.delayMs);
      await performAct(paused, step.do, body);
    } catch (thrown) {
      await this.#leave(paused, found, thrown);
    }
  };

  /** A request whose page is gone needs no answer; any other ends as one that failed, and is told. */
  async #leave(paused: PageRoute, found: OpenRoute | undefined, thrown: unknown): Promise<void> {
    const reason = firstLines(messageOf(thrown), 1);
    const isGone = await paused.abort("failed").then(
      () => false,
      () => true,
    );
    if (isGone || found === undefined) return;
    const { redactor, warn } = this.#parts.options;
    const text = `The route ${JSON.stringify(found.name)} could not do its part for ${paused.request().url()}: ${reason}`;
    warn(redactor.text(text));
  }

  /** A file is read once, when the route is declared: a path that is none is that step's failure. */
  async #bodyOf({ do: act }: RouteStep): Promise<Body> {
    const bodies = act.act === "modify" ? act.response : act.act === "mock" ? act : undefined;
    if (bodies?.file === undefined) return undefined;
    const path = this.#parts.options.resolveFile(bodies.file);
    return { name: bodies.file, bytes: await readFile(path) };
  }
}

const ANY = "**/*";

function isMet({ step, pattern, hits }: OpenRoute, request: Request): boolean {
  const { method, resource, times } = step;
  if (times !== undefined && hits >= times) return false;
  if (method !== undefined && request.method() !== method) return false;
  if (resource !== undefined && !resource.some((one) => one === request.resourceType()))
    return false;
  return pattern.test(new URL(request.url()));
}

function refused(reason: string): StepError {
  return new StepError("failed", "route", `Cannot declare the route: ${reason}`);
}

function unknownRoute(name: string, known: ReadonlyMap<string, number>): StepError {
  const names = [...known.keys()].map((one) => JSON.stringify(one)).join(", ");
  const there = names === "" ? "none was declared" : `declared were ${names}`;
  const text = `Cannot unroute ${JSON.stringify(name)}: there is no such route now; ${there}`;
  return new StepError("failed", "unroute", text);
}

/** The `request` steps of a web attempt, and what `expect` and `save` read of the page or of the last response. */
import type { BrowserContext } from "playwright-core";
import type { Step } from "#proto/step.ts";
import type { Demand } from "#proto/steps/subject.ts";
import { type Evidence, type SessionOptions, StepError } from "../driver.ts";
import { exchange } from "../http/exchange.ts";
import {
  checkResponse,
  type HttpResponse,
  isOfResponse,
  nameRequest,
  saveFromResponse,
  toEvidence,
} from "../http/response.ts";
import { saveAria } from "./checks/aria-tree.ts";
import { checkPage, isOfWholePage } from "./checks/check-page.ts";
import { PageRecords } from "./checks/page-records.ts";
import { expectOnPage, saveFromPage } from "./expect.ts";
import { createPageCookies } from "./page-cookies.ts";
import type { Scene } from "./scene.ts";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;

export class LastResponse {
  readonly #options: SessionOptions;
  readonly #context: BrowserContext;
  readonly records: PageRecords;
  #last: HttpResponse | undefined;

  constructor(options: SessionOptions, context: BrowserContext) {
    this.#options = options;
    this.#context = context;
    this.records = new PageRecords(context);
  }

  /** Sends a request with the page's cookies; its answer is the last response from then on. */
  async request(scene: Scene, step: Of<"request">): Promise<void> {
    const { baseUrl, resolveFile } = this.#options;
    const { clock, signal } = scene;
    this.#last = undefined;
    const cookies = createPageCookies(this.#context, clock);
    this.#last = await exchange(step, { baseUrl, cookies, resolveFile, signal, clock });
  }

  /** What an `expect` step misses, one text a demand. */
  async findMissed(scene: Scene, step: Of<"expect">): Promise<readonly string[]> {
    const missed: string[] = [];
    for (const demand of step.checks) {
      const isOfLast = isOfResponse(demand.subject);
      const text = isOfLast
        ? checkResponse(demand, this.#lastFor("expect"))
        : await findMissedOnPage(scene, demand);
      const of = isOfLast && this.#last !== undefined ? ` of ${nameRequest(this.#last)}` : "";
      if (text !== undefined) missed.push(text + of);
    }
    return missed;
  }

  /** Performs a `save` step. @throws {StepError} When a value cannot be read. */
  async save(scene: Scene, step: Of<"save">): Promise<void> {
    for (const [key, subject] of Object.entries(step.values)) {
      const value = isOfResponse(subject)
        ? saveFromResponse(subject, this.#lastFor("save"))
        : subject.of === "aria"
          ? await saveAria(scene, subject)
          : await saveFromPage(scene, subject);
      scene.context.save(key, value);
    }
  }

  /** The last response as a file; undefined when there is none. */
  evidence(): Evidence | undefined {
    return this.#last && toEvidence(this.#last, this.#options.redactor);
  }

  #lastFor(verb: string): HttpResponse {
    if (this.#last !== undefined) return this.#last;
    throw new StepError("failed", verb, `Cannot ${verb}: no request has been answered yet`);
  }
}

function findMissedOnPage(scene: Scene, demand: Demand): Promise<string | undefined> {
  return isOfWholePage(demand.subject)
    ? checkPage(scene, demand.subject, demand.matcher)
    : expectOnPage(scene, demand);
}

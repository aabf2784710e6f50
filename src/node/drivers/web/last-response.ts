/** What a web attempt does over HTTP beside its page, and what `expect` and `save` read of the page or of the last response. */
import type { BrowserContext } from "playwright-core";
import type { Step } from "#proto/step.ts";
import type { Demand } from "#proto/steps/subject.ts";
import type { Clock } from "#shared/clock.ts";
import type { SessionOptions } from "../driver.ts";
import { HttpClient, type OutStep } from "../http/client.ts";
import { isOfResponse } from "../http/response.ts";
import { saveAria } from "./checks/aria-tree.ts";
import { checkPage, isOfWholePage } from "./checks/check-page.ts";
import { PageRecords } from "./checks/page-records.ts";
import { expectOnPage, saveFromPage } from "./expect.ts";
import { createPageCookies } from "./page-cookies.ts";
import type { Scene } from "./scene.ts";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;

export class LastResponse {
  readonly #client: HttpClient;
  readonly records: PageRecords;

  constructor(options: SessionOptions, context: BrowserContext, clock: Clock) {
    const cookies = createPageCookies(context, clock);
    this.#client = new HttpClient({ options: withTrust(options), cookies, clock });
    this.records = new PageRecords(context);
  }

  /** Goes out with the page's cookies; the answer of a request is the last response from then on. */
  perform(scene: Scene, step: OutStep): Promise<void> {
    const { signal, context } = scene;
    return this.#client.perform(step, { ...context, signal });
  }

  /** What an `expect` step misses, one text a demand. */
  async findMissed(scene: Scene, step: Of<"expect">): Promise<readonly string[]> {
    const missed: string[] = [];
    for (const demand of step.checks) {
      if (!isOfResponse(demand.subject)) {
        const text = await findMissedOnPage(scene, demand);
        if (text !== undefined) missed.push(text);
        continue;
      }
      const of = this.#client.describeLast();
      for (const text of await this.#client.findMissed([demand])) missed.push(`${text} ${of}`);
    }
    return missed;
  }

  /** Performs a `save` step. @throws {StepError} When a value cannot be read. */
  async save(scene: Scene, step: Of<"save">): Promise<void> {
    for (const [key, subject] of Object.entries(step.values)) {
      const value = isOfResponse(subject)
        ? await this.#client.valueOf(subject)
        : subject.of === "aria"
          ? await saveAria(scene, subject)
          : await saveFromPage(scene, subject);
      scene.context.save(key, value);
    }
  }

  /** Attaches the last request and response, and what streams have seen. */
  attachEvidence(): Promise<void> {
    return this.#client.collectEvidence();
  }

  /** Ends its connections. */
  close(): void {
    this.#client.close();
  }
}

/** Whoever takes any certificate of a page takes any of a request; a `tls` of the test's own says more. */
function withTrust(options: SessionOptions): SessionOptions {
  const isOpen = options.tls === undefined && options.browser?.ignoreTlsErrors === true;
  return isOpen ? { ...options, tls: { insecure: true } } : options;
}

function findMissedOnPage(scene: Scene, demand: Demand): Promise<string | undefined> {
  return isOfWholePage(demand.subject)
    ? checkPage(scene, demand.subject, demand.matcher)
    : expectOnPage(scene, demand);
}

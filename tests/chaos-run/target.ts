/**
 * The application under test, in the process of the oracle: it gives each attempt a token with its first answer, writes
 * down what each token asks for, and decides by the test's key what the last request is told.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pause, systemClock } from "#shared/clock.ts";
import type { Ask, Books, TestSpec, Visit } from "./books.ts";
import type { Owner } from "./owners.ts";

export type Target = AsyncDisposable & {
  readonly url: string;
  /** Lets the tests of a run be asked for. */
  readonly expectTests: (tests: readonly TestSpec[]) => void;
  /** Visits that wait for an answer at this very moment: attempts that run. */
  readonly inFlight: () => readonly Visit[];
};

export type TargetOptions = {
  readonly books: Books;
  /** Who is at the other end of the connection from this port; called once an attempt. */
  readonly ownerOf: (fromPort: number, toPort: number) => Owner | undefined;
};

type Called = { readonly visit: Visit; readonly step: string; readonly index: number };

/** Starts it on a free port of loopback. */
export async function startTarget({ books, ownerOf }: TargetOptions): Promise<Target> {
  const tests = new Map<string, TestSpec>();
  const waiting = new Map<ServerResponse, Visit>();
  let tokenCount = 0;

  const open = (test: TestSpec, request: IncomingMessage): Visit => {
    tokenCount += 1;
    const owner = ownerOf(request.socket.remotePort ?? 0, request.socket.localPort ?? 0);
    const token = `tok-${tokenCount}-${randomBytes(4).toString("hex")}`;
    const visit: Visit = { token, test, asks: [], owner };
    books.visits.set(token, visit);
    return visit;
  };

  /** The visit and the ask that a request is; undefined when no test asks for it. */
  const visitOf = (request: IncomingMessage): Called | undefined => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://target");
    const [, run, id, step = ""] = /^\/c\/([^/]+)\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    const test = tests.get(`${run}/${id}`);
    const index = test?.asks.indexOf(step) ?? -1;
    if (test === undefined || index < 0) return undefined;
    if (step === "open") return { visit: open(test, request), step, index };
    const visit = books.visits.get(searchParams.get("token") ?? "");
    return visit?.test === test ? { visit, step, index } : undefined;
  };

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const called = visitOf(request);
    if (called === undefined) {
      const path = request.url ?? "";
      if (path !== "/favicon.ico") books.strays.push({ atMs: systemClock.wallMs(), path });
      return void response.writeHead(404, { connection: "close" }).end();
    }
    const { visit, step, index } = called;
    const ask: Ask = { step, askedMs: systemClock.wallMs() };
    visit.asks.push(ask);
    waiting.set(response, visit);
    response.once("close", () => {
      waiting.delete(response);
      if (response.writableFinished) ask.answeredMs = systemClock.wallMs();
      else ask.cutMs = systemClock.wallMs();
    });
    await pause(systemClock, visit.test.answerMs[index] ?? 0);
    if (!response.destroyed) answer(response, visit, step);
  };

  const answer = (response: ServerResponse, visit: Visit, step: string) => {
    if (step === "end") visit.told = verdictOf(books, visit);
    const { token, told, test } = visit;
    const isWeb = test.platform === "web";
    response.writeHead(200, {
      "content-type": isWeb ? "text/html; charset=utf-8" : "application/json",
      // A kept connection that breaks makes clients ask again by themselves: each ask has its own.
      connection: "close",
    });
    response.end(
      isWeb ? pageOf(token, step, told) : JSON.stringify({ token, step, verdict: told ?? "none" }),
    );
  };

  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    expectTests: (planned) => {
      for (const test of planned) tests.set(test.place, test);
    },
    inFlight: () => [...waiting].filter(([response]) => !response.destroyed).map(([, one]) => one),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A flaky test fails at the first attempt that came to its end. */
function verdictOf(books: Books, visit: Visit): "ok" | "no" {
  const { kind } = visit.test;
  if (kind !== "flaky") return kind === "fail" ? "no" : "ok";
  const isFirst = ![...books.visits.values()].some(
    (other) => other !== visit && other.test === visit.test && other.told !== undefined,
  );
  return isFirst ? "no" : "ok";
}

function pageOf(token: string, step: string, told: string | undefined): string {
  const verdict = told === undefined ? "" : `<p id="verdict">${told}</p>`;
  return `<!doctype html><title>${step}</title><p id="token">${token}</p><p>${step}</p>${verdict}`;
}

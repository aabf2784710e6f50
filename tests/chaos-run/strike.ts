/**
 * Carries out the faults of the plan, each where work is in flight: waits until its victim runs attempts, strikes in that
 * very moment, and heals it in the background after its time. Owns who may be struck now, and writes the blows down.
 */
import { waitUntil } from "#kit/wait-until.ts";
import { NodeList } from "#proto/api.ts";
import { pause, systemClock } from "#shared/clock.ts";
import type { Blow, Books, Visit } from "./books.ts";
import type { Cast } from "./cast.ts";
import { askApi } from "./load.ts";
import type { Fault } from "./plan.ts";
import type { Profile } from "./profiles.ts";
import type { Target } from "./target.ts";

/** How long a fault waits for work in flight at its victim before it is left out. */
const WORK_MS_MAX = 15_000;
const LOOK_MS = 10;
/** How long the gateway may take to give up what is frozen (a stall of its own gives a grace, V2) and to run it elsewhere. */
const GONE_MS_MAX = 40_000;
const NEWS_MS_MAX = 10_000;
/** In the gateway's answer to a batch of events. */
const CONFIRMED = '"kind":"confirmed"';
/** Strikes that a test may have before nothing more befalls the node that runs it: the next would be poison (C4). */
const STRIKES_MAX = 2;

export type Striker = {
  /** Resolves when the blow has fallen (true), or when there was no work to hit for too long. */
  readonly strike: (fault: Fault) => Promise<boolean>;
  /** Resolves when every victim is back. @throws What kept one from coming back. */
  readonly healed: () => Promise<void>;
  /** How often a node was left alone, since a test on it had lost two already. */
  readonly sparedCount: () => number;
};

export type StrikerParts = {
  readonly cast: Cast;
  readonly target: Target;
  readonly books: Books;
  readonly profile: Profile;
};

type Victim = { readonly pids: readonly number[]; readonly visits: readonly Visit[] };

export function createStriker(parts: StrikerParts): Striker {
  const striker = new FaultStriker(parts);
  return {
    strike: (fault) => striker.strike(fault),
    healed: () => striker.healed(),
    sparedCount: () => striker.sparedCount,
  };
}

/** What is struck, and left alone by others until it is back. */
function placeOf({ kind, nodeIndex }: Fault): string {
  const [who = ""] = kind.split(".");
  return who === "gateway" || who === "nats" ? who : `node-${nodeIndex + 1}`;
}

class FaultStriker {
  readonly #parts: StrikerParts;
  readonly #away = new Set<string>();
  readonly #healing: Promise<void>[] = [];
  readonly #strikes = new Map<string, number>();
  sparedCount = 0;

  constructor(parts: StrikerParts) {
    this.#parts = parts;
  }

  async strike(fault: Fault): Promise<boolean> {
    const place = placeOf(fault);
    const untilMs = systemClock.monotonicMs() + WORK_MS_MAX;
    let isSpared = false;
    while (systemClock.monotonicMs() < untilMs) {
      if (this.#parts.profile.isAfterNews) await this.#untilNews();
      const victim = this.#away.has(place) ? undefined : this.#victimOf(fault);
      if (victim !== undefined && victim.visits.length > 0) {
        if (!this.#mayBePoison(fault, victim)) {
          this.#fall(fault, victim);
          return true;
        }
        if (!isSpared) this.sparedCount += 1;
        isSpared = true;
      }
      await pause(systemClock, LOOK_MS);
    }
    return false;
  }

  async healed(): Promise<void> {
    await Promise.all(this.#healing);
  }

  /** Whether this would be one strike too many for a test; only what costs a strike asks. */
  #mayBePoison({ kind }: Fault, { visits }: Victim): boolean {
    if (kind !== "node.kill" && kind !== "node.cut" && kind !== "node.deaf") return false;
    // Whose process was gone before it could be seen may be anybody's.
    const unknown = this.#parts.target.inFlight().filter(({ owner }) => owner === undefined);
    return [...visits, ...unknown].some(
      ({ test }) => (this.#strikes.get(test.key) ?? 0) >= STRIKES_MAX,
    );
  }

  /** What runs elsewhere by now is no work that counts. */
  #isNewest(visit: Visit): boolean {
    const ofTest = [...this.#parts.books.visits.values()].filter(({ test }) => test === visit.test);
    return ofTest.at(-1) === visit;
  }

  /** The processes to strike and the attempts that run there now; undefined when there is nothing to strike. */
  #victimOf(fault: Fault): Victim | undefined {
    const { cast, target } = this.#parts;
    const visits = target.inFlight().filter((visit) => this.#isNewest(visit));
    const [who] = fault.kind.split(".");
    if (who === "gateway" || who === "nats") {
      const pid = who === "gateway" ? cast.gatewayPid() : cast.natsPid();
      return pid === undefined ? undefined : { pids: [pid], visits };
    }
    const pid = cast.nodePid(placeOf(fault));
    const own = visits.filter(({ owner }) => pid !== undefined && owner?.nodePid === pid);
    if (pid === undefined) return undefined;
    if (who === "node") return { pids: [pid], visits: own };
    const browserPid = own.find(({ owner }) => owner?.browserPid !== undefined)?.owner?.browserPid;
    if (browserPid === undefined) return undefined;
    const seen = own.filter(({ owner }) => owner?.browserPid === browserPid);
    return { pids: [browserPid], visits: seen };
  }

  /** Nothing is awaited between the look at what is in flight and the blow. */
  #fall(fault: Fault, victim: Victim): void {
    const place = placeOf(fault);
    const blow: Blow = {
      kind: fault.kind,
      nodeName: place.startsWith("node-") ? place : undefined,
      way: fault.way,
      fromMs: systemClock.wallMs(),
      isInFlight: true,
    };
    const heal = this.#hit(fault, victim);
    this.#parts.books.blows.push(blow);
    this.#away.add(place);
    const healing = heal().then(() => {
      blow.untilMs = systemClock.wallMs();
      this.#away.delete(place);
    });
    healing.catch(() => undefined); // `healed` tells
    this.#healing.push(healing);
  }

  /** Strikes; returns how to heal it. */
  #hit(fault: Fault, { pids, visits }: Victim): () => Promise<void> {
    const { cast } = this.#parts;
    const name = placeOf(fault);
    const isFrozen = fault.kind.endsWith(".freeze");
    if (fault.kind === "node.cut" || fault.kind === "node.deaf")
      return this.#cut(fault, name, visits);
    for (const pid of pids) signal(pid, isFrozen ? "SIGSTOP" : "SIGKILL");
    const wait = () => pause(systemClock, fault.lengthMs);
    if (isFrozen)
      return async () => {
        if (this.#parts.profile.isFrozenUntilReplaced) await this.#untilReplaced(visits);
        await wait();
        for (const pid of pids) signal(pid, "SIGCONT");
      };
    if (fault.kind === "node.kill")
      return async () => {
        await cast.kill(name);
        await this.#countStrikes(name);
        await wait();
        await cast.startNode(name);
      };
    if (fault.kind === "gateway.kill")
      return async () => {
        await cast.kill("gateway");
        await wait();
        await cast.startGateway();
      };
    return () => Promise.resolve(); // the product itself starts browsers and nats-server again
  }

  /** Until another node runs what the frozen one was running. */
  async #untilReplaced(frozen: readonly Visit[]): Promise<void> {
    const { books } = this.#parts;
    const before = new Set(books.visits.values());
    const isReplaced = () =>
      [...books.visits.values()].some(
        (visit) => !before.has(visit) && frozen.some(({ test }) => test === visit.test),
      );
    // When not, it is thawed all the same: what it shows then is for the oracle.
    await waitUntil(isReplaced, { what: "it runs elsewhere", deadlineMs: GONE_MS_MAX }).catch(
      () => undefined,
    );
  }

  async #statesOf(): Promise<ReadonlyMap<string, string>> {
    const answer = NodeList.safeParse(await askApi(this.#parts.cast, "/v1/nodes"));
    return new Map(answer.data?.nodes.map(({ name, state }) => [name, state]));
  }

  /**
   * Waits until every node speaks with the gateway, an attempt has come to its end, and its node is just being told that
   * something is confirmed: that must not be forgotten. Not for ever: without news the blow falls all the same.
   */
  async #untilNews(): Promise<void> {
    const { cast, books } = this.#parts;
    const wait = (what: string, condition: () => boolean | Promise<boolean>) =>
      waitUntil(condition, { what, deadlineMs: NEWS_MS_MAX }).catch(() => undefined);
    await wait("all are alive", async () => {
      const states = await this.#statesOf();
      return cast.nodeNames.every((name) => states.get(name) === "alive");
    });
    const told = () => [...books.visits.values()].filter((visit) => visit.told !== undefined);
    const before = new Set(told());
    const news = () => told().find((visit) => !before.has(visit) && visit.owner !== undefined);
    await wait("an attempt has come to its end", () => news() !== undefined);
    const nodeName = news()?.owner?.nodeName;
    if (nodeName === undefined) return;
    const count = () => cast.linksOf(nodeName).nats.count("down", CONFIRMED);
    const countBefore = count();
    await wait("something is confirmed", () => count() > countBefore);
  }

  #cut(fault: Fault, name: string, visits: readonly Visit[]): () => Promise<void> {
    const { nats, http } = this.#parts.cast.linksOf(name);
    const cut = fault.way === "both" ? [nats, http] : [fault.way === "nats" ? nats : http];
    for (const { test } of visits) this.#addStrike(test.key);
    if (fault.kind === "node.deaf") {
      nats.hold("down");
      return async () => {
        await pause(systemClock, fault.lengthMs);
        if (fault.way === "nats") nats.cut();
        nats.release("down");
        nats.restore();
      };
    }
    for (const link of cut) link.cut();
    return async () => {
      await pause(systemClock, fault.lengthMs);
      for (const link of cut) link.restore();
    };
  }

  /** What the dead node was running, by its own replica: exactly these get a strike when it is back. */
  async #countStrikes(name: string): Promise<void> {
    const { cast } = this.#parts;
    const { stdout, stderr } = await cast.ask("replica", "--data", cast.nodeDir(name), "--json");
    if (stdout === "") throw new Error(`Cannot read the replica of ${name}: ${stderr}`);
    const { undelivered } = JSON.parse(stdout) as {
      readonly undelivered: readonly { readonly testKey: string; readonly status: string }[];
    };
    for (const { testKey, status } of undelivered)
      if (status === "running") this.#addStrike(testKey);
  }

  #addStrike(testKey: string): void {
    this.#strikes.set(testKey, (this.#strikes.get(testKey) ?? 0) + 1);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself meanwhile: whoever waits for it sees that.
  }
}

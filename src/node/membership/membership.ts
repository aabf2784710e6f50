/**
 * A node's membership in its mesh: the one loop that acts on what the pure files beside it decide.
 *
 * States: joining → member → stopping → closed; joining or member → refused.
 * - joining: no term yet. What the gateway says early is kept until the welcome; probes are not answered, so that a
 *   dead process with the same node id is found out.
 * - member: has an epoch. Offers and controls of that epoch are acted on; others are refused and make it say hello.
 * - stopping: accepts nothing, keeps its term and its outbox until it is closed.
 * - refused: the gateway said no by name (I1); nothing more is sent.
 * Being drained (told by the gateway) and cordoned (its own doing: disk full) only close it to new leases.
 *
 * Invariants: L2 an acceptance is saved before it is said. L3 what is given back never starts. L6 a restart reports
 * what ran. I2 nothing of another epoch is acted on. A silent gateway is asked by hello (`goneAfterMs` / 2), so a
 * gateway that is well never lets unstarted leases expire.
 */
import { GatewayUp } from "#proto/hello.ts";
import { controlSubject, gatewayUpSubject, offerSubject } from "#proto/subjects.ts";
import { decodeMessage } from "#shared/bus.ts";
import { messageOf } from "#shared/errors.ts";
import { createRareWarning } from "#shared/log.ts";
import { isPassing } from "#shared/sqlite.ts";
import { createBoard } from "./board.ts";
import { decideHello } from "./decide-hello.ts";
import { createDoers } from "./doers.ts";
import { applyEffects, type Effect } from "./effects.ts";
import type { EndReason } from "./executor.ts";
import { createGreeting } from "./greeting.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { helloOf } from "./messages.ts";
import type { MembershipOptions, MembershipParts, MembershipState } from "./options.ts";
import { createOutbox } from "./outbox.ts";
import { recoverStore } from "./recover.ts";
import { createStanding } from "./standing.ts";

export type Membership = {
  /** Reports what an older process left behind (L6), listens, and says hello. */
  readonly start: () => void;
  readonly state: () => MembershipState;
  /** Closes the node to new leases by its own decision; `resume` of the gateway lifts it, and `mayReopen`. */
  readonly cordon: (reason: string) => void;
  /** Accepts nothing more and gives back what has not started. */
  readonly beginStop: () => void;
  /** Ends all running attempts with this reason. */
  readonly cancelRunning: (reason: EndReason) => void;
  readonly runningCount: () => number;
  /** Resolves when nothing runs. */
  readonly whenIdle: () => Promise<void>;
  /** True when all events are confirmed within `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<boolean>;
  /** Stops listening and sending; what is saved stays saved. */
  readonly close: () => void;
};

export function createMembership(options: MembershipOptions): Membership {
  const { limits, identity } = options;
  const isAlive = options.isAlive ?? (() => true);
  const onEffect = options.onEffect ?? (() => undefined);
  const standing = createStanding(options);
  const act = (effects: readonly Effect[]) => applyEffects(effects, { doers, isAlive, onEffect });
  /** False when the store takes nothing now: whoever asked asks again. */
  const tryAct = (effects: readonly Effect[]): boolean => {
    try {
      act(effects);
      return true;
    } catch (thrown) {
      if (!isPassing(thrown)) throw thrown;
      warn(thrown.code, thrown.message);
      return false;
    }
  };

  /** L2: the gateway may have given them to others by now. A node that is closed to leases starts none either. */
  const expireIfSilent = () => {
    const isOver = standing.isContactLost() || standing.isCordoned();
    const leaseIds = isOver ? board.waitingIds() : [];
    if (leaseIds.length === 0) return;
    options.log.warn("Unstarted leases are given back", { count: leaseIds.length });
    tryAct([{ kind: "give_back", leaseIds }]);
  };
  const contact = () => {
    expireIfSilent();
    standing.touch();
  };
  const outbox = createOutbox({
    ...options,
    ...identity,
    isAlive,
    onContact: contact,
    onBehind: () => greeting.say(0),
  });
  const board = createBoard({
    ...options,
    isAlive,
    eventBytesMax: limits.eventBytesMax,
    unsavedMs: limits.unsavedMs,
    mayStart: () => !standing.isContactLost() && !standing.isCordoned(),
    onSaved: outbox.notify,
    onStartSaved: outbox.notifyStart,
  });
  let confirmedAtHello = 0;
  const lastAtStart = options.store.lastNumber();
  const greeting = createGreeting({
    ...options,
    isAlive,
    hello: () => {
      confirmedAtHello = options.store.confirmed();
      return helloOf(options, standing);
    },
    take: (reply) => {
      contact();
      const view = {
        isMember: standing.epoch() !== undefined,
        lastNumber: options.store.lastNumber(),
        lastAtStart,
        confirmedAtHello,
      };
      const { result, effects } = decideHello(reply, view);
      return tryAct(effects) ? result : "again";
    },
  });
  const warn = createRareWarning(options.log, options.clock);
  const parts: MembershipParts = { options, standing, board, outbox, greeting, warn };
  const inbox = createInbox(parts, { act, beforeContact: expireIfSilent });
  const doers = createDoers(parts, inbox);
  return control(parts, { tryAct, inbox, contact, expireIfSilent, isAlive });
}

type Acting = {
  readonly tryAct: (effects: readonly Effect[]) => boolean;
  readonly inbox: Inbox;
  readonly contact: () => void;
  readonly expireIfSilent: () => void;
  readonly isAlive: () => boolean;
};

function control(parts: MembershipParts, acting: Acting): Membership {
  const { options, standing, board, outbox, greeting } = parts;
  const stops: (() => void)[] = [];
  const closeToLeases = () => {
    acting.tryAct([{ kind: "give_back", leaseIds: board.waitingIds() }]);
    acting.tryAct([{ kind: "send_heartbeat" }]);
  };
  return {
    start: () => {
      recoverStore(options.store, options.limits.eventBytesMax);
      stops.push(...listen(parts, acting), keepTicking(parts, acting));
      greeting.say(0);
    },
    state: standing.state,
    cordon: (reason) => {
      standing.cordon(reason);
      closeToLeases();
    },
    beginStop: () => {
      if (standing.beginStop()) closeToLeases();
    },
    cancelRunning: (reason) => board.cancel(board.runningIds(), reason),
    runningCount: () => board.runningIds().length,
    whenIdle: board.whenIdle,
    flush: outbox.flush,
    close: () => {
      standing.close();
      for (const stop of stops.splice(0)) stop();
      greeting.close();
      outbox.close();
    },
  };
}

/** Hears the gateway; returns how to stop it. */
function listen(parts: MembershipParts, { inbox, contact, isAlive }: Acting): (() => void)[] {
  const { options, greeting } = parts;
  const { bus, limits, random, identity } = options;
  const onGatewayUp = (data: Uint8Array) => {
    try {
      if (decodeMessage(GatewayUp, data).meshId !== identity.meshId) return;
    } catch (thrown) {
      return parts.warn("gateway_up_unreadable", messageOf(thrown));
    }
    contact();
    greeting.say(random() * limits.helloJitterMs);
  };
  return [
    bus.subscribe(offerSubject(identity.nodeId), (message) => {
      if (isAlive()) inbox.takeOffer(message);
    }),
    bus.subscribe(controlSubject(identity.nodeId), (message) => {
      if (isAlive()) inbox.takeControl(message);
    }),
    bus.subscribe(gatewayUpSubject(), ({ data }) => {
      if (isAlive()) onGatewayUp(data);
    }),
    bus.watch((isConnected) => {
      if (isAlive() && isConnected) greeting.say(random() * limits.helloJitterMs);
    }),
  ];
}

/**
 * Once a heartbeat: ends what silence ends, opens what a disk had closed, lets go of browsers that a drained node does not
 * need, asks a silent gateway, says that it lives.
 */
function keepTicking(
  parts: MembershipParts,
  { tryAct, expireIfSilent, isAlive }: Acting,
): () => void {
  const { options, standing, board, greeting } = parts;
  const tick = () => {
    if (!isAlive()) return;
    timer = options.clock.after(standing.heartbeatMs(), tick);
    expireIfSilent();
    if (standing.isCordoned() && options.mayReopen?.() === true)
      tryAct([{ kind: "lift_cordon" }, { kind: "start_next" }]);
    if (standing.isDrained() && board.runningIds().length === 0) options.executor.rest?.();
    if (standing.silentMs() >= options.limits.goneAfterMs / 2) greeting.say(0);
    tryAct([{ kind: "send_heartbeat" }]);
  };
  let timer = options.clock.after(standing.heartbeatMs(), tick);
  return () => timer.cancel();
}

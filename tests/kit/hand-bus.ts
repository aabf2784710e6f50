/**
 * A bus in memory whose every message a test may drop, repeat or delay. Parties are processes: they can be cut off
 * silently (a firewall), be disconnected (told), be frozen (their messages wait) or die (no responders at once).
 * Runs on one clock; a party's request times out on its own clock.
 */
import type { Bus, BusMessage } from "#shared/bus.ts";
import type { Clock } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import { createSubjects, type Subjects } from "./hand-subjects.ts";

export type HandMessage = {
  readonly kind: "publish" | "request" | "reply";
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly data: Uint8Array;
};

/** Delays in milliseconds, one a copy: `[]` drops, `[0, 5]` repeats. */
export type HandPolicy = (message: HandMessage) => readonly number[];

export type HandParty = {
  readonly name: string;
  readonly bus: Bus;
  /** Drops what it sends and what is sent to it; nobody is told, senders run into their timeouts. */
  readonly cut: (isCut: boolean) => void;
  /** Loses or regains its connection: it is told, and others find no responders. */
  readonly setConnected: (isConnected: boolean) => void;
  /** Messages for it wait until the thaw, its requests are in the hands of its own clock. */
  readonly setFrozen: (isFrozen: boolean) => void;
  /** Gone at once, with its subscriptions. */
  readonly kill: () => void;
};

export type HandNetwork = {
  /** `clock` is the party's own, so that its timeouts freeze and die with it. */
  readonly join: (name: string, clock?: Clock) => HandParty;
  /** The server itself: false disconnects everybody. */
  readonly setUp: (isUp: boolean) => void;
  readonly setPolicy: (policy: HandPolicy) => void;
};

export type HandNetworkOptions = {
  readonly clock: Clock;
  readonly policy?: HandPolicy;
  /** Default 1 MiB, as nats-server. */
  readonly payloadBytesMax?: number;
};

type Subscription = {
  readonly target: Party;
  readonly onMessage: (message: BusMessage) => void;
};

type Party = {
  readonly name: string;
  readonly clock: Clock;
  /** How to end each. */
  readonly subscriptions: Set<() => void>;
  readonly watchers: Set<(isConnected: boolean) => void>;
  readonly waiting: (() => void)[];
  readonly pending: Set<(error: MeshError) => void>;
  isCut: boolean;
  isConnected: boolean;
  /** Which connection it is: what travels on one is lost with it. */
  connection: number;
  isFrozen: boolean;
  isDead: boolean;
};

type Network = {
  readonly clock: Clock;
  readonly payloadBytesMax: number;
  readonly parties: Set<Party>;
  readonly subjects: Subjects<Subscription>;
  policy: HandPolicy;
  isUp: boolean;
};

export function createHandNetwork(options: HandNetworkOptions): HandNetwork {
  const network: Network = {
    clock: options.clock,
    payloadBytesMax: options.payloadBytesMax ?? 1024 * 1024,
    parties: new Set(),
    subjects: createSubjects(),
    policy: options.policy ?? (() => [0]),
    isUp: true,
  };
  return {
    join: (name, clock = options.clock) => join(network, name, clock),
    setUp: (isUp) => {
      network.isUp = isUp;
      for (const party of [...network.parties]) tellConnection(network, party, isUp);
    },
    setPolicy: (policy) => {
      network.policy = policy;
    },
  };
}

function join(network: Network, name: string, clock: Clock): HandParty {
  const party: Party = {
    name,
    clock,
    subscriptions: new Set(),
    watchers: new Set(),
    waiting: [],
    pending: new Set(),
    isCut: false,
    isConnected: network.isUp,
    connection: 1,
    isFrozen: false,
    isDead: false,
  };
  network.parties.add(party);
  return {
    name,
    bus: createBus(network, party),
    cut: (isCut) => {
      party.isCut = isCut;
    },
    setConnected: (isConnected) => tellConnection(network, party, isConnected && network.isUp),
    setFrozen: (isFrozen) => {
      party.isFrozen = isFrozen;
      if (isFrozen) return;
      for (const deliver of party.waiting.splice(0))
        network.clock.after(0, () => receive(party, deliver));
    },
    kill: () => leave(network, party),
  };
}

function leave(network: Network, party: Party): void {
  party.isDead = true;
  for (const unsubscribe of [...party.subscriptions]) unsubscribe();
  party.watchers.clear();
  party.waiting.length = 0;
  party.pending.clear();
  network.parties.delete(party);
}

function tellConnection(network: Network, party: Party, isConnected: boolean): void {
  if (party.isDead || party.isConnected === isConnected) return;
  party.isConnected = isConnected;
  party.connection += 1;
  const tell = () => {
    for (const watcher of [...party.watchers]) watcher(isConnected);
  };
  network.clock.after(0, () => receive(party, tell));
}

const isReachable = (party: Party): boolean => !party.isDead && party.isConnected && !party.isCut;

/** Gives a message to a party's process: now, after its thaw, or never. */
function receive(party: Party, deliver: () => void): void {
  if (party.isDead) return;
  if (party.isFrozen) party.waiting.push(deliver);
  else deliver();
}

type Letter = HandMessage & { readonly target: Party; readonly deliver: () => void };

function send(network: Network, letter: Letter): void {
  const { target, deliver, ...message } = letter;
  const { connection } = target;
  for (const delayMs of network.policy(message)) {
    network.clock.after(delayMs, () => {
      if (isReachable(target) && target.connection === connection) receive(target, deliver);
    });
  }
}

function createBus(network: Network, party: Party): Bus {
  const checkSize = (data: Uint8Array) => {
    if (data.length <= network.payloadBytesMax) return;
    throw new MeshError(
      "too_large",
      `Cannot send ${data.length} bytes: the bus carries at most ${network.payloadBytesMax}`,
    );
  };
  return {
    publish: (subject, data) => {
      checkSize(data);
      if (!isReachable(party)) return;
      for (const { target, onMessage } of listenersOf(network, subject)) {
        const deliver = () => onMessage({ subject, data, reply: () => undefined });
        send(network, {
          kind: "publish",
          from: party.name,
          to: target.name,
          subject,
          data,
          target,
          deliver,
        });
      }
    },
    request: async (subject, data, timeoutMs) => {
      if (party.isDead)
        throw new MeshError("bus_closed", `Cannot request ${subject}: the bus is closed`);
      checkSize(data);
      return request(network, party, { subject, data, timeoutMs });
    },
    subscribe: (subject, onMessage) => {
      const end = network.subjects.listen(subject, { target: party, onMessage });
      const unsubscribe = () => {
        party.subscriptions.delete(unsubscribe);
        end();
      };
      party.subscriptions.add(unsubscribe);
      return unsubscribe;
    },
    watch: (onChange) => {
      party.watchers.add(onChange);
      return () => void party.watchers.delete(onChange);
    },
    isConnected: () => !party.isDead && party.isConnected,
    payloadBytesMax: () => network.payloadBytesMax,
    close: async () => {
      const error = new MeshError("bus_closed", "Cannot wait for a reply: the bus was closed");
      for (const reject of [...party.pending]) reject(error);
      leave(network, party);
    },
  };
}

type Asked = { readonly subject: string; readonly data: Uint8Array; readonly timeoutMs: number };

function request(network: Network, party: Party, asked: Asked): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      timer.cancel();
      party.pending.delete(fail);
      act();
    };
    const fail = (error: MeshError) => settle(() => reject(error));
    const late = `Cannot get a reply on ${asked.subject}: none in ${asked.timeoutMs} ms`;
    const timer = party.clock.after(asked.timeoutMs, () =>
      fail(new MeshError("bus_timeout", late)),
    );
    party.pending.add(fail);
    if (!isReachable(party)) return;
    const listeners = listenersOf(network, asked.subject);
    if (listeners.length === 0) {
      const text = `Cannot request ${asked.subject}: nobody listens`;
      const error = new MeshError("bus_no_responders", text);
      network.clock.after(0, () => receive(party, () => fail(error)));
    }
    const take = (answer: Uint8Array) => settle(() => resolve(answer));
    for (const { target, onMessage } of listeners)
      ask(network, { party, target, onMessage, asked, take });
  });
}

type Ask = {
  readonly party: Party;
  readonly target: Party;
  readonly onMessage: (message: BusMessage) => void;
  readonly asked: Asked;
  readonly take: (answer: Uint8Array) => void;
};

function ask(network: Network, { party, target, onMessage, asked, take }: Ask): void {
  const { subject, data } = asked;
  const reply = (answer: Uint8Array) => {
    if (!isReachable(target)) return;
    const back = {
      kind: "reply",
      from: target.name,
      to: party.name,
      subject,
      data: answer,
    } as const;
    send(network, { ...back, target: party, deliver: () => take(answer) });
  };
  const deliver = () => onMessage({ subject, data, reply });
  send(network, {
    kind: "request",
    from: party.name,
    to: target.name,
    subject,
    data,
    target,
    deliver,
  });
}

const listenersOf = ({ subjects }: Network, subject: string): readonly Subscription[] =>
  subjects.listenersOf(subject).filter(({ target }) => !target.isDead && target.isConnected);

/** What every Bus does: the real one over a real nats-server, and the one that simulations drive. */
import { afterEach, describe, expect, test } from "vitest";
import { createHandNetwork } from "#kit/hand-bus.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { startNatsProcess } from "#kit/nats-process.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { type Bus, encodeMessage } from "#shared/bus.ts";
import { MeshError } from "#shared/errors.ts";
import { silentLog } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";

type Fixture = {
  readonly join: (name: string) => Promise<Bus>;
  readonly until: (condition: () => boolean, what: string) => Promise<void>;
  readonly setUp: (isUp: boolean) => Promise<void>;
  readonly close: () => Promise<void>;
};

async function natsFixture(): Promise<Fixture> {
  const server = await startNatsProcess();
  const buses: Bus[] = [];
  return {
    join: async (name) => {
      const bus = await connectNatsBus({ url: server.url, name, log: silentLog });
      buses.push(bus);
      return bus;
    },
    until: (condition, what) => waitUntil(condition, { what }),
    setUp: (isUp) => (isUp ? server.start() : server.kill()),
    close: async () => {
      await Promise.all(buses.map((bus) => bus.close()));
      await server.kill();
    },
  };
}

async function handFixture(): Promise<Fixture> {
  const clock = createHandClock();
  const network = createHandNetwork({ clock });
  return {
    join: async (name) => network.join(name).bus,
    until: async (condition, what) => {
      for (let turn = 0; !condition(); turn += 1) {
        if (turn > 2_000) throw new Error(`Never came true: ${what}`);
        await clock.run(5);
      }
    },
    setUp: async (isUp) => {
      network.setUp(isUp);
      await clock.run(0);
    },
    close: async () => undefined,
  };
}

const text = (data: Uint8Array) => new TextDecoder().decode(data);
const bytes = (value: string) => new TextEncoder().encode(value);

describe.each([
  ["NATS", natsFixture],
  ["by hand", handFixture],
] as const)("the bus (%s)", (_name, open) => {
  let fixture: Fixture | undefined;
  afterEach(async () => {
    await fixture?.close();
    fixture = undefined;
  });
  const opened = async () => {
    fixture = await open();
    return fixture;
  };
  /** What became of a promise, waited for in the fixture's time. */
  const outcomeOf = async (promise: Promise<unknown>) => {
    let outcome: unknown;
    let isSettled = false;
    promise.then(
      (value) => {
        outcome = value;
        isSettled = true;
      },
      (thrown: unknown) => {
        outcome = thrown;
        isSettled = true;
      },
    );
    await fixture?.until(() => isSettled, "the promise is settled");
    return outcome;
  };
  const listening = async (bus: Bus, other: Bus) => {
    const heard: string[] = [];
    bus.subscribe("ready.probe", ({ data }) => void heard.push(text(data)));
    await fixture?.until(() => {
      if (heard.length === 0) other.publish("ready.probe", bytes("x"));
      return heard.length > 0;
    }, "subscriptions are there");
  };

  test("publish() reaches every subscription whose pattern matches, in order", async () => {
    const { join, until } = await opened();
    const [a, b] = [await join("a"), await join("b")];
    const exact: string[] = [];
    const any: string[] = [];
    b.subscribe("x.1.y", ({ data }) => void exact.push(text(data)));
    b.subscribe("x.*.y", ({ data, subject }) => void any.push(`${subject} ${text(data)}`));
    await listening(b, a);
    for (const word of ["one", "two", "three"]) a.publish("x.1.y", bytes(word));
    a.publish("x.2.y", bytes("four"));
    a.publish("x.2.z", bytes("five"));
    await until(() => any.length === 4, "four messages");
    expect(exact).toEqual(["one", "two", "three"]);
    expect(any).toEqual(["x.1.y one", "x.1.y two", "x.1.y three", "x.2.y four"]);
  });

  test("a party hears what it publishes itself", async () => {
    const { join, until } = await opened();
    const a = await join("a");
    const heard: string[] = [];
    a.subscribe("self", ({ data }) => void heard.push(text(data)));
    a.publish("self", bytes("me"));
    await until(() => heard.length === 1, "the echo");
  });

  test("request() gives the reply", async () => {
    const { join } = await opened();
    const [a, b] = [await join("a"), await join("b")];
    b.subscribe("double", ({ data, reply }) => reply(bytes(text(data).repeat(2))));
    await listening(b, a);
    expect(text((await outcomeOf(a.request("double", bytes("ab"), 2_000))) as Uint8Array)).toBe(
      "abab",
    );
  });

  test("request() rejects with bus_no_responders when nobody listens", async () => {
    const { join } = await opened();
    const a = await join("a");
    expect(await outcomeOf(a.request("nobody", bytes("?"), 5_000))).toMatchObject({
      code: "bus_no_responders",
    });
  });

  test("request() rejects with bus_no_responders after the listener closed its bus", async () => {
    const { join } = await opened();
    const [a, b] = [await join("a"), await join("b")];
    b.subscribe("gone", ({ reply }) => reply(bytes("here")));
    await listening(b, a);
    await b.close();
    // A busy server may take a moment to see that the connection has ended; what comes before that is lost with it.
    await waitUntil(
      async () => {
        const outcome = await outcomeOf(a.request("gone", bytes("?"), 500));
        return outcome instanceof MeshError && outcome.code === "bus_no_responders";
      },
      { what: "nobody answers" },
    );
  });

  test("request() rejects with bus_timeout when nobody answers", async () => {
    const { join } = await opened();
    const [a, b] = [await join("a"), await join("b")];
    b.subscribe("silent", () => undefined);
    await listening(b, a);
    expect(await outcomeOf(a.request("silent", bytes("?"), 50))).toMatchObject({
      code: "bus_timeout",
    });
  });

  test("an unsubscribed subscription hears nothing more", async () => {
    const { join, until } = await opened();
    const [a, b] = [await join("a"), await join("b")];
    const heard: string[] = [];
    const stop = b.subscribe("s", ({ data }) => void heard.push(text(data)));
    const after: string[] = [];
    b.subscribe("after", ({ data }) => void after.push(text(data)));
    await listening(b, a);
    a.publish("s", bytes("1"));
    await until(() => heard.length === 1, "the first");
    stop();
    a.publish("s", bytes("2"));
    a.publish("after", bytes("3"));
    await until(() => after.length === 1, "a later message");
    expect(heard).toEqual(["1"]);
  });

  test("a message that is too large is refused by name", async () => {
    const { join } = await opened();
    const a = await join("a");
    const tooLarge = new Uint8Array(a.payloadBytesMax() + 1);
    expect(() => a.publish("big", tooLarge)).toThrow(/carries at most/);
    expect(await outcomeOf(a.request("big", tooLarge, 100))).toMatchObject({ code: "too_large" });
  });

  test("a loss is told, nothing is kept meanwhile, and subscriptions go on after the return", async () => {
    const { join, until, setUp } = await opened();
    const [a, b] = [await join("a"), await join("b")];
    const changes: boolean[] = [];
    a.watch((isConnected) => void changes.push(isConnected));
    const heard: string[] = [];
    b.subscribe("s", ({ data, reply }) => {
      heard.push(text(data));
      reply(data);
    });
    await listening(b, a);
    await setUp(false);
    await until(() => !a.isConnected() && !b.isConnected() && changes.length === 1, "the loss");
    for (let n = 0; n < 100; n += 1) a.publish("s", bytes("lost"));
    expect(await outcomeOf(a.request("s", bytes("lost"), 40))).toMatchObject({
      code: "bus_timeout",
    });
    await setUp(true);
    await until(() => a.isConnected() && b.isConnected() && changes.length === 2, "the return");
    expect(text((await outcomeOf(a.request("s", bytes("back"), 2_000))) as Uint8Array)).toBe(
      "back",
    );
    expect(heard).toEqual(["back"]);
    expect(changes).toEqual([false, true]);
  });

  test("a closed bus says so", async () => {
    const { join } = await opened();
    const a = await join("a");
    await a.close();
    expect(a.isConnected()).toBe(false);
    expect(await outcomeOf(a.request("s", encodeMessage({}), 100))).toMatchObject({
      code: "bus_closed",
    });
  });
});

test("connectNatsBus() refuses wrong credentials by name, at once", async () => {
  const server = await startNatsProcess({ user: "node", password: "right" });
  try {
    const options = { url: server.url, name: "a", log: silentLog };
    const credential = { kind: "password", user: "node", password: "right" } as const;
    await expect(
      connectNatsBus({ ...options, credential: { ...credential, password: "wrong" } }),
    ).rejects.toMatchObject({ code: "unauthorized" });
    const bus = await connectNatsBus({ ...options, credential });
    await bus.close();
  } finally {
    await server.kill();
  }
});

test("connectNatsBus() gives up by name when nobody serves", async () => {
  const options = { url: "nats://127.0.0.1:1", name: "a", log: silentLog, firstConnectMs: 300 };
  await expect(connectNatsBus(options)).rejects.toMatchObject({ code: "gateway_unreachable" });
});

test("a frozen nats-server is noticed, and the bus goes on after its thaw", async () => {
  const server = await startNatsProcess();
  const bus = await connectNatsBus({ url: server.url, name: "a", log: silentLog, pingMs: 200 });
  try {
    bus.subscribe("s", ({ data, reply }) => reply(data));
    await server.freeze();
    await expect(bus.request("s", encodeMessage(1), 100)).rejects.toMatchObject({
      code: "bus_timeout",
    });
    await waitUntil(() => !bus.isConnected(), { what: "the loss is noticed", deadlineMs: 25_000 });
    server.thaw();
    await waitUntil(() => bus.isConnected(), { what: "the return" });
    expect(text(await bus.request("s", encodeMessage(2), 2_000))).toBe("2");
  } finally {
    server.thaw();
    await bus.close();
    await server.kill();
  }
});

test("connectNatsBus() says that NATS is away when it is, not when it is left", async () => {
  const server = await startNatsProcess();
  const said: string[] = [];
  const log = { ...silentLog, info: (message: string) => void said.push(message) };
  const left = await connectNatsBus({ url: server.url, name: "left", log });
  await left.close();
  const bus = await connectNatsBus({ url: server.url, name: "a", log });
  try {
    expect(said).toEqual([]);
    await server.kill();
    await waitUntil(() => said.length > 0, { what: "the bus noticed" });
    expect(said).toEqual(["NATS is away"]);
  } finally {
    await bus.close();
    await server.kill();
  }
});

/**
 * What a node's credential may do on the mesh's NATS, shown with a plain client and the credential that lies in the
 * node's data folder: nothing as another node, nothing that is another's to hear. The same attacks with a credential
 * that is loosened on purpose go through, so a check that sees nothing would be found out.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nkeys, usernamePasswordAuthenticator } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeId } from "#proto/ids.ts";
import {
  controlSubject,
  eventsSubject,
  gatewayInboxPrefix,
  gatewayUpSubject,
  heartbeatSubject,
  helloSubject,
  nodeInboxPrefix,
  offerSubject,
} from "#proto/subjects.ts";
import { systemClock } from "#shared/clock.ts";
import { createNatsAuthority, openNatsAuthority, publicKeyOf } from "#shared/nats/credentials.ts";
import { type Permissions, userJwt } from "#shared/nats/jwt.ts";
import { nodePermissions } from "#shared/nats/permissions.ts";
import { byKey, connectPlain, type PlainClient } from "./plain-client.ts";
import {
  credentialIn,
  type JoinedNode,
  type SecuredMesh,
  startSecuredMesh,
} from "./secured-mesh.ts";

let mesh: SecuredMesh;
let a: JoinedNode;
let b: JoinedNode;
beforeAll(async () => {
  mesh = await startSecuredMesh();
  [a, b] = await Promise.all([mesh.join({ name: "a" }), mesh.join({ name: "b" })]);
}, 60_000);
afterAll(() => mesh?.[Symbol.asyncDispose](), 60_000);

const idOf = ({ node }: JoinedNode) => NodeId.parse(node.nodeId);
const connectAs = (who: JoinedNode): Promise<PlainClient> => {
  const { seed, pass } = credentialIn(who.dataDir);
  return connectPlain(mesh.gateway().natsUrl, byKey(pass.natsJwt, seed));
};
/** The gateway's own credential, from its data folder: sees what really goes over the wire. */
const connectAsGateway = (): Promise<PlainClient> => {
  const path = join(mesh.gatewayDir, "nats-keys.json");
  const { gateway } = openNatsAuthority(path, systemClock);
  if (gateway.kind !== "key") throw new Error("The gateway has no key");
  return connectPlain(mesh.gateway().natsUrl, byKey(gateway.jwt(), gateway.seed));
};
/** A user of the mesh's real account, with permissions of the test's. */
const loosened = (change: Partial<Permissions>) => {
  const path = join(mesh.gatewayDir, "nats-keys.json");
  const { accountSeed } = JSON.parse(readFileSync(path, "utf8")) as { accountSeed: string };
  const { seed } = credentialIn(a.dataDir);
  const claims = {
    publicKey: publicKeyOf(seed),
    name: "loosened",
    permissions: { ...nodePermissions(idOf(a)), ...change },
  };
  const by = nkeys.fromSeed(Buffer.from(accountSeed));
  return connectPlain(mesh.gateway().natsUrl, byKey(userJwt({ by, issuedAt: 1 }, claims), seed));
};

const SPOKEN = ["heartbeat", "events", "hello", "offer", "control", "gateway.up", "probe"] as const;
const spokenSubject = (kind: (typeof SPOKEN)[number]): string =>
  ({
    heartbeat: heartbeatSubject(idOf(b)),
    events: eventsSubject(idOf(b)),
    hello: helloSubject(idOf(b)),
    offer: offerSubject(idOf(b)),
    control: controlSubject(idOf(b)),
    "gateway.up": gatewayUpSubject(),
    probe: "panoptic.v1.gateway.probe.x",
  })[kind];

const HEARD = [
  "another's offers",
  "another's control",
  "all offers",
  "another's events",
  "another's heartbeat",
  "all hellos",
  "another's inbox",
  "the gateway's inbox",
  "all inboxes",
  "panoptic.>",
  ">",
  "*.>",
  "$SYS.>",
] as const;
const heardSubject = (kind: (typeof HEARD)[number]): string =>
  ({
    "another's offers": offerSubject(idOf(b)),
    "another's control": controlSubject(idOf(b)),
    "all offers": "panoptic.v1.node.*.offer",
    "another's events": eventsSubject(idOf(b)),
    "another's heartbeat": heartbeatSubject(idOf(b)),
    "all hellos": "panoptic.hello.*",
    "another's inbox": `${nodeInboxPrefix(idOf(b))}.>`,
    "the gateway's inbox": `${gatewayInboxPrefix()}.>`,
    "all inboxes": "_INBOX.>",
    "panoptic.>": "panoptic.>",
    ">": ">",
    "*.>": "*.>",
    "$SYS.>": "$SYS.>",
  })[kind];

describe("a node's credential", () => {
  test.each(SPOKEN)("cannot publish another's %s", async (kind) => {
    await using client = await connectAs(a);
    expect(await client.publish(spokenSubject(kind), "forged")).toBe("refused");
  });

  test.each(HEARD)("cannot hear %s", async (kind) => {
    await using client = await connectAs(a);
    expect(await client.subscribe(heardSubject(kind))).toBe("refused");
  });

  test("is not refused what is its own", async () => {
    await using client = await connectAs(a);
    for (const subject of [helloSubject, heartbeatSubject, eventsSubject])
      expect(await client.publish(subject(idOf(a)), "own")).toBe("allowed");
    for (const subject of [offerSubject, controlSubject])
      expect(await client.subscribe(subject(idOf(a)))).toBe("allowed");
    expect(await client.subscribe(gatewayUpSubject())).toBe("allowed");
    expect(await client.subscribe(`${nodeInboxPrefix(idOf(a))}.>`)).toBe("allowed");
  });

  test("cannot answer what it was not asked, and what it was asked only once", async () => {
    await using client = await connectAs(a);
    await using gateway = await connectAsGateway();
    const inbox = `${gatewayInboxPrefix()}.test`;
    expect(await gateway.subscribe(`${inbox}.*`)).toBe("allowed");
    expect(await client.publish(`${inbox}.1`, "unasked")).toBe("refused");
    expect(await client.publish(`${nodeInboxPrefix(idOf(b))}.x`, "unasked")).toBe("refused");
    expect(await client.subscribe(controlSubject(idOf(a)))).toBe("allowed");
    await gateway.publish(controlSubject(idOf(a)), "asked", { reply: `${inbox}.2` });
    await client.untilHeard("asked");
    expect(client.replyTo).toEqual([`${inbox}.2`]);
    expect(await client.publish(`${inbox}.3`, "of another question")).toBe("refused");
    expect(await client.publish(`${inbox}.2`, "first")).toBe("allowed");
    expect(await client.publish(`${inbox}.2`, "second")).toBe("refused");
    await gateway.untilHeard("first");
    // The real node hears the same question, and refuses it as unreadable.
    const answers = gateway.heard.filter((text) => !text.includes("refused"));
    expect(answers).toEqual([`${inbox}.2 first`]);
  });

  test("cannot have the gateway's answer sent to another", async () => {
    await using client = await connectAs(a);
    await using victim = await connectAs(b);
    await using gateway = await connectAsGateway();
    const inbox = `${nodeInboxPrefix(idOf(a))}.own`;
    for (const subject of [offerSubject(idOf(b)), controlSubject(idOf(b))])
      await victim.subscribe(subject);
    await victim.subscribe(`${nodeInboxPrefix(idOf(b))}.>`);
    await client.subscribe(inbox);
    const places = [
      offerSubject(idOf(b)),
      controlSubject(idOf(b)),
      `${nodeInboxPrefix(idOf(b))}.x`,
    ];
    for (const reply of places) await client.publish(eventsSubject(idOf(a)), "{}", { reply });
    await client.publish(eventsSubject(idOf(a)), "{}", { reply: inbox });
    await client.untilHeard("refused"); // in its own inbox: the gateway has answered all that it would
    for (const place of places) await gateway.publish(place, "sentinel");
    await victim.untilHeard(`${nodeInboxPrefix(idOf(b))}.x sentinel`);
    expect(victim.heard.filter((text) => !text.includes("sentinel"))).toEqual([]);
  });
});

describe("a credential that is loosened on purpose", () => {
  test("lets the same attacks through: the checks above can go red", async () => {
    const everything = { publish: [">"], subscribe: [">"], subscriptionsMax: 100 };
    await using client = await loosened(everything);
    for (const kind of SPOKEN)
      expect(await client.publish(spokenSubject(kind), "forged"), kind).toBe("allowed");
    for (const kind of HEARD.filter((one) => one !== "$SYS.>"))
      expect(await client.subscribe(heardSubject(kind)), kind).toBe("allowed");
  });

  test("hears another's offers by that one permission alone", async () => {
    const { subscribe } = nodePermissions(idOf(a));
    await using client = await loosened({ subscribe: [...subscribe, offerSubject(idOf(b))] });
    expect(await client.subscribe(offerSubject(idOf(b)))).toBe("allowed");
    expect(await client.subscribe(controlSubject(idOf(b)))).toBe("refused");
  });
});

describe("the mesh's nats-server refuses", () => {
  const refusal = (authenticator?: Parameters<typeof connectPlain>[1]) =>
    expect(connectPlain(mesh.gateway().natsUrl, authenticator)).rejects.toThrow(
      /authorization violation/i,
    );

  test("whoever shows nothing, or a user and a password", async () => {
    await refusal();
    await refusal(usernamePasswordAuthenticator("node", "guess"));
    await refusal(usernamePasswordAuthenticator("gateway", mesh.gateway().apiKey));
  });

  test("a credential that another account signed", async () => {
    const { seed } = credentialIn(a.dataDir);
    const other = createNatsAuthority(systemClock);
    await refusal(byKey(other.issue(idOf(a), publicKeyOf(seed)), seed));
  });

  test("a credential with another's seed, and one without any", async () => {
    const { pass } = credentialIn(a.dataDir);
    await refusal(byKey(pass.natsJwt, credentialIn(b.dataDir).seed));
    await refusal(() => ({ jwt: pass.natsJwt, nkey: "", sig: "" }));
  });

  test("a credential that was rewritten, as it was signed and signed by its owner", async () => {
    const { seed, pass } = credentialIn(a.dataDir);
    const [head = "", body = "", signature = ""] = pass.natsJwt.split(".");
    const claims = JSON.parse(Buffer.from(body, "base64url").toString("utf8"));
    claims.nats.sub = { allow: [">"] };
    const forged = Buffer.from(JSON.stringify(claims)).toString("base64url");
    await refusal(byKey(`${head}.${forged}.${signature}`, seed));
    const pair = nkeys.fromSeed(Buffer.from(seed));
    const own = Buffer.from(JSON.stringify({ ...claims, iss: publicKeyOf(seed) })).toString(
      "base64url",
    );
    const mark = Buffer.from(pair.sign(Buffer.from(`${head}.${own}`))).toString("base64url");
    await refusal(byKey(`${head}.${own}.${mark}`, seed));
  });
});

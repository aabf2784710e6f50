/**
 * Who may use the mesh's own NATS: the gateway's keys, made once with its data folder and the same ever after, the
 * credentials that it signs for nodes, and the key pair that each node makes for itself. What each may say is
 * permissions.ts's; the tokens' form is jwt.ts's.
 */
import { nkeys } from "@nats-io/transport-node";
import { z } from "zod";
import type { NodeId } from "#proto/ids.ts";
import type { Clock } from "../clock.ts";
import { keepPrivateJson } from "../data-folder.ts";
import { accountJwt, operatorJwt, userJwt } from "./jwt.ts";
import { gatewayPermissions, nodePermissions } from "./permissions.ts";

/** How a connection shows who it is. */
export type NatsCredential =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** `jwt` is asked at each connect: a credential may be renewed while the process runs. */
  | { readonly kind: "key"; readonly jwt: () => string; readonly seed: string };

/** What a nats-server is told, so that it takes no user that the gateway did not sign. Holds no secret. */
export type NatsTrust = {
  readonly operatorJwt: string;
  readonly accountPublicKey: string;
  readonly accountJwt: string;
};

export type NatsAuthority = {
  readonly trust: NatsTrust;
  /** The gateway's own. */
  readonly gateway: NatsCredential;
  /** Signs a node's public key: a user that may speak as that node alone. */
  readonly issue: (nodeId: NodeId, publicKey: string) => string;
};

const Seed = (kind: "SO" | "SA" | "SU") =>
  z.string().refine((text) => text.startsWith(kind) && isSeed(text), "is no seed of that kind");

const NatsKeys = z.object({
  operatorSeed: Seed("SO"),
  accountSeed: Seed("SA"),
  gatewaySeed: Seed("SU"),
  /** When they were made, seconds since 1970. */
  madeAt: z.number().int().min(0),
});
type NatsKeys = z.infer<typeof NatsKeys>;

/** Reads the keys of a gateway's data folder, or makes them at its first start. @throws {MeshError} `store_failed` when they are damaged. */
export function openNatsAuthority(path: string, clock: Clock): NatsAuthority {
  return authorityOf(
    keepPrivateJson(path, NatsKeys, () => newNatsKeys(clock)),
    clock,
  );
}

/** An authority that nothing keeps: for a server that is only tried. */
export function createNatsAuthority(clock: Clock): NatsAuthority {
  return authorityOf(newNatsKeys(clock), clock);
}

function authorityOf(keys: NatsKeys, clock: Clock): NatsAuthority {
  const operator = pairOf(keys.operatorSeed);
  const account = pairOf(keys.accountSeed);
  const { madeAt: issuedAt } = keys;
  const accountPublicKey = account.getPublicKey();
  const gatewayJwt = userJwt(
    { by: account, issuedAt },
    {
      publicKey: publicKeyOf(keys.gatewaySeed),
      name: "gateway",
      permissions: gatewayPermissions(),
    },
  );
  return {
    trust: {
      operatorJwt: operatorJwt({ by: operator, issuedAt }),
      accountPublicKey,
      accountJwt: accountJwt({ by: operator, issuedAt }, accountPublicKey),
    },
    gateway: { kind: "key", jwt: () => gatewayJwt, seed: keys.gatewaySeed },
    issue: (nodeId, publicKey) =>
      userJwt(
        { by: account, issuedAt: secondsOf(clock) },
        { publicKey, name: nodeId, permissions: nodePermissions(nodeId) },
      ),
  };
}

function newNatsKeys(clock: Clock): NatsKeys {
  return {
    operatorSeed: textOf(nkeys.createOperator().getSeed()),
    accountSeed: textOf(nkeys.createAccount().getSeed()),
    gatewaySeed: newUserSeed(),
    madeAt: secondsOf(clock),
  };
}

/** A new key pair of a user, as its seed: the secret half, which stays with whoever made it. */
export function newUserSeed(): string {
  return textOf(nkeys.createUser().getSeed());
}

/** The public half of a seed: what is signed. @throws {Error} When it is no seed. */
export function publicKeyOf(seed: string): string {
  return pairOf(seed).getPublicKey();
}

/** Whether a text is the public half of a user's key pair, checksum included. */
export function isUserPublicKey(text: string): boolean {
  try {
    return text.startsWith("U") && nkeys.fromPublic(text).getPublicKey() === text;
  } catch {
    // No key of any kind.
    return false;
  }
}

/** Whether a text is the seed of a user's key pair. */
export function isUserSeed(text: string): boolean {
  return text.startsWith("SU") && isSeed(text);
}

function isSeed(text: string): boolean {
  try {
    pairOf(text);
    return true;
  } catch {
    // The library says no more than that.
    return false;
  }
}

const pairOf = (seed: string) => nkeys.fromSeed(Buffer.from(seed));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const secondsOf = (clock: Clock): number => Math.floor(clock.wallMs() / 1_000);
